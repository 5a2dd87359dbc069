// Command gen writes the files of this repository that are made from its code:
// run it at the repository's root (go run ./internal/gen). Its test fails while
// one of them is stale.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

// file is a file that is made from code.
type file struct {
	path string // below the repository's root, with slashes
	make func() []byte
}

// files are all that are made. The actions run the given image; "" is the one
// that is built from the Dockerfile.
func files(image string) []file {
	all := []file{
		{"docs/reference/appspec.schema.json", appspecSchema},
		{"docs/reference/rules.md", rulesPage},
		{"docs/reference/steps.md", stepsPage},
	}
	all = append(all, actions(image)...)
	all = append(all, file{"orb/orb.yml", orb})
	all = append(all, azureTemplates()...)
	all = append(all, boxes(image)...)
	all = append(all, components(image)...)
	all = append(all, jenkins()...)
	return all
}

func main() {
	image := flag.String("image", "", "docker://NAME@sha256:DIGEST that the actions of a release run; built from the Dockerfile if empty")
	flag.Parse()
	if *image != "" && !published.MatchString(*image) {
		fmt.Fprintf(os.Stderr, "gen: -image %q is not of the form docker://name@sha256:digest\n", *image)
		os.Exit(2)
	}
	if _, err := os.Stat("go.mod"); err != nil {
		fmt.Fprintln(os.Stderr, "gen: run it at the repository's root, where go.mod is")
		os.Exit(1)
	}
	for _, f := range files(*image) {
		text := f.make()
		path := filepath.FromSlash(f.path)
		if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, text) {
			continue
		}
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		if err == nil {
			err = os.WriteFile(path, text, 0o644)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "gen:", err)
			os.Exit(1)
		}
		fmt.Println(f.path)
	}
}
