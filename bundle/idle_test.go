package bundle

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// Which patterns matched nothing is told whatever decides first, on one core or several; lines of the ignore file are never among them.
func TestPatternsThatMatchNothing(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{".git/config", "appspec.yml", "a.log", "docs/b.log", "docs/c.md", "src/deep/main.go", "old/x/y"} {
		path := filepath.Join(root, name)
		must(t, os.MkdirAll(filepath.Dir(path), 0o755))
		must(t, os.WriteFile(path, nil, 0o644))
	}
	must(t, os.WriteFile(filepath.Join(root, IgnoreName), []byte("*.never\nold\n"), 0o644))
	for _, test := range []struct {
		include, exclude, idle []string
	}{
		{},
		{exclude: []string{"*.lgo", "*.log"}, idle: []string{"*.lgo"}},
		{exclude: []string{"*.log", "a.log", "/docs/*.log"}},
		{exclude: []string{".git", ".git/", ".git/**", "**/.git/config", ".git/hooks/*", "appspec.yml", IgnoreName, "out.zip", ".codedeploy-steps/"}},
		{exclude: []string{"old", "old/x", "old/x/*.o", "**/old/**", "*/old/y"}, idle: []string{"*/old/y"}},
		{exclude: []string{"docs", "docs/c.md", "*.md"}, idle: []string{"*.md"}},
		{exclude: []string{"*.log", "!a.log", "!z.log"}, idle: []string{"!z.log"}},
		{exclude: []string{"[a", "# a", "src/deep/main.go/"}, idle: []string{"[a", "# a", "src/deep/main.go/"}},
		{include: []string{"docs", "docs/c.md", "*.md", "appspec.yml", "src/deep/"}},
		{include: []string{"dcos/", "docs/"}, idle: []string{"dcos/"}},
		{include: []string{"docs/*.log", "old/"}, exclude: []string{"*.log"}, idle: []string{"docs/*.log", "old/"}},
	} {
		for _, workers := range []int{1, 4} {
			tree, err := Scan(t.Context(), root, Options{Include: test.include, Exclude: test.exclude, Leave: []string{filepath.Join(root, "out.zip")}, Workers: workers})
			must(t, err)
			if got := append(slices.Clone(tree.IdleInclude), tree.IdleExclude...); !slices.Equal(got, test.idle) {
				t.Errorf("include %q, exclude %q: %q matched nothing, want %q", test.include, test.exclude, got, test.idle)
			}
		}
	}
	// An AppSpec from elsewhere is at the root as well.
	tree, err := Scan(t.Context(), filepath.Join(root, "docs"), Options{Include: []string{"appspec.yml", "*.md"}, AppSpec: filepath.Join(root, "appspec.yml")})
	must(t, err)
	if len(tree.IdleInclude) > 0 {
		t.Errorf("%q matched nothing", tree.IdleInclude)
	}
}
