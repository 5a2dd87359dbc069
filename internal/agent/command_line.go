package agent

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

// commandLine is what the agent starts for a script. It puts the parts together
// without quoting any, so a blank in a location splits it and a character that
// means something to a shell has the shell read it all.
func commandLine(file string, s script) []string {
	if runtime.GOOS == "windows" {
		if strings.EqualFold(filepath.Ext(file), ".ps1") {
			return []string{"powershell.exe", "-ExecutionPolicy", "Bypass", "-File", file}
		}
		return []string{file}
	}
	line := file
	if s.runAs != nil {
		line = "su " + *s.runAs + " -c " + file
	}
	if s.sudo {
		line = "sudo " + line
	}
	if strings.ContainsAny(line, "*?{}[]<>()~&|\\$;'`\"\n#=%") {
		return []string{shell, "-c", line}
	}
	return strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" \t\v\f\r", r) })
}

// lookUp finds a program in the PATH that the program itself will have.
func lookUp(name string, env []string) (string, error) {
	if strings.ContainsRune(name, filepath.Separator) || runtime.GOOS == "windows" {
		return name, nil // Windows looks by itself
	}
	path := ""
	for _, v := range env {
		if value, is := strings.CutPrefix(v, "PATH="); is {
			path = value
		}
	}
	for _, dir := range filepath.SplitList(path) {
		file := filepath.Join(dir, name)
		if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0 {
			return file, nil
		}
	}
	return "", &os.PathError{Op: "find", Path: name, Err: syscall.ENOENT}
}

// joinPath puts paths together with one slash between and changes nothing else:
// filepath.Join would resolve "..".
func joinPath(dir, name string) string {
	return strings.TrimRight(dir, "/") + "/" + strings.TrimLeft(name, "/")
}
