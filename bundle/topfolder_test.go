package bundle

import (
	"archive/tar"
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// The cases are those of the agent's rule: exactly one entry, a real folder, directly in it a name that contains "appspec".
func TestStripTopFolder(t *testing.T) {
	for _, c := range []struct {
		about       string
		tree, after files
	}{
		{"GitHub's archive", files{"repo-abc/appspec.yml": "1", "repo-abc/.hidden": "2", "repo-abc/d/x": "3", "repo-abc/e/": "", "repo-abc/l": "-> d/x"},
			files{"appspec.yml": "1", ".hidden": "2", "d/x": "3", "e/": "", "l": "-> d/x"}},
		{"any case, any name around it", files{"top/my-AppSpec.yaml.bak": "1"}, files{"my-AppSpec.yaml.bak": "1"}},
		{"a folder named so counts", files{"top/appspecs/x": "1"}, files{"appspecs/x": "1"}},
		{"a folder of its own name", files{"top/top/x": "1", "top/appspec.yml": "2"}, files{"top/x": "1", "appspec.yml": "2"}},
		{"only one level", files{"a/b/appspec.yml": "1"}, files{"a/b/appspec.yml": "1"}},
		{"only once", files{"appspec/appspec/appspec.yml": "1"}, files{"appspec/appspec.yml": "1"}},
		{"no AppSpec", files{"top/x": "1"}, files{"top/x": "1"}},
		{"two entries", files{"top/appspec.yml": "1", "__MACOSX/x": ""}, files{"top/appspec.yml": "1", "__MACOSX/x": ""}},
		{"a file", files{"appspec.yml": "1"}, files{"appspec.yml": "1"}},
		{"nothing", files{}, files{}},
	} {
		t.Run(c.about, func(t *testing.T) {
			dir := c.tree.build(t)
			must(t, StripTopFolder(dir))
			c.after.diff(t, readBack(t, dir))
		})
	}
}

func TestStripTopFolderDoesNotFollowALink(t *testing.T) {
	outside := files{"appspec.yml": "1"}.build(t)
	dir := t.TempDir()
	must(t, os.Symlink(outside, filepath.Join(dir, "top")))
	must(t, StripTopFolder(dir))
	files{"appspec.yml": "1"}.diff(t, readBack(t, outside))
	files{"top": "-> " + outside}.diff(t, readBack(t, dir))
}

func TestTopFolderOfAnArchive(t *testing.T) {
	b := tarOf(made{name: "pax_global_header", typ: tar.TypeXGlobalHeader}, file("repo-abc/appspec.yml", "1"), file("repo-abc/x", "2"))
	view, err := Open(bytes.NewReader(b), int64(len(b)), Tar)
	must(t, err)
	if top, err := TopFolder(view); err != nil || top != "repo-abc" {
		t.Errorf("top folder is %q, %v", top, err)
	}
}
