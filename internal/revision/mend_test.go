package revision

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/codedeploy-steps/codedeploy-steps/appspec"
)

// TestWrite: a file is replaced with its mode kept; a link stays a link, and
// nothing outside of the revision is written to.
func TestWrite(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no modes, and links only for some users")
	}
	outside := t.TempDir()
	root := t.TempDir()
	for _, path := range []string{filepath.Join(root, "appspec.yml"), filepath.Join(root, "real.sh"), filepath.Join(outside, "other.sh")} {
		if err := os.WriteFile(path, []byte("before\n"), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	for name, target := range map[string]string{"link.sh": "real.sh", "out.sh": filepath.Join(outside, "other.sh")} {
		if err := os.Symlink(target, filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
	r := &Revision{Path: root}
	mended := func(name string, before, after os.FileMode) appspec.Mended {
		return appspec.Mended{Name: name, Before: []byte("before\n"), After: []byte("after\n"), ModeBefore: before, ModeAfter: after}
	}
	tests := []struct {
		m    appspec.Mended
		file string
		mode os.FileMode
		text string
		err  string
	}{
		{mended("appspec.yml", 0, 0), filepath.Join(root, "appspec.yml"), 0o640, "after\n", ""},
		{mended("appspec.yml", 0, 0), filepath.Join(root, "appspec.yml"), 0o640, "after\n", "changed since"},
		{mended("link.sh", 0o640, 0o751), filepath.Join(root, "real.sh"), 0o751, "after\n", ""},
		{mended("out.sh", 0o640, 0o751), filepath.Join(outside, "other.sh"), 0o640, "before\n", "leads out of the revision"},
		{mended("gone.sh", 0o640, 0o751), filepath.Join(outside, "other.sh"), 0o640, "before\n", "no such file"},
	}
	for _, test := range tests {
		err := r.write(test.m)
		if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("%s: %v, not %q", test.m.Name, err, test.err)
		}
		text, _ := os.ReadFile(test.file)
		info, err := os.Stat(test.file)
		if err != nil || string(text) != test.text || info.Mode() != test.mode {
			t.Errorf("%s is %q with %v, %v", test.file, text, info.Mode(), err)
		}
	}
	if info, err := os.Lstat(filepath.Join(root, "link.sh")); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is gone: %v", err)
	}
	if entries, _ := os.ReadDir(root); len(entries) != 4 {
		t.Errorf("something was left: %v", entries)
	}
}
