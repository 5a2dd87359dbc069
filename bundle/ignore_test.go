package bundle

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What git itself ignores stays out, and nothing else, on trees and patterns that are made up.
func TestIgnoreMeansWhatGitMeans(t *testing.T) {
	git := tool(t, "git")
	rounds := 300
	if testing.Short() {
		rounds = 40
	}
	repo := t.TempDir()
	run(t, git, "init", "-q", repo)
	r := rand.New(rand.NewPCG(1, 2))
	for round := range rounds {
		lines := randomLines(r)
		tree := randomNames(r)
		must(t, os.WriteFile(filepath.Join(repo, ".git", "info", "exclude"), []byte(strings.Join(lines, "\n")+"\n"), 0o644))
		// git asks the disk which names are folders.
		work := filepath.Join(repo, "work")
		must(t, os.RemoveAll(work))
		must(t, os.Mkdir(work, 0o755))
		list, err := parsePatterns(lines)
		must(t, err)
		var names []string
		for name, folder := range tree {
			names = append(names, name)
			if folder {
				must(t, os.MkdirAll(filepath.Join(work, name), 0o755))
			}
		}
		for name, folder := range tree {
			if !folder {
				must(t, os.WriteFile(filepath.Join(work, name), nil, 0o644))
			}
		}
		slices.Sort(names)
		cmd := exec.Command(git, "--git-dir="+filepath.Join(repo, ".git"), "--work-tree="+work, "check-ignore", "-z", "--stdin", "--no-index")
		cmd.Dir, cmd.Stdin = work, strings.NewReader(strings.Join(names, "\x00")+"\x00")
		out, err := cmd.Output()
		if code := cmd.ProcessState.ExitCode(); err != nil && code != 1 {
			t.Fatalf("round %d: git check-ignore %q: %v", round, lines, err)
		}
		ignored := map[string]bool{}
		for name := range bytes.SplitSeq(out, []byte{0}) {
			ignored[string(name)] = true
		}
		for _, name := range names {
			if got := list.matchWithin(name, tree[name]); got != ignored[name] {
				t.Errorf("round %d: %q leaves out %q (folder: %v): %v, git says %v", round, lines, name, tree[name], got, ignored[name])
			}
		}
	}
}

func randomLines(r *rand.Rand) []string {
	parts := []string{"a", "b", "*", "?", "**", "a*", "*.c", "[ab]", "[!a]", "[a-c]x", "a b", "{a,b}", "#x", `\#x`, `\!a`, `a\ `, "*b*", "x.?",
		"a[!c]b", "a[^x]*", "a[+-9]b", "a[/]b", "[]a]", "[^]]", "[a-]", "[z-a]b", `[\]b]`, `[+-\]]`, "[a", "[a-", "[[:alpha:]]", "[![:alnum:]_]*", "[[:x:]]",
		"[[:]", "[[:alpha:]-c]", "[b[:digit:]", "***", "?b***", "****b", `\***`, "a**b"}
	var lines []string
	for range 1 + r.IntN(4) {
		line := strings.Repeat("!", r.IntN(4)/3) + strings.Repeat("/", r.IntN(4)/3) + parts[r.IntN(len(parts))]
		for range r.IntN(3) {
			line += "/" + parts[r.IntN(len(parts))]
		}
		lines = append(lines, line+strings.Repeat("/", r.IntN(4)/3)+strings.Repeat(" ", r.IntN(5)/4))
	}
	return append(lines, "# a comment", "")
}

func randomNames(r *rand.Rand) map[string]bool {
	parts := []string{"a", "b", "c", "x.c", "ab", "a b", "#x", "!a", "ax", "abc", "bb", "{a,b}", "]", "-", "[a", "*x", "z"}
	tree := map[string]bool{}
	for range 20 {
		name := ""
		for range 1 + r.IntN(3) {
			name = path.Join(name, parts[r.IntN(len(parts))])
		}
		for at := range prefixes(name) {
			tree[at] = tree[at] || len(at) < len(name)
		}
	}
	return tree
}

func TestIgnoreFile(t *testing.T) {
	dir := files{
		IgnoreName:    "# what stays here\n*.log\n!keep.log\n/node_modules/\nappspec.yml\nsecret/**\n!secret/public\n",
		"appspec.yml": "taken all the same", "sub/appspec.yml": "not the revision's",
		"a.log": "", "keep.log": "", "sub/keep.log": "", "sub/b.log": "",
		"node_modules/x/y": "", "sub/node_modules/z": "", "secret/key": "", "secret/public": "", "only-logs/c.log": "", "empty/": "",
	}.build(t)
	wantNames(t, mustScan(t, dir, Options{}).Entries, "appspec.yml", "empty", "keep.log", "secret/public", "sub/keep.log", "sub/node_modules/z")
	wantNames(t, mustScan(t, dir, Options{Exclude: []string{"sub/", "empty", "!a.log"}}).Entries, "a.log", "appspec.yml", "keep.log", "secret/public")
	wantNames(t, mustScan(t, dir, Options{Include: []string{"/sub", "*.log", "!b.log"}}).Entries, "appspec.yml", "keep.log", "sub/keep.log",
		"sub/node_modules/z")
}
