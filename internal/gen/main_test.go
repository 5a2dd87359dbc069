package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestFresh: what is committed is what the code makes.
func TestFresh(t *testing.T) {
	for _, f := range files() {
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
