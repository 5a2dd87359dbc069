package appspec

import (
	"slices"
	"strings"
	"testing"
)

func TestCheckArchive(t *testing.T) {
	for _, c := range []struct {
		name, kind string
		entries    []string
		want       string // rules
		words      string // in the first message
	}{
		{"r.zip", "zip", []string{"appspec.yml", "a/b..c", "..x/y", "./a"}, "", ""},
		{"r.TAR.GZ", "", nil, "", ""},
		{"r.rar", "", nil, "REV-009", `"r.rar" is an archive of the kind rar`},
		{"r.zip", "7z", nil, "REV-009", "of the kind 7z"},
		{"revision", "", nil, "REV-009", "no archive"},
		{"r.tar", "tar", []string{"/etc/passwd"}, "REV-010", `"/etc/passwd" in the archive is absolute`},
		{"r.zip", "zip", []string{`C:\x`}, "REV-010", "absolute"},
		{"r.zip", "zip", []string{"a/../../x", `a\..\..\x`}, "REV-010 REV-010", "climbs out"},
		{"r.tar", "tar", []string{"a/../b"}, "REV-010", "climbs out"},
	} {
		got := CheckArchive(c.name, c.kind, c.entries)
		if strings.Join(rulesOf(got), " ") != c.want {
			t.Errorf("%s, %s, %q: got %q, want %q", c.name, c.kind, c.entries, got, c.want)
		} else if len(got) > 0 && (!strings.Contains(got[0].Message, c.words) || got[0].File != c.name) {
			t.Errorf("got %+v", got[0])
		}
	}
}

func TestFinderArchives(t *testing.T) {
	for _, c := range []struct {
		name  string
		files []string
		want  []string
		found string
	}{
		{"beside a folder with the AppSpec", []string{"__MACOSX/app/._appspec.yml", "app/appspec.yml"}, []string{"REV-006 error"}, ""},
		{"beside the AppSpec", []string{"__MACOSX/._appspec.yml", "appspec.yml"}, []string{"REV-006 warning"}, "appspec.yml"},
		{"beside two folders", []string{"__MACOSX/x", "a/appspec.yml", "b/x"}, []string{"REV-006 warning", "REV-005 error"}, ""},
		{"beside a folder without", []string{"__MACOSX/x", "a/x"}, []string{"REV-006 warning", "REV-001 error"}, ""},
		{"a file of that name", []string{"__MACOSX", "appspec.yml"}, nil, "appspec.yml"},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := map[string]string{}
			for _, name := range c.files {
				files[name] = "x"
			}
			found, diagnostics := Find(folder(files), "")
			if found != c.found || !slices.Equal(placedAll(diagnostics), c.want) {
				t.Errorf("found %q with %q", found, placedAll(diagnostics))
			}
		})
	}
}

func TestTarForWindows(t *testing.T) {
	for _, c := range []struct{ os, archive, want string }{
		{"windows", "tar", "REV-007"}, {"windows", "tgz", "REV-007"}, {"windows", "zip", ""}, {"windows", "", ""}, {"linux", "tgz", ""},
	} {
		f, _ := Parse("x", []byte("version: 0.0\nos: "+c.os+"\n"))
		if got := strings.Join(rulesOf(CheckTarget(f, Target{Archive: c.archive})), " "); got != c.want {
			t.Errorf("%s for %s: got %q, want %q", c.archive, c.os, got, c.want)
		}
	}
}
