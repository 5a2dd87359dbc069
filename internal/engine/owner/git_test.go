package owner

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// checkout is a repository made by git itself.
type checkout struct {
	*testing.T
	dir string
}

func newCheckout(t *testing.T, options ...string) *checkout {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git here")
	}
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	c := &checkout{t, dir}
	c.git(append([]string{"init", "-q"}, options...)...)
	return c
}

func (c *checkout) git(args ...string) {
	c.Helper()
	cmd := exec.Command("git", append([]string{"-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "protocol.file.allow=always", "-c", "core.autocrlf=false"}, args...)...)
	cmd.Dir = c.dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull, "HOME="+c.dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		c.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

func (c *checkout) path(name string) string { return filepath.Join(c.dir, filepath.FromSlash(name)) }

// forge commits a state folder, as a fork may that wants its hooks run.
func (c *checkout) forge(name string) {
	c.Helper()
	write(c, c.path(name+"/state.json"), ours)
	write(c, c.path(name+"/engine.address"), "/tmp/evil.sock\n")
	c.git("add", "-f", ".")
}

const cameAlong = "is tracked by git: it came with the checkout"

// TestCameWithTheCheckout makes indexes of every version, with many neighbours.
func TestCameWithTheCheckout(t *testing.T) {
	for _, format := range []string{"sha1", "sha256"} {
		for _, version := range []string{"2", "3", "4"} {
			t.Run(format+" version "+version, func(t *testing.T) {
				c := newCheckout(t, "--object-format="+format)
				for _, name := range []string{".stat", ".state.txt", ".state-2/state.json", "a", "b/c", "b/cc/d", "b/" + strings.Repeat("long", 60) + "/" + strings.Repeat("x", 200), "z/.state/x", "ü"} {
					write(t, c.path(name), name)
				}
				c.git("add", ".")
				switch version {
				case "3":
					write(t, c.path("later"), "")
					c.git("add", "-N", "later") // has extended flags
				case "4":
					c.git("update-index", "--index-version", "4")
				}
				if text, err := os.ReadFile(c.path(".git/index")); err != nil || text[7] != version[0]-'0' {
					t.Fatalf("the index has version %d, %v", text[7], err)
				}
				for _, dir := range []string{".state", "b/.state", "b/c.state"} {
					if _, err := Make(c.path(dir)); err != nil {
						t.Errorf("%s is no part of the checkout: %v", dir, err)
					}
					if _, made, err := Look(c.path(dir)); err != nil || !made {
						t.Errorf("%s: made %v, %v", dir, made, err)
					}
				}
				c.forge("forged")
				c.forge("b/forged")
				for _, dir := range []string{"forged", "b/forged", "z/.state"} {
					wantRefused(t, c.path(dir), cameAlong)
				}
			})
		}
	}
}

// TestSlyCheckouts: the folder came along, though not under the plainest name.
func TestSlyCheckouts(t *testing.T) {
	t.Run("another case", func(t *testing.T) {
		c := newCheckout(t)
		c.forge(".State")
		if err := os.Rename(c.path(".State"), c.path(".state")); err != nil { // as a system sees it that ignores case
			t.Fatal(err)
		}
		wantRefused(t, c.path(".state"), cameAlong)
	})
	t.Run("through a link", func(t *testing.T) {
		c := newCheckout(t)
		c.forge("deep/state")
		outside := filepath.Join(t.TempDir(), "link")
		if err := os.Symlink(c.path("deep"), outside); err != nil {
			t.Skip(err)
		}
		wantRefused(t, filepath.Join(outside, "state"), cameAlong)
	})
	t.Run("relative to the working folder", func(t *testing.T) {
		c := newCheckout(t)
		c.forge("deep/state")
		t.Chdir(c.path("deep"))
		wantRefused(t, "state", cameAlong)
	})
	t.Run("submodule", func(t *testing.T) {
		evil, c := newCheckout(t), newCheckout(t)
		write(t, evil.path("state.json"), ours)
		evil.git("add", ".")
		evil.git("commit", "-q", "-m", "m")
		c.git("submodule", "--quiet", "add", evil.dir, ".state")
		if err := os.Chmod(c.path(".state"), 0o700); err != nil {
			t.Fatal(err)
		}
		wantRefused(t, c.path(".state"), cameAlong)
	})
	t.Run("in a submodule", func(t *testing.T) {
		evil, c := newCheckout(t), newCheckout(t)
		evil.forge("state")
		evil.git("commit", "-q", "-m", "m")
		c.git("submodule", "--quiet", "add", evil.dir, "sub")
		wantRefused(t, c.path("sub/state"), cameAlong)
		if _, err := Make(c.path("sub/other")); err != nil {
			t.Error(err)
		}
	})
	t.Run("worktree", func(t *testing.T) {
		c := newCheckout(t)
		c.forge("state")
		c.git("commit", "-q", "-m", "m")
		tree := filepath.Join(t.TempDir(), "tree")
		c.git("worktree", "add", "-q", tree)
		wantRefused(t, filepath.Join(tree, "state"), cameAlong)
		if _, err := Make(filepath.Join(tree, "other")); err != nil {
			t.Error(err)
		}
	})
	t.Run("split index", func(t *testing.T) {
		c := newCheckout(t)
		c.forge("state")
		c.git("update-index", "--split-index")
		wantRefused(t, c.path("state"), "can't be told from a part of the checkout")
	})
}

// TestUnreadableIndex: what can't be told is refused, not guessed.
func TestUnreadableIndex(t *testing.T) {
	for name, index := range map[string]string{
		"empty":            "",
		"another file":     "PACK\x00\x00\x00\x02\x00\x00\x00\x00",
		"later version":    "DIRC\x00\x00\x00\x05\x00\x00\x00\x00",
		"more than it has": "DIRC\x00\x00\x00\x02\xff\xff\xff\xff" + strings.Repeat("a", 100),
	} {
		t.Run(name, func(t *testing.T) {
			top := t.TempDir()
			write(t, filepath.Join(top, ".git/index"), index)
			write(t, filepath.Join(top, "state/state.json"), ours)
			wantRefused(t, filepath.Join(top, "state"), "can't be told from a part of the checkout")
		})
	}
	top := t.TempDir()
	write(t, filepath.Join(top, ".git"), "nonsense")
	write(t, filepath.Join(top, "state/state.json"), ours)
	wantRefused(t, filepath.Join(top, "state"), "can't be told from a part of the checkout")
	// A repository without an index tracks nothing.
	top = t.TempDir()
	write(t, filepath.Join(top, ".git/HEAD"), "ref: refs/heads/main\n")
	if _, err := Make(filepath.Join(top, "state")); err != nil {
		t.Error(err)
	}
	if _, made, err := Look(filepath.Join(top, "state")); err != nil || !made {
		t.Errorf("%v, %v", made, err)
	}
}
