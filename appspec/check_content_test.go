package appspec

import (
	"slices"
	"strings"
	"testing"
)

// TestScriptContent: what is wrong in a script is told with its name and line.
func TestScriptContent(t *testing.T) {
	latin := "#!/bin/bash\n# caf\xe9\n"
	for _, c := range []struct {
		name, location, text string
		want                 []string // rule and the beginning of the message
	}{
		{"CRLF", "a.sh", "#!/bin/bash\r\nx\r\n", []string{`REV-020 script "a.sh" has Windows line ends: the interpreter of its line 1 would be "/bin/bash\r"`}},
		{"CRLF after a #! without", "a.sh", "#!/bin/bash\nx\ny\r\n", []string{`REV-021 line 3 of script "a.sh" has a Windows line end`}},
		{"CRLF after a #! of Python", "a.py", "#!/usr/bin/python3\nx\r\n", nil},
		{"CRLF and no #!", "a.sh", "x\ny\r\n", []string{`REV-021 line 2 of script "a.sh"`, `REV-027 script "a.sh" has no #! in its line 1`}},
		{"byte order mark", "a.sh", "\ufeff#!/bin/sh\nsleep 9 &\n", []string{`REV-028 script "a.sh" begins with a byte order mark`, `REV-032 line 2 of script "a.sh" starts a background process`}},
		{"background", "a.sh", "#!/usr/bin/env -S bash -e\n\nnohup x &\n", []string{`REV-032 line 3 of script "a.sh"`}},
		{"background in another language", "a.py", "#!/usr/bin/env python3\nx = a &\n", nil},
		{"CRLF and background", "a.sh", "#!/bin/sh\r\nx &\r\n", []string{"REV-020 ", "REV-032 line 2 "}},
		{"Latin-1", "a.sh", latin, []string{`REV-036 line 2 of script "a.sh" holds the byte 0xE9`}},
		{"UTF-16", "a.sh", "\xff\xfe#\x00!\x00", []string{`REV-036 script "a.sh" is saved as UTF-16`, "REV-027 "}},
		{"a program", "a", "\x7fELF\x00\xff", nil},
		{"other bytes", "a", "#!/usr/bin/x\n\x00\xff", nil},
		{"other spelling", "b/../a.sh", latin, []string{`REV-036 line 2 of script "a.sh"`}},
		{"longer than what is read", "a.sh", "#!/bin/sh\nx &\n" + strings.Repeat("é", longestScript), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, _ := Parse("appspec.yml", []byte(server("hooks:\n  AfterInstall:\n    - location: "+c.location+"\n")))
			got := Check(f, folder(map[string]string{strings.TrimPrefix(c.location, "b/../"): c.text}))
			if len(got) != len(c.want) {
				t.Fatalf("got %q, want %q", got, c.want)
			}
			for i, d := range got {
				if !strings.HasPrefix(d.Rule+" "+d.Message, c.want[i]) || d.Range.Start != (Pos{5, 17}) {
					t.Errorf("got %+v, want %q", d, c.want[i])
				}
			}
		})
	}
}

func TestScriptOfTwoEventsIsReportedInBoth(t *testing.T) {
	f, _ := Parse("appspec.yml", []byte(server("hooks:\n  BeforeInstall:\n    - location: a.sh\n  AfterInstall:\n    - location: ./a.sh\n")))
	want := []string{"REV-033 warning 5:17-21", "REV-030 warning 7:17-23", "REV-033 warning 7:17-23"}
	if got := placedAll(Check(f, folder(map[string]string{"a.sh": ""}))); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWindowsScriptContent(t *testing.T) {
	files := map[string]string{"a.bat*": "echo caf\xe9\r\n", "b.ps1*": "\xff\xfea\x00", "c.exe*": "MZ\x90\x00", "d.cmd*": "start x &\r\n"}
	f, _ := Parse("x", []byte("version: 0.0\nos: windows\nhooks:\n  AfterInstall:\n    - location: a.bat\n    - location: b.ps1\n    - location: c.exe\n    - location: d.cmd\n"))
	if got, want := placedAll(Check(f, folder(files))), []string{"REV-036 warning 5:17-22"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestLocationOfTheInstalledCopy(t *testing.T) {
	files := map[string]string{"app/bin/start.sh": sh, "conf/one.sh": sh, "srv/app/bin/real.sh": sh}
	entries := "files:\n  - {source: app, destination: /srv/app/}\n  - {source: conf/one.sh, destination: /srv/conf}\n  - {source: /, destination: /}\n"
	for location, want := range map[string]string{
		"/srv/app/bin/start.sh": "REV-035 REV-022", "srv/app/bin/start.sh": "REV-035 REV-022", "/srv/conf/one.sh": "REV-035 REV-022",
		"/srv/app/bin/real.sh": "REV-030", "/srv/app/bin/none.sh": "REV-022", "/srv/application/x.sh": "REV-022",
	} {
		f, _ := Parse("x", []byte(server(entries+"hooks:\n  AfterInstall:\n    - location: "+location+"\n")))
		var got []string
		for _, d := range Check(f, folder(files)) {
			if d.Rule >= "REV" {
				got = append(got, d.Rule)
			}
			if d.Rule == "REV-035" && !strings.Contains(d.Help, ": app/bin/start.sh.") && !strings.Contains(d.Help, ": conf/one.sh.") {
				t.Errorf("%s: %s", location, d.Help)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: got %q, want %q", location, got, want)
		}
	}
	f, _ := Parse("x", []byte("version: 0.0\nos: windows\nfiles:\n  - {source: app, destination: 'c:\\app'}\nhooks:\n  AfterInstall:\n    - location: C:\\App\\start.ps1\n"))
	if got := rulesOf(Check(f, nil)); !slices.Contains(got, "REV-035") {
		t.Errorf("on Windows: got %q", got)
	}
}

func TestJSONIsReported(t *testing.T) {
	const text = `{"version": 0.0, "os": "linux", "files": [{"source": "/", "destination": "/srv/x"}]}`
	for text, want := range map[string]string{
		text: "REV-008 warning 1:1-2", "\n  " + text: "REV-008 warning 2:3-4", "# no JSON\n" + text: "",
		"{version: 0.0, os: linux}": "", server("files: []\n"): "",
	} {
		f, _ := Parse("appspec.yml", []byte(text))
		if got := strings.Join(placedAll(Check(f, nil)), " "); got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}
