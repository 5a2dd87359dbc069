package agent

import (
	"bufio"
	"errors"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"syscall"
)

// checkHook looks at a script where scripts are not run: is it there, may it be
// executed or be made so, and does this machine have the program that its first
// line names. The failures are those of a run. A link that leads out of the
// revision leads to nothing here.
func (h hookRun) check() error {
	view, err := openArchive(h.archive, true)
	if err != nil {
		return err
	}
	defer view.close()
	info, err := view.stat(h.file)
	if err != nil {
		return h.missing()
	}
	h.log.say("Script - " + h.script.location)
	if info.Mode().Perm()&0o111 == 0 && runtime.GOOS != "windows" {
		if err := view.root.Chmod(view.in(h.file), info.Mode().Perm()|0o111); err != nil {
			return h.notExecutable()
		}
	}
	command := h.file
	if h.script.runAs == nil && !h.script.sudo {
		if words := commandLine(h.file, h.script); words[0] != shell {
			command = words[0] // of a location with a blank in it only the first word
		}
	}
	if command == h.file {
		err = checkInterpreter(view, h.file, info)
	} else if _, absent := view.stat(command); absent != nil {
		err = startError(command, syscall.ENOENT)
	}
	if err != nil {
		return h.fail(ScriptFailed, "%s failed with error %s", h.where(), err)
	}
	h.log.note(h.script.location, "checked, not run")
	return nil
}

func checkInterpreter(view *archiveView, file string, info fs.FileInfo) error {
	if !info.Mode().IsRegular() {
		return startError(file, syscall.EACCES)
	}
	if runtime.GOOS == "windows" {
		return nil // the script is for another system, or goes by its name
	}
	f, err := view.open(file)
	if err != nil {
		return startError(file, err)
	}
	defer f.Close()
	first, _ := bufio.NewReaderSize(f, 256).ReadSlice('\n')
	line, script := strings.CutPrefix(string(first), "#!")
	if !script {
		return nil // a program, or the shell's
	}
	// The kernel takes the line up to its end, a carriage return included.
	words := strings.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == '\t' || r == '\n' })
	if len(words) == 0 {
		return nil
	}
	if _, err := os.Stat(words[0]); errors.Is(err, fs.ErrNotExist) {
		return startError(file, syscall.ENOENT)
	}
	return nil
}
