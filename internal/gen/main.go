// Command gen writes the files of this repository that are made from its code:
// run it at the repository's root (go run ./internal/gen). Its test fails while
// one of them is stale.
package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
)

// file is a file that is made from code.
type file struct {
	path string // below the repository's root, with slashes
	make func() []byte
}

// files are all that are made.
func files() []file {
	return []file{
		{"docs/reference/appspec.schema.json", appspecSchema},
		{"docs/reference/rules.md", rulesPage},
	}
}

func main() {
	if _, err := os.Stat("go.mod"); err != nil {
		fmt.Fprintln(os.Stderr, "gen: run it at the repository's root, where go.mod is")
		os.Exit(1)
	}
	for _, f := range files() {
		text := f.make()
		path := filepath.FromSlash(f.path)
		if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, text) {
			continue
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			fmt.Fprintln(os.Stderr, "gen:", err)
			os.Exit(1)
		}
		fmt.Println(f.path)
	}
}
