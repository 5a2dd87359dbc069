package bundle

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/codedeploy-steps/codedeploy-steps/bundle"
)

// No archive of a tree is larger than what is counted with: small files that nothing makes smaller, by names that take the most.
func TestMost(t *testing.T) {
	for name, base := range map[string]string{"short": "a", "beyond ASCII": "ä", "longer than ustar": strings.Repeat("b/", 80), "long": strings.Repeat(strings.Repeat("c", 250)+"/", 12)} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			content := make([]byte, 513)
			rand.Read(content)
			for i := range 300 {
				path := filepath.Join(dir, base, fmt.Sprint(i))
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, content, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			tree, err := bundle.Scan(t.Context(), dir, bundle.Options{})
			if err != nil {
				t.Fatal(err)
			}
			for _, archive := range []bundle.Type{bundle.Zip, bundle.Tar, bundle.TGZ} {
				var n counter
				if err := bundle.Write(t.Context(), &n, tree, archive); err != nil {
					t.Fatal(err)
				}
				before := tree.Size + tree.Size/1000 + int64(len(tree.Entries))*1024
				t.Log(archive, n.size, most(tree.Manifest), n.size > before)
				if m := most(tree.Manifest); n.size > m {
					t.Errorf("%s: %d bytes, and at most %d were counted with", archive, n.size, m)
				}
			}
		})
	}
}
