package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// What a CI system pastes into the text of a script becomes code. So no file
// of ours has an expression of its system there: values reach scripts through
// the environment only. This is the one scan over all of them.

// scriptKind is how the files of one system hold scripts.
type scriptKind struct {
	system     string
	files      *regexp.Regexp
	keys       []string       // YAML keys whose values are script text
	expression *regexp.Regexp // what the system would fill in there
}

func scriptKinds() []scriptKind {
	re := regexp.MustCompile
	return []scriptKind{
		{"GitHub Actions", re(`^(\.github/workflows/[^/]+\.ya?ml|(.+/)?action\.ya?ml)$`), []string{"run", "args", "entrypoint", "shell"}, re(`\$\{\{`)},
		{"GitLab CI/CD", re(`^(templates/.+|\.gitlab-ci)\.ya?ml$`), []string{"script", "before_script", "after_script", "pre_get_sources_script"}, re(`\$\[\[`)},
		{"CircleCI", re(`^(orb|\.circleci)/.+\.ya?ml$`), []string{"command", "run"}, re(`(^|[^\\])<<`)},
		{"Azure Pipelines", re(`^(azure/.+|azure-pipelines)\.ya?ml$`), []string{"script", "bash", "powershell", "pwsh"}, re(`\$\{\{|\$\[|\$\([A-Za-z0-9_.]+\)`)},
		{"a container's system", re(`^(.+/)?(pipe|plugin|\.woodpecker|\.drone|bitbucket-pipelines)\.ya?ml$`), []string{"script", "commands", "command", "args", "entrypoint"}, re(`\$\{|\$\(|\{\{`)},
		{system: "Jenkins", files: re(`^((vars|src)/.+\.groovy|Jenkinsfile)$`)},
		{system: "a shell", files: re(`^((.+/)?(hooks|lib)/[^/.]+|.+\.(sh|bash)|\.ci/[^/.]+)$`)},
	}
}

// scriptText is the text of one script.
type scriptText struct {
	at      string // file and line
	dialect string // sh, bash, or batch for what cmd.exe may run
	text    string
	why     string // why it is no constant; "" if it is
}

// scriptsOf gives the scripts of a file; false if no kind is its.
func scriptsOf(name string, text []byte) ([]scriptText, bool, error) {
	for _, kind := range scriptKinds() {
		if !kind.files.MatchString(name) {
			continue
		}
		switch {
		case kind.keys != nil:
			all, err := yamlScripts(name, text, kind)
			return all, true, err
		case strings.HasSuffix(name, "file") || strings.HasSuffix(name, ".groovy"):
			return groovyScripts(name, string(text)), true, nil
		case path.Ext(name) == "" && !bytes.HasPrefix(text, []byte("#!")):
			return nil, true, nil // no script
		}
		dialect := "bash"
		if first, _, _ := bytes.Cut(text, []byte("\n")); bytes.HasSuffix(first, []byte("/sh")) {
			dialect = "sh"
		}
		return []scriptText{{at: name, dialect: dialect, text: string(text)}}, true, nil
	}
	return nil, false, nil
}

func yamlScripts(name string, text []byte, kind scriptKind) ([]scriptText, error) {
	var all []scriptText
	var walk func(n *yaml.Node)
	walk = func(n *yaml.Node) {
		for i, child := range n.Content {
			if n.Kind == yaml.MappingNode && i%2 == 1 && slices.Contains(kind.keys, n.Content[i-1].Value) {
				if lines := scalars(child); len(lines) > 0 {
					s := scriptText{at: fmt.Sprintf("%s:%d", name, child.Line), dialect: "bash", text: strings.Join(lines, "\n")}
					if found := kind.expression.FindString(s.text); found != "" {
						s.why = fmt.Sprintf("%s fills in %q", kind.system, found)
					}
					if key := n.Content[i-1].Value; key == "script" && strings.HasPrefix(kind.system, "Azure") || key == "powershell" || key == "pwsh" {
						s.dialect = "batch"
					}
					all = append(all, s)
				}
			}
			walk(child)
		}
	}
	for d := yaml.NewDecoder(bytes.NewReader(text)); ; {
		var doc yaml.Node
		if err := d.Decode(&doc); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		walk(&doc)
	}
}

