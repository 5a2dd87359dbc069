package agent

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// play carries out a scenario in a fresh folder and tells what was seen.
func (s scenario) play(t *testing.T, c carrier) (seen []outcome) {
	t.Helper()
	base := t.TempDir()
	p := stage{
		base: base, root: filepath.Join(base, "root"), target: filepath.Join(base, "t"),
		tools: filepath.Join(base, "tools"), work: filepath.Join(base, "work"), owners: s.root,
	}
	for _, dir := range []string{p.root, p.target, p.tools, p.work} {
		must(t, os.Mkdir(dir, 0o755))
	}
	for _, tool := range []string{"setfacl", "semanage", "restorecon"} {
		must(t, os.WriteFile(filepath.Join(p.tools, tool), []byte("#!/bin/sh\necho \"${0##*/} $*\" >> $TOOLS/log\n[ ! -e $TOOLS/fail ] || exit 3\n"), 0o755))
	}
	p.work = c.begin(p.root, p.work, p.tools, s.maxRevisions)
	for i, d := range s.deployments {
		id := fmt.Sprintf("d-%d", i+1)
		if d.bundleType == "" {
			d.bundleType = "tar"
		}
		p.prepare(t, d.before)
		bundle := filepath.Join(base, id+"."+d.bundleType)
		must(t, os.WriteFile(bundle, d.pack(t, p), 0o644))
		for _, event := range d.events {
			noop, r := c.carry(t, event, d, id, bundle)
			seen = append(seen, p.look(t, id, event, noop, r))
		}
	}
	return seen
}

// stage is where a scenario is played.
type stage struct {
	base, root, target, tools, work string
	owners                          bool
}

// prepare changes the target: "file NAME TEXT", "folder NAME", "link NAME TO",
// "remove NAME", "fail" (the tools do).
func (p stage) prepare(t *testing.T, ops []string) {
	t.Helper()
	for _, op := range ops {
		w := strings.SplitN(op, " ", 3)
		switch name := filepath.Join(p.target, strings.Join(w[1:min(2, len(w))], "")); w[0] {
		case "file":
			must(t, os.WriteFile(name, []byte(w[2]), 0o644))
		case "folder":
			must(t, os.MkdirAll(name, 0o755))
		case "link":
			must(t, os.Symlink(w[2], name))
		case "remove":
			must(t, os.RemoveAll(name))
		case "fail":
			must(t, os.WriteFile(filepath.Join(p.tools, "fail"), nil, 0o644))
		default:
			t.Fatal(op)
		}
	}
}

var fixedTime = time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)

// pack makes the bundle of a deployment. A text that begins with "->" is a
// link, with "#!" an executable script, with "mode 0600:" a file of that mode;
// a name that ends in a slash is a folder. $T is the target.
func (d deployment) pack(t *testing.T, p stage) []byte {
	t.Helper()
	if d.raw != "" {
		return []byte(d.raw)
	}
	var b bytes.Buffer
	tw, zw := tar.NewWriter(&b), zip.NewWriter(&b)
	files := maps.Clone(d.files)
	if files == nil {
		files = map[string]string{}
	}
	if d.appspec != "" {
		files[d.top+"appspec.yml"] = d.appspec
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		text := strings.ReplaceAll(files[name], "$T", p.target)
		h := &tar.Header{Name: name, Mode: 0o644, ModTime: fixedTime, Typeflag: tar.TypeReg}
		if to, is := strings.CutPrefix(text, "->"); is {
			h.Typeflag, h.Linkname, text = tar.TypeSymlink, to, ""
		} else if strings.HasSuffix(name, "/") {
			h.Typeflag, h.Mode = tar.TypeDir, 0o755
		} else if strings.HasPrefix(text, "#!") {
			h.Mode = 0o755
		} else if rest, is := strings.CutPrefix(text, "mode "); is {
			mode, rest, _ := strings.Cut(rest, ":")
			h.Mode, _ = strconv.ParseInt(mode, 8, 32)
			text = rest
		}
		if d.bundleType == "zip" {
			zh := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: fixedTime}
			zh.SetMode(fs.FileMode(h.Mode))
			w, err := zw.CreateHeader(zh)
			must(t, err)
			_, err = w.Write([]byte(text))
			must(t, err)
			continue
		}
		h.Size = int64(len(text))
		must(t, tw.WriteHeader(h))
		_, err := tw.Write([]byte(text))
		must(t, err)
	}
	if d.bundleType == "zip" {
		must(t, zw.Close())
	} else {
		must(t, tw.Close())
	}
	return b.Bytes()
}

