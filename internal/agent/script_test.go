package agent

import (
	"errors"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"
)

func TestReadLines(t *testing.T) {
	long := strings.Repeat("x", longestLine+longestLine/2)
	for _, test := range []struct {
		name, text string
		want       []string
	}{
		{"nothing", "", nil},
		{"lines", "a\n\nb\r\n", []string{"a\n", "\n", "b\r\n"}},
		{"an open end", "a\nb", []string{"a\n", "b"}},
		{"bytes", "\xff\x00\n", []string{"\xff\x00\n"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			_ = readLines(iotest.OneByteReader(strings.NewReader(test.text)), func(s string) { got = append(got, s) })
			if !slices.Equal(got, test.want) {
				t.Errorf("%q", got)
			}
		})
	}
	var pieces []string
	_ = readLines(strings.NewReader(long+"\nz"), func(s string) { pieces = append(pieces, s) })
	if len(pieces) != 3 || strings.Join(pieces, "") != long+"\nz" {
		t.Errorf("%d pieces", len(pieces))
	}
	// A piece does not end within a character: it would be no UTF-8, and fail its script.
	for _, start := range []string{"", "x", "xx", "xxx"} {
		for _, letter := range []string{"é", "€", "😀"} {
			text, got := start+strings.Repeat(letter, longestLine/2)+"\n", ""
			_ = readLines(strings.NewReader(text), func(s string) {
				got += s
				if !utf8.ValidString(s) {
					t.Errorf("a piece of %d bytes of %q is not UTF-8", len(s), start+letter)
				}
			})
			if got != text {
				t.Errorf("something of %q was lost", start+letter)
			}
		}
	}
}

func FuzzReadLines(f *testing.F) {
	f.Add("a\nb")
	f.Fuzz(func(t *testing.T, text string) {
		var got []string
		_ = readLines(strings.NewReader(text), func(s string) { got = append(got, s) })
		if strings.Join(got, "") != text {
			t.Error("something was lost")
		}
		for i, s := range got {
			if strings.Count(s, "\n") > 1 || s == "" || i < len(got)-1 && !strings.HasSuffix(s, "\n") && len(s) < longestLine {
				t.Errorf("%q is no line", s)
			}
		}
	})
}

func TestCommandLine(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has its own")
	}
	user := func(s string) *string { return &s }
	for _, test := range []struct {
		file   string
		script script
		want   []string
	}{
		{"/r/s.sh", script{}, []string{"/r/s.sh"}},
		{"/r/a b", script{}, []string{"/r/a", "b"}},
		{"/r/s.sh", script{runAs: user("bob")}, []string{"su", "bob", "-c", "/r/s.sh"}},
		{"/r/s.sh", script{runAs: user("")}, []string{"su", "-c", "/r/s.sh"}},
		{"/r/s.sh", script{sudo: true}, []string{"sudo", "/r/s.sh"}},
		{"/r/s.sh", script{sudo: true, runAs: user("bob")}, []string{"sudo", "su", "bob", "-c", "/r/s.sh"}},
		{"/r/a;b", script{}, []string{"/bin/sh", "-c", "/r/a;b"}},
		{"/r/s.sh", script{runAs: user("b;id")}, []string{"/bin/sh", "-c", "su b;id -c /r/s.sh"}},
	} {
		if got := commandLine(test.file, test.script); !slices.Equal(got, test.want) {
			t.Errorf("%q", got)
		}
	}
}

// Whoever runs this may ask for themselves, whatever su would say.
func TestRunAsOneself(t *testing.T) {
	needsShell(t)
	u, err := user.Current()
	must(t, err)
	if _, err := user.Lookup(u.Username); err != nil {
		t.Skip(err)
	}
	a, _ := newAgent(t, map[string]string{
		"appspec.yml": hooked + "    runas: " + u.Username + "\n", "s.sh": "#!/bin/sh\n[ $(id -u) = " + u.Uid + " ] && [ \"$HOME\" = '" + u.HomeDir + "' ]\n"})
	a.want(t, command("d-1", "DownloadBundle"), Succeeded, "")
	a.want(t, command("d-1", "BeforeInstall"), Succeeded, "")
}

func TestRunAsSomebodyElse(t *testing.T) {
	needsShell(t)
	if os.Geteuid() == 0 && !groupsDenied() {
		t.Skip("root may")
	}
	for _, name := range []string{"daemon", "no-such-user"} {
		a, _ := newAgent(t, map[string]string{"appspec.yml": hooked + "    runas: " + name + "\n", "s.sh": "#!/bin/sh\n"})
		a.want(t, command("d-1", "DownloadBundle"), Succeeded, "")
		a.want(t, command("d-1", "BeforeInstall"), ScriptFailed, "cannot be run: runas: ")
	}
}

func TestLookUpUsesTheHooksPath(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows looks by itself")
	}
	dir := t.TempDir()
	tool := filepath.Join(dir, "tool")
	must(t, os.WriteFile(tool, nil, 0o755))
	must(t, os.WriteFile(filepath.Join(dir, "plain"), nil, 0o644))
	if got, err := lookUp("tool", []string{"PATH=/nowhere:" + dir}); err != nil || got != tool {
		t.Error(got, err)
	}
	for _, env := range [][]string{nil, {"PATH=/nowhere"}, {"XPATH=" + dir}} {
		if got, err := lookUp("tool", env); !errors.Is(err, os.ErrNotExist) {
			t.Error(got, err)
		}
	}
	if got, err := lookUp("plain", []string{"PATH=" + dir}); err == nil {
		t.Error(got)
	}
}

func TestScriptWithoutAWayToStart(t *testing.T) {
	needsShell(t)
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "s"), []byte("#!/no/such/sh\n"), 0o755))
	end := runScript(t.Context(), process{command: []string{filepath.Join(dir, "s")}, dir: dir, timeout: 1e9, line: func(string, string) error { return nil }})
	if want := "Errno::ENOENT with message No such file or directory - " + dir + "/s"; end.err == nil || end.err.Error() != want {
		t.Error(end.err)
	}
	end = runScript(t.Context(), process{command: []string{"/bin/sh", "-c", "exit 0"}, dir: "/no/such/folder", timeout: 1e9, line: func(string, string) error { return nil }})
	if end.err == nil {
		t.Error("it ran in a folder that is not there")
	}
}

// A script that writes far more than a pipe holds is not held up by a line that
// is no text.
func TestBadEncodingDoesNotBlock(t *testing.T) {
	needsShell(t)
	a, _ := newAgent(t, map[string]string{"appspec.yml": hooked, "s.sh": "#!/bin/sh\nprintf '\\377\\n'\nhead -c 1000000 /dev/zero | tr '\\0' '\\n'\nexit 0\n"})
	a.want(t, command("d-1", "DownloadBundle"), Succeeded, "")
	a.want(t, command("d-1", "BeforeInstall"), UnknownError, "Attempting minimal diagnostics")
}
