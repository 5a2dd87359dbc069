package sandbox

import (
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// adopting is how deep a layer's folders become the instance's own, where the caller's is the only user: /srv, /etc and
// most others belong to the machine's root, which is nobody inside, and the instance's root could write to none of them.
// Hooks write to folders; so the upper folder gets a folder for each of the machine's, where hooks write. A copy of /etc's
// files is taken too, as they are edited in place.
var adopting = map[string]int{
	"/etc": 8, "/opt": 4, "/srv": 4, "/usr": 2, "/usr/lib/systemd": 2, "/usr/local": 4, "/usr/share": 2, "/var": 4,
}

// maxAdopted bounds the work.
const maxAdopted = 20000

func (w *walls) adopt(path, upper string) {
	depth := 1
	for dir, levels := path, 0; dir != "/"; dir, levels = filepath.Dir(dir), levels+1 {
		if d, ok := adopting[dir]; ok {
			depth = d - levels
			break
		}
	}
	left := maxAdopted
	w.adoptFolder(path, upper, depth, &left)
}

func (w *walls) adoptFolder(from, to string, depth int, left *int) {
	if unix.Access(from, unix.R_OK|unix.X_OK) != nil {
		// What can't be read on the machine is the instance's own: empty, and writable.
		_ = unix.Setxattr(to, overlayAttribute(w.Rights, "opaque"), []byte("y"), 0)
		return
	}
	if depth <= 0 {
		return
	}
	entries, err := os.ReadDir(from)
	if err != nil {
		return
	}
	_, config := below("/etc", from)
	for _, e := range entries {
		if *left--; *left < 0 {
			return
		}
		source, target := filepath.Join(from, e.Name()), filepath.Join(to, e.Name())
		switch {
		case w.hidden(source):
		case e.IsDir():
			if os.Mkdir(target, 0o700) == nil {
				below := depth - 1
				if d, ok := adopting[source]; ok {
					below = d
				}
				w.adoptFolder(source, target, below, left)
				_ = w.copyAttributes(source, target)
			}
		case e.Type().IsRegular() && config:
			adoptFile(source, target, e)
		}
	}
}

// adoptFile copies with the time of the original, so that it doesn't count as changed.
func adoptFile(source, target string, e fs.DirEntry) {
	fi, err := e.Info()
	if err != nil || fi.Size() > maxSeed {
		return
	}
	content, err := os.ReadFile(source)
	if err != nil || os.WriteFile(target, content, 0o600) != nil {
		return
	}
	_ = os.Chmod(target, fi.Mode())
	_ = os.Chtimes(target, fi.ModTime(), fi.ModTime())
}