var (
	highlight = regexp.MustCompile(`(?s)^(undefined method [^\n]*).*`)                                                    // the language's own, with the line of source
	suSays    = regexp.MustCompile(`(TIME )?\[stderr\](Terminated|Session terminated, killing shell\.\.\.[^\n]*)?(\n|$)`) // as far as it gets
	suError   = regexp.MustCompile(`\[stderr\]su: [^\n]*`)                                                                // worded as the system has it
	ourReason = regexp.MustCompile(`^(Error extracting tar archive: 2) \(.*\)$`)
	pidText   = regexp.MustCompile(`pid \d+ `)
	someStamp = regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d `)
)

func (p stage) plain(text string) string {
	text = strings.ReplaceAll(strings.ReplaceAll(text, p.work, "$WORK"), p.base, "$BASE")
	text = strings.ReplaceAll(text, "in LocalRevision must be tar, tgz, zip, or directory", "in S3Revision must be tar, tgz or zip")
	text = highlight.ReplaceAllString(suSays.ReplaceAllString(someStamp.ReplaceAllString(text, "TIME "), ""), "$1")
	text = suError.ReplaceAllString(text, "[stderr]su: …")
	text = ourReason.ReplaceAllString(text, "$1")
	return pidText.ReplaceAllString(text, "")
}

// look tells what can be seen after an event. Lists whose order is the file
// system's are sorted.
func (p stage) look(t *testing.T, id, event, noop string, r Result) outcome {
	t.Helper()
	o := outcome{Event: id + " " + event, Noop: noop, Code: r.Code, Script: r.ScriptName, Message: p.plain(r.Message), Log: p.plain(r.Log)}
	must(t, filepath.WalkDir(p.target, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		line := info.Mode().String() + " " + strings.TrimPrefix(path, p.target)
		if p.owners {
			uid, gid, _ := ownerOf(info)
			line += fmt.Sprintf(" %d:%d", uid, gid)
		}
		if text, err := os.Readlink(path); err == nil {
			line += " -> " + text
		} else if info.Mode().IsRegular() {
			text, err := os.ReadFile(path)
			if err != nil && os.Geteuid() == 0 {
				return err
			}
			line += fmt.Sprintf(" %.30q", p.plain(string(text)))
		}
		o.Tree = append(o.Tree, line)
		return nil
	}))
	dir := filepath.Join(p.root, "deployment-instructions")
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		must(t, err)
		switch plain := p.plain(string(text)); e.Name() {
		case "g-cleanup":
			o.CleanUp = sortedLines(plain)
			o.Instructions = append(o.Instructions, e.Name())
		case "g-install.json":
			o.Instructions = append(o.Instructions, e.Name())
			if event != "Install" {
				continue
			}
			var plan struct{ Instructions []json.RawMessage }
			if plain == "" {
				o.Plan = []string{"(the file is empty)"}
				continue
			}
			must(t, json.Unmarshal([]byte(plain), &plan))
			for _, in := range plan.Instructions {
				o.Plan = append(o.Plan, string(in))
			}
			slices.Sort(o.Plan)
		default:
			o.Instructions = append(o.Instructions, e.Name()+" "+plain)
		}
	}
	deployments, _ := os.ReadDir(filepath.Join(p.root, "g"))
	for _, e := range deployments {
		line := e.Name()
		for _, part := range []string{"bundle.tar", "deployment-archive", "logs/scripts.log"} {
			if _, err := os.Lstat(filepath.Join(p.root, "g", e.Name(), part)); err == nil {
				line += " " + part
			}
		}
		o.Deployments = append(o.Deployments, line)
	}
	if text, err := os.ReadFile(filepath.Join(p.root, "g", id, "logs", "scripts.log")); err == nil && runsScripts(event) {
		for _, line := range strings.SplitAfter(p.plain(string(text)), "\n") {
			o.ScriptsLog = append(o.ScriptsLog, fmt.Sprintf("%.80q", line))
		}
		if n := len(o.ScriptsLog); n > 10 {
			o.ScriptsLog = append(append(o.ScriptsLog[:4:4], fmt.Sprint(n-8, " more")), o.ScriptsLog[n-4:]...)
		}
	}
	if text, err := os.ReadFile(filepath.Join(p.tools, "log")); err == nil {
		o.Tools = strings.Split(strings.TrimSpace(p.plain(string(text))), "\n")
		must(t, os.Remove(filepath.Join(p.tools, "log")))
	}
	return o
}

func sortedLines(text string) []string {
	lines := strings.SplitAfter(text, "\n")
	slices.Sort(lines)
	return slices.DeleteFunc(lines, func(l string) bool { return l == "" })
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
