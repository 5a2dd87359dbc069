package appspec

import (
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// folder is a revision: the content of each file by name. A name that ends in
// * is a file without the execute bit, one that ends in @ a link.
func folder(files map[string]string) fstest.MapFS {
	revision := fstest.MapFS{}
	for name, content := range files {
		mode := fs.FileMode(0o755)
		switch {
		case strings.HasSuffix(name, "*"):
			mode = 0o644
		case strings.HasSuffix(name, "@"):
			mode = fs.ModeSymlink | 0o777
		}
		revision[strings.TrimRight(name, "*@")] = &fstest.MapFile{Data: []byte(content), Mode: mode}
	}
	return revision
}

const sh = "#!/bin/sh\nexit 0\n"

func TestCheckScripts(t *testing.T) {
	files := map[string]string{
		"a.sh": sh, "scripts/b.sh": sh, "plain.sh*": sh, "crlf.sh": "#!/bin/bash\r\nexit 0\r\n", "crlf-none.sh": "exit 0\r\n",
		"none.sh": "exit 0\n", "bom.sh": "\ufeff#!/bin/sh\n", "own.sh": "#!/opt/x/bin/python\n", "bare.sh": "#!\n", "empty.sh": "", "elf": "\x7fELF...",
		"my script.sh": sh, "a;b.sh": sh, "a*b.sh*": sh, "a[b].sh": sh, ".hidden/c.sh": sh, "run.sh": sh,
	}
	for _, c := range []struct {
		location string
		want     []string
	}{
		{"a.sh", nil},
		{"scripts/b.sh", nil},
		{"elf", nil},
		{"crlf.sh", []string{"REV-020 error 5:17-24"}},
		{"crlf-none.sh", []string{"REV-021 warning 5:17-29", "REV-027 warning 5:17-29"}},
		{"missing.sh", []string{"REV-022 error 5:17-27"}},
		{"A.sh", []string{"REV-022 error 5:17-21"}},
		{"Scripts/b.sh", []string{"REV-022 error 5:17-29"}},
		{"scripts", []string{"REV-023 error 5:17-24"}},
		{"my script.sh", []string{"REV-024 error 5:17-29"}},
		{"a.sh --fast", []string{"REV-024 error 5:17-28"}},
		{"a;b.sh", []string{"REV-025 error 5:17-23"}},
		{"a[b].sh", []string{"REV-025 warning 5:17-24"}},
		{"plain.sh", []string{"REV-026 warning 5:17-25"}},
		{"none.sh", []string{"REV-027 warning 5:17-24"}},
		{"bom.sh", []string{"REV-028 warning 5:17-23"}},
		{"own.sh", []string{"REV-029 warning 5:17-23"}},
		{"bare.sh", []string{"REV-029 warning 5:17-24"}},
		{"/a.sh", []string{"REV-030 warning 5:17-22"}},
		{"./a.sh", []string{"REV-030 warning 5:17-23"}},
		{"../a.sh", []string{"REV-031 error 5:17-24"}},
		{"scripts/../../a.sh", []string{"REV-031 error 5:17-35"}},
		{"empty.sh", []string{"REV-033 warning 5:17-25"}},
		{".hidden/c.sh", []string{"REV-038 warning 5:17-29"}},
	} {
		t.Run(c.location, func(t *testing.T) {
			f, diagnostics := Parse("appspec.yml", []byte(server("hooks:\n  AfterInstall:\n    - location: "+c.location+"\n")))
			if HasErrors(diagnostics) {
				t.Fatal(diagnostics)
			}
			got := Check(f, folder(files))
			if !slices.Equal(placedAll(got), c.want) {
				t.Errorf("got %q, want %q", placedAll(got), c.want)
			}
		})
	}
}

func TestCheckScriptsWithoutARevision(t *testing.T) {
	for location, want := range map[string]string{"missing.sh": "", "../a.sh": "REV-031", "a b": "REV-024", "a|b": "REV-025", "./x": "REV-030", ".x": "REV-038"} {
		f, _ := Parse("x", []byte(server("files: [{source: missing, destination: /srv/x}]\nhooks:\n  AfterInstall:\n    - location: "+location+"\n")))
		got := ""
		for _, d := range Check(f, nil) {
			got += d.Rule
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", location, got, want)
		}
	}
	if Check(nil, nil) != nil {
		t.Error("no file has diagnostics")
	}
}

func TestCheckSuggestsTheRightCase(t *testing.T) {
	f, _ := Parse("x", []byte(server("files: [{source: Build, destination: /srv/x}]\nhooks:\n  AfterInstall:\n    - location: scripts/A.SH\n")))
	got := Check(f, folder(map[string]string{"build/x": "", "scripts/a.sh": sh}))
	if len(got) != 2 || got[0].Help != `Did you mean "build"? Case matters.` || got[1].Help != `Did you mean "scripts/a.sh"? Case matters.` {
		t.Errorf("got %+v", got)
	}
	if got[1].Agent != "Script does not exist at specified location: <archive>/scripts/A.SH" || got[1].Snippet != "    - location: scripts/A.SH" {
		t.Errorf("got %+v", got[1])
	}
}

func TestCheckRunAs(t *testing.T) {
	for mode, want := range map[fs.FileMode]string{0o755: "", 0o750: "REV-037", 0o700: "REV-037", 0o644: "REV-026", 0o751: "REV-037"} {
		f, _ := Parse("x", []byte(hook("runas: bob")))
		got := Check(f, fstest.MapFS{"a.sh": {Data: []byte(sh), Mode: mode}})
		if rules := strings.Join(rulesOf(got), " "); rules != want {
			t.Errorf("mode %o: %q, want %q", mode, rules, want)
		}
	}
}

func rulesOf(diagnostics []Diagnostic) []string {
	var rules []string
	for _, d := range diagnostics {
		rules = append(rules, d.Rule)
	}
	return rules
}

func TestCheckWindowsScripts(t *testing.T) {
	f, _ := Parse("x", []byte("version: 0.0\nos: windows\nhooks:\n  AfterInstall:\n    - location: scripts\\my a.ps1\n    - location: a.sh\n"))
	got := placedAll(Check(f, folder(map[string]string{"scripts/my a.ps1*": "exit\r\n", "a.sh*": "x\r\n"})))
	if want := []string{"REV-034 warning 6:17-21"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCheckFiles(t *testing.T) {
	files := map[string]string{"a/f": "1", "a/s/g": "2", "b/f": "3", "f": "4", "g.conf": "5", "x*y": "6", "links/dead@": "nowhere", "links/out@": "../../etc", "links/good@": "../f"}
	for _, c := range []struct {
		name, files string
		want        []string
	}{
		{"all is there", "[{source: a, destination: /srv/a}, {source: f, destination: /srv/b}]", nil},
		{"the root", "[{source: /, destination: /srv/a}]", []string{"EC2-038 warning 3:18-19", "EC2-038 warning 3:18-19"}},
		{"missing", "[{source: c/d, destination: /srv/a}]", []string{"EC2-028 error 3:18-21"}},
		{"wildcard", "[{source: a/*, destination: /srv/a}]", []string{"EC2-029 error 3:18-21"}},
		{"name with a star", "[{source: x*y, destination: /srv/a}]", nil},
		{"same name", "[{source: f, destination: /srv/f}]", []string{"EC2-031 warning 3:34-40"}},
		{"same ending", "[{source: g.conf, destination: /srv/new.conf}]", []string{"EC2-031 warning 3:39-52"}},
		{"same file from two", "[{source: a, destination: /srv/x}, {source: b, destination: /srv/x/}]", []string{"EC2-032 error 3:68-75"}},
		{"same file twice", "[{source: a, destination: /srv/x}, {source: a/f, destination: /srv/x/../x}]", []string{"EC2-032 error 3:70-81"}},
		{"file where a folder is", "[{source: a, destination: /srv/f/x}, {source: f, destination: /srv}]", []string{"EC2-033 error 3:70-74"}},
		{"folder where a file is", "[{source: f, destination: /srv}, {source: a, destination: /srv/f/x}]", []string{"EC2-033 error 3:66-74"}},
		{"links", "[{source: links, destination: /srv/a}]", []string{"EC2-038 warning 3:18-23", "EC2-038 warning 3:18-23"}},
		{"one link", "[{source: links/good, destination: /srv/a}]", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, diagnostics := Parse("appspec.yml", []byte(server("files: "+c.files+"\n")))
			if HasErrors(diagnostics) {
				t.Fatal(diagnostics)
			}
			if got := Check(f, folder(files)); !slices.Equal(placedAll(got), c.want) {
				t.Errorf("got %q, want %q", placedAll(got), c.want)
			}
		})
	}
}

func TestCheckPermissions(t *testing.T) {
	const files = "files: [{source: a, destination: /srv}]\npermissions:\n"
	for _, c := range []struct {
		name, permissions string
		want              []string
	}{
		{"a file", "  - {object: /srv/f, mode: 644}\n", nil},
		{"pattern on a file", "  - {object: /srv/f, mode: 644, pattern: '*.x'}\n", []string{"EC2-055 error 5:42-47"}},
		{"except on a file", "  - {object: /srv/f, mode: 644, except: [x]}\n", []string{"EC2-056 error 5:42-43"}},
		{"folder type on a file", "  - {object: /srv/f, mode: 644, type: [directory]}\n", []string{"EC2-057 warning 5:14-20"}},
		{"default entry on a file", "  - {object: /srv/f, acls: ['d::rw']}\n", []string{"EC2-079 error 5:29-36"}},
		{"default entry on a folder with files", "  - {object: /srv, mode: 755, acls: ['u:bob:r', 'd::rw']}\n", []string{"EC2-079 error 5:49-56"}},
		{"default entry on folders only", "  - {object: /srv, type: [directory], acls: ['d::rw']}\n", nil},
		{"twice by a folder", "  - {object: /srv, mode: 644}\n  - {object: /srv/f, mode: 600}\n", []string{"EC2-058 error 6:14-20"}},
		{"a folder twice", "  - {object: /srv, mode: 755, type: [directory]}\n  - {object: /srv, pattern: s, type: [directory], owner: bob}\n", []string{"EC2-058 error 6:14-18"}},
		{"a folder twice that may be there", "  - {object: /, pattern: srv, mode: 755}\n  - {object: /, pattern: 's*', owner: bob}\n", nil},
		{"kept apart", "  - {object: /srv, mode: 644, except: [f]}\n  - {object: /srv/f, mode: 600}\n", nil},
		{"kept apart by type", "  - {object: /srv, mode: 644, type: [file]}\n  - {object: /srv, mode: 755, type: [directory]}\n", nil},
		{"not installed", "  - {object: /srv/x, mode: 644}\n", []string{"EC2-054 warning 5:14-20"}},
		{"above all", "  - {object: /, mode: 644}\n", nil},
		{"nothing of that name", "  - {object: /srv, pattern: '*.conf', mode: 644}\n", nil},
		{"the folder itself", "  - {object: /srv/s, mode: 700, type: [directory]}\n", []string{"EC2-071 warning 5:14-20"}},
		{"folders in the folder", "  - {object: /srv, mode: 700, type: [directory]}\n", nil},
		{"files of different modes", "  - {object: /srv, type: [file], acls: ['u:bob:r', 'g:team:r']}\n", []string{"EC2-088 warning 5:41-50"}},
		{"files of one mode", "  - {object: /srv, type: [file], mode: 640, acls: ['u:bob:r']}\n", nil},
		{"a file and a folder of one mode", "  - {object: /srv, pattern: '*', acls: ['u:bob:r']}\n", nil},
		{"files that stay", "  - {object: /srv, mode: 640}\nfile_exists_behavior: RETAIN\n", []string{"EC2-072 warning 6:23-29"}},
		{"files that are replaced", "  - {object: /srv, mode: 640}\nfile_exists_behavior: OVERWRITE\n", nil},
		{"folders that stay", "  - {object: /srv, mode: 755, type: [directory]}\nfile_exists_behavior: RETAIN\n", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, diagnostics := Parse("appspec.yml", []byte(server(files+c.permissions)))
			if HasErrors(diagnostics) {
				t.Fatal(diagnostics)
			}
			if got := Check(f, folder(map[string]string{"a/f": "", "a/s/g*": ""})); !slices.Equal(placedAll(got), c.want) {
				t.Errorf("got %q, want %q", placedAll(got), c.want)
			}
		})
	}
}

// TestCheckPermissionsKnowsWhatItDoesNotKnow: with a source missing, nobody can
// tell what lies where.
func TestCheckPermissionsKnowsWhatItDoesNotKnow(t *testing.T) {
	for _, entry := range []string{"{source: b, destination: /srv/b}", "{source: a, destination: srv/b}", "{source: ../b, destination: /srv/b}", "{source: 5, destination: /srv/b}"} {
		f, _ := Parse("x", []byte(server("files: [{source: a, destination: /srv}, "+entry+"]\npermissions:\n  - {object: /srv/b/x, mode: 644}\n")))
		if got := rulesOf(Check(f, folder(map[string]string{"a/f": ""}))); slices.Contains(got, "EC2-054") {
			t.Errorf("%s: got %q", entry, got)
		}
	}
}
