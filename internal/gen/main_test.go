package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestFresh: what is committed is what the code makes. In a tagged release the
// actions name a published image, all the same one.
func TestFresh(t *testing.T) {
	root, err := os.ReadFile(filepath.Join("..", "..", "action.yml"))
	if err != nil {
		t.Fatal(err)
	}
	image := imageOf(t, root)
	if image == "Dockerfile" {
		image = ""
	} else if !published.MatchString(image) {
		t.Fatalf("action.yml runs %q, which is neither the Dockerfile nor an image by its digest", image)
	}
	for _, f := range files(image) {
		committed, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(f.path)))
		if err != nil {
			t.Errorf("%v: run go run ./internal/gen", err)
			continue
		}
		if !bytes.Equal(committed, f.make()) {
			t.Errorf("%s is stale: run go run ./internal/gen", f.path)
		}
	}
}