// scalars are the texts of a script that is one text or a list of them.
func scalars(n *yaml.Node) []string {
	switch n.Kind {
	case yaml.AliasNode:
		return scalars(n.Alias)
	case yaml.ScalarNode:
		return []string{n.Value}
	case yaml.SequenceNode:
		var all []string
		for _, child := range n.Content {
			all = append(all, scalars(child)...)
		}
		return all
	}
	return nil
}

// again is what makes code of a value once more, in a script itself; and
// percent what cmd.exe fills in before it reads a line.
var (
	again   = regexp.MustCompile(`(?m)^[^#\n]*(\beval\b|\b(ba|da|z|k)?sh +(-[a-z]+ +)*-[a-z]*c\b|\bsource +<\(|\. +<\()`)
	percent = regexp.MustCompile(`%[A-Za-z_][A-Za-z0-9_]*(:[^%]*)?%`)
)

// problem says what is wrong with a script; "" if nothing is.
func (s scriptText) problem() string {
	switch {
	case s.why != "":
		return s.why
	case again.MatchString(s.text):
		return fmt.Sprintf("it makes code of a value: %q", again.FindString(s.text))
	case s.dialect == "batch" && percent.MatchString(s.text):
		return fmt.Sprintf("cmd.exe fills in %q", percent.FindString(s.text))
	}
	return ""
}

// repositoryFiles are the files of this repository as they are, and the
// generated ones as they would be.
func repositoryFiles(t *testing.T) map[string][]byte {
	t.Helper()
	root := filepath.Join("..", "..")
	all := map[string][]byte{}
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		if d.IsDir() && slices.Contains([]string{".git", "node_modules", "testdata", ".codedeploy-steps", "dist"}, d.Name()) {
			return fs.SkipDir
		}
		if name = filepath.ToSlash(name); d.Type().IsRegular() && slices.ContainsFunc(scriptKinds(), func(k scriptKind) bool { return k.files.MatchString(name) }) {
			all[name], err = os.ReadFile(p)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files("") {
		all[f.path] = f.make()
	}
	return all
}

// TestScripts: no script of ours holds what somebody else chose.
func TestScripts(t *testing.T) {
	systems := map[string]int{}
	var good []scriptText
	for name, text := range repositoryFiles(t) {
		all, known, err := scriptsOf(name, text)
		if err != nil {
			t.Error(err)
		}
		if !known && !slices.Contains([]string{".md", ".json", ".txt"}, path.Ext(name)) {
			t.Errorf("%s is generated, and the scan does not know where its scripts are: name its kind in scriptKinds", name)
		}
		systems[strings.Split(name, "/")[0]] += len(all)
		for _, s := range all {
			if problem := s.problem(); problem != "" {
				t.Errorf("%s: %s", s.at, problem)
			} else {
				good = append(good, s)
			}
		}
	}
	for _, folder := range []string{".github", "install", "orb", "azure", plugin} {
		if systems[folder] == 0 {
			t.Errorf("no script was found below %s", folder)
		}
	}
	shellcheck(t, good)
}

// shellcheck checks scripts for what goes wrong in a shell, each text once.
func shellcheck(t *testing.T, all []scriptText) {
	t.Helper()
	if _, err := exec.LookPath("shellcheck"); err != nil {
		if strings.Contains(os.Getenv("CODEDEPLOY_STEPS_TEST_REQUIRE"), "shellcheck") {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	dir := t.TempDir()
	seen := map[string]bool{}
	paths := map[string][]string{}
	for _, s := range all {
		if seen[s.text] || s.dialect == "batch" {
			continue
		}
		seen[s.text] = true
		file := filepath.Join(dir, strings.NewReplacer("/", "_", ":", "_line_").Replace(s.at))
		if err := os.WriteFile(file, []byte(s.text), 0o600); err != nil {
			t.Fatal(err)
		}
		paths[s.dialect] = append(paths[s.dialect], file)
	}
	for dialect, files := range paths {
		if out, err := exec.Command("shellcheck", append([]string{"--shell=" + dialect, "--exclude=SC1090,SC1091"}, files...)...).CombinedOutput(); err != nil {
			t.Errorf("shellcheck: %v\n%s", err, out)
		}
	}
}
