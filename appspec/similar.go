package appspec

import (
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// Bounds of the guesses: how many names are compared for one path, and for how
// many paths.
const (
	mostSimilar = 2000
	mostGuesses = 50
)

// similar finds what may be meant by a path that is not in a revision: a name
// in the same folder that is a few edits away or has another ending, or else
// the same name in another folder. It is "" if there is none.
func (t *tree) similar(name string) string {
	if t.guesses++; t.guesses > mostGuesses {
		return ""
	}
	folder, base := path.Split(name)
	folder = path.Clean(folder)
	entries, _ := t.readDir(folder) // without the folder, there are no names
	var names []string
	for _, entry := range entries[:min(len(entries), mostSimilar)] {
		if stem(base) != "" && stem(entry.Name()) == stem(base) {
			return path.Join(folder, entry.Name())
		}
		names = append(names, entry.Name())
	}
	if near, ok := nearest(base, names, min(2, len(stem(base))/4)); ok {
		return path.Join(folder, near)
	}
	return t.search(func(_ string, entry fs.DirEntry) bool { return entry.Name() == base })
}

func stem(name string) string { return strings.TrimSuffix(name, path.Ext(name)) }

// search looks for an entry of a revision: near ones first, and not without
// end.
func (t *tree) search(match func(folder string, entry fs.DirEntry) bool) string {
	queue := []string{"."}
	for seen := 0; len(queue) > 0 && seen < mostSimilar; {
		folder := queue[0]
		queue = queue[1:]
		entries, err := t.readDir(folder)
		if err != nil {
			continue
		}
		seen += len(entries) + 1
		for _, entry := range entries {
			name := path.Join(folder, entry.Name())
			if match(folder, entry) {
				return name
			}
			if lower := strings.ToLower(entry.Name()); entry.IsDir() && lower != ".git" && lower != "node_modules" && lower != ".codedeploy-steps" {
				queue = append(queue, name)
			}
		}
	}
	return ""
}

// missingHelp tells what may be meant by a path that is not there.
func (t *tree) missingHelp(name string, err error, otherwise string) string {
	if isCurly(name) {
		return curlyHelp
	}
	if near := t.similar(name); near != "" {
		otherwise = fmt.Sprintf("Did you mean %q?", near)
	}
	return caseHelp(err, otherwise)
}
