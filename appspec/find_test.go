package appspec

import (
	"io/fs"
	"strings"
	"testing"
)

func TestFind(t *testing.T) {
	for _, c := range []struct {
		name  string
		files []string
		ask   string
		want  string // the file
		rules string
		words string // in the first message or its help
	}{
		{name: "yml", files: []string{"appspec.yml"}, want: "appspec.yml"},
		{name: "yaml", files: []string{"appspec.yaml"}, want: "appspec.yaml", rules: "REV-002"},
		{name: "both differ", files: []string{"appspec.yml", "appspec.yaml"}, want: "appspec.yml", rules: "REV-003"},
		{name: "none", files: []string{"index.html"}, rules: "REV-001"},
		{name: "other case", files: []string{"AppSpec.yml"}, rules: "REV-004", words: `"AppSpec.yml"`},
		{name: "JSON", files: []string{"appspec.json"}, rules: "REV-008"},
		{name: "below", files: []string{"x/README", "deploy/app/appspec.yml"}, rules: "REV-005", words: `"deploy/app/appspec.yml"`},
		{name: "only in what is never a revision", files: []string{"node_modules/x/appspec.yml"}, rules: "REV-001"},
		{name: "a folder of that name", files: []string{"appspec.yml/x"}, rules: "REV-001"},
		{name: "asked for", files: []string{"deploy/a.yml"}, ask: "deploy/a.yml", want: "deploy/a.yml"},
		{name: "asked for with a dot", files: []string{"deploy/a.yml"}, ask: "./deploy/a.yml", want: "deploy/a.yml"},
		{name: "asked for, not there", files: []string{"appspec.yml"}, ask: "a.yml", rules: "REV-001", words: "There is appspec.yml."},
		{name: "asked for in another case", files: []string{"deploy/A.yml"}, ask: "deploy/a.yml", rules: "REV-001", words: `"deploy/A.yml"`},
		{name: "asked for outside", files: []string{"appspec.yml"}, ask: "../appspec.yml", rules: "REV-001", words: "outside"},
		{name: "asked for by an absolute path", files: []string{"appspec.yml"}, ask: "/etc/passwd", rules: "REV-001", words: "outside"},
		{name: "asked for a folder", files: []string{"deploy/x"}, ask: "deploy", rules: "REV-001", words: "folder"},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := map[string]string{}
			for _, name := range c.files {
				files[name] = name
			}
			got, diagnostics := Find(folder(files), c.ask)
			if got != c.want || strings.Join(rulesOf(diagnostics), " ") != c.rules {
				t.Fatalf("got %q, %q; want %q, %q", got, diagnostics, c.want, c.rules)
			}
			if c.words != "" && !strings.Contains(diagnostics[0].Message+diagnostics[0].Help, c.words) {
				t.Errorf("%q is not in %+v", c.words, diagnostics[0])
			}
			if (got == "") != HasErrors(diagnostics) {
				t.Errorf("file %q with %q", got, diagnostics)
			}
		})
	}
}

func TestRoot(t *testing.T) {
	for _, c := range []struct {
		name  string
		files []string
		want  string
	}{
		{"one folder with an AppSpec", []string{"app/appspec.yml", "app/x"}, "app"},
		{"one folder with any AppSpec", []string{"app/my-AppSpec.txt"}, "app"},
		{"one folder without", []string{"app/x/appspec.yml"}, ""},
		{"two folders", []string{"app/appspec.yml", "__MACOSX/x"}, ""},
		{"flat", []string{"appspec.yml"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := map[string]string{}
			for _, name := range c.files {
				files[name] = "x"
			}
			root, folder := Root(folder(files))
			if folder != c.want {
				t.Fatalf("the root is %q, want %q", folder, c.want)
			}
			if _, err := fs.Stat(root, strings.TrimPrefix(c.files[0], c.want+"/")); err != nil {
				t.Error(err)
			}
		})
	}
}
