//go:build unix

package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// tree is a revision to push.
type tree struct {
	name string
	make func(path string) error
}

const appSpec = "version: 0.0\nos: linux\nfiles:\n  - source: /\n    destination: /srv/app\n"

func trees() []tree {
	return []tree{
		{"small", small},
		{"go", goTree},
		{"large", func(path string) error { return turns(path, 1<<20) }},
		{"turns", func(path string) error { return turns(path, 32<<10) }},
	}
}

// goTree is Go's own tree: some 15,000 files, 270 MB.
func goTree(path string) error {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return err
	}
	if err := os.CopyFS(path, os.DirFS(strings.TrimSpace(string(root)))); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(path, "appspec.yml"), []byte(appSpec), 0o644)
}

// small is 200 files of source text, 1.4 MB.
func small(path string) error {
	text, err := sourceText()
	if err != nil {
		return err
	}
	for i := range 200 {
		if err := write(filepath.Join(path, fmt.Sprintf("d%d/f%d.txt", i%10, i)), text[i*7<<10:][:7<<10]); err != nil {
			return err
		}
	}
	return write(filepath.Join(path, "appspec.yml"), []byte(appSpec))
}

// turns is 8 files of 128 MiB, random bytes and text by turns.
func turns(path string, turn int) error {
	text, err := sourceText()
	if err != nil {
		return err
	}
	random := rand.NewChaCha8([32]byte{1})
	noise := make([]byte, turn)
	for i := range 8 {
		if err := os.MkdirAll(path, 0o755); err != nil {
			return err
		}
		f, err := os.Create(filepath.Join(path, fmt.Sprintf("f%d.bin", i)))
		if err != nil {
			return err
		}
		at := i * 999_983
		for written := 0; written < 128<<20; written += 2 * turn {
			random.Read(noise)
			f.Write(noise)
			at = (at + turn) % (len(text) - turn)
			if _, err := f.Write(text[at:][:turn]); err != nil {
				return err
			}
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	return write(filepath.Join(path, "appspec.yml"), []byte(appSpec))
}

// sourceText is some megabytes of Go's own source.
func sourceText() ([]byte, error) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, err
	}
	var all bytes.Buffer
	for _, folder := range []string{"net/http", "runtime", "go/types", "crypto/tls", "reflect"} {
		files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(root)), "src", folder, "*.go"))
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				return nil, err
			}
			all.Write(text)
		}
	}
	return all.Bytes(), nil
}

func write(path string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o644)
}
