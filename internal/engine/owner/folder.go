// Package owner is what a process needs to know of the engine without being
// one: the state folder and its rules, how to reach the process that owns it,
// and how to have made what a release on the engine is missing. Programs that
// do not link the engine speak to an owner through it.
package owner

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// format is the version of the state folder's layout.
const format = 1

// Folder is a state folder that was looked at and may be used.
type Folder struct{ Dir string }

type marker struct {
	Program string `json:"program"`
	Format  int    `json:"format"`
}

const program = "codedeploy-steps"

// Look checks a state folder. Who may write in it may run code as its user, so
// it is refused if it is a link, somebody else's, writable by others, or part
// of a checkout; and if another program, or a newer version, made it. A folder
// that is not there, empty or half made is fine: it answers made = false.
func Look(dir string) (f Folder, made bool, err error) {
	refuse := func(format string, args ...any) (Folder, bool, error) {
		return Folder{}, false, step.Errorf(step.Misused, "state folder %s %s", dir, fmt.Sprintf(format, args...)).
			Do("Choose another one with --state.")
	}
	info, err := os.Lstat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return Folder{dir}, false, nil
	}
	switch {
	case err != nil:
		return refuse("can't be used: %v", err)
	case info.Mode()&fs.ModeSymlink != 0:
		return refuse("is a symbolic link")
	case !info.IsDir():
		return refuse("is not a folder")
	}
	if err := ownedAlone(dir, info); err != nil {
		return refuse("%v", err)
	}
	if tracked, err := inIndex(dir); err != nil {
		return refuse("can't be told from a part of the checkout: %v", err)
	} else if tracked {
		return refuse("is tracked by git: it came with the checkout")
	}
	text, err := os.ReadFile(filepath.Join(dir, "state.json"))
	if errors.Is(err, fs.ErrNotExist) {
		entries, unread := os.ReadDir(dir)
		if unread == nil && (len(entries) == 0 || halfMade(dir, entries)) {
			return Folder{dir}, false, nil
		}
		// Another process may have finished the folder since: what it adds, it adds after the marker.
		text, err = os.ReadFile(filepath.Join(dir, "state.json"))
	}
	if errors.Is(err, fs.ErrNotExist) {
		return refuse("holds files, and none of them says that it is ours")
	}
	var m marker
	if err != nil || json.Unmarshal(text, &m) != nil || m.Program != program {
		return refuse("belongs to another program (state.json)")
	}
	if m.Format > format {
		return refuse("was made by a newer version of %s (format %d, this one knows %d)", program, m.Format, format)
	}
	return Folder{dir}, true, nil
}

// Make checks a state folder and makes it if it is not there.
func Make(dir string) (Folder, error) {
	f, made, err := Look(dir)
	if err != nil || made {
		return f, err
	}
	fail := func(err error) (Folder, error) {
		return Folder{}, step.Errorf(step.Misused, "make the state folder: %w", err).Do("Choose a folder that can be written with --state.")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fail(err)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return fail(err)
	}
	// The ignore file comes first and the marker last: a folder with a marker is whole.
	if err := os.WriteFile(filepath.Join(dir, ".gitignore"), []byte(ignore), 0o600); err != nil {
		return fail(err)
	}
	if _, err := f.Credentials(); err != nil {
		if !errors.Is(err, fs.ErrNotExist) { // half written; nobody has used it yet
			os.Remove(f.path("credentials.json"))
		}
		text, err := json.Marshal(newCredentials())
		if err != nil {
			return fail(err)
		}
		if err := f.place("credentials.json", text); err != nil {
			return fail(err)
		}
	}
	text, err := json.Marshal(marker{program, format})
	if err != nil {
		return fail(err)
	}
	if err := f.place("state.json", append(text, '\n')); err != nil {
		return fail(err)
	}
	return f, nil
}

func (f Folder) path(name string) string { return filepath.Join(f.Dir, name) }

// Credentials are the keys by which the engine's callers sign. Who has them may
// run code as the engine's user.
type Credentials struct {
	AccessKeyID     string `json:"accessKeyId"`
	SecretAccessKey string `json:"secretAccessKey"`
}

// Credentials reads the folder's keys.
func (f Folder) Credentials() (Credentials, error) {
	var c Credentials
	text, err := os.ReadFile(f.path("credentials.json"))
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	if err == nil && (c.AccessKeyID == "" || c.SecretAccessKey == "") {
		err = errors.New("no keys are in it") // none is not a key that anybody has
	}
	var path *fs.PathError
	if err != nil && !errors.As(err, &path) {
		err = fmt.Errorf("read %s: %w", f.path("credentials.json"), err)
	}
	return c, f.Refused(err)
}

// Refused makes an error that tells what to do of what keeps the folder from being used; of nil and one that does it is the same.
func (f Folder) Refused(err error) error {
	var (
		told *step.Error
		path *fs.PathError
	)
	switch {
	case err == nil || errors.As(err, &told):
		return err
	case errors.As(err, &path) && !errors.Is(err, fs.ErrNotExist):
		return step.Errorf(step.Misused, "open the engine: %w", err).Do("Make the state folder %s writable, or choose another one with --state.", f.Dir)
	}
	return step.Errorf(step.Misused, "open the engine: %w", err).Do("Bring the state folder %s back from a copy, or start anew in another one with --state.", f.Dir)
}

func newCredentials() Credentials {
	random := func(n int) string {
		b := make([]byte, n)
		rand.Read(b)
		return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b)
	}
	// Not of the form AKIA…: secret scanners and people should not take it for one of AWS.
	return Credentials{AccessKeyID: "LOCAL" + random(10)[:15], SecretAccessKey: random(25)}
}
