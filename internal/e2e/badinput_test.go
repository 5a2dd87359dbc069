//go:build unix

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"unicode/utf16"
)

// What is no AppSpec file, or a hostile one, is told in one finding or one
// error, in bounded memory; the sizes are those of the real file.
func TestValidateBadInput(t *testing.T) {
	nested := func(open, close string, n int) string {
		return "version: 0.0\nos: linux\nx: " + strings.Repeat(open, n) + strings.Repeat(close, n) + "\n"
	}
	aliases := "version: 0.0\nos: linux\na0: &a0 [x, x, x, x, x, x, x, x, x]\n"
	for i := range 9 {
		n := string(rune('0' + i))
		next := string(rune('1' + i))
		aliases += "a" + next + ": &a" + next + " [*a" + n + ", *a" + n + ", *a" + n + ", *a" + n + ", *a" + n + ", *a" + n + ", *a" + n + ", *a" + n + "]\n"
	}
	aliases += "files: *a9\n"
	wide := utf16.Encode([]rune("version: 0.0\nos: linux\n"))
	sixteen := []byte{0xff, 0xfe}
	for _, c := range wide {
		sixteen = append(sixteen, byte(c), byte(c>>8))
	}
	text := func(s string) func(t *testing.T, path string) {
		return func(t *testing.T, path string) { save(t, path, []byte(s)) }
	}
	for name, c := range map[string]struct {
		make func(t *testing.T, path string)
		code int
		says string
	}{
		"nested aliases": {text(aliases), 1, "YAML-014"},
		"deep brackets":  {text(nested("[", "]", 10_000)), 1, "LIMIT-002"},
		"deep blocks":    {text("version: 0.0\nos: linux\nx:\n" + strings.Repeat("- ", 10_000) + "\n"), 1, "LIMIT-002"},
		"NUL":            {text("version: 0.0\nos: li\x00nux\n"), 1, "YAML-007"},
		"UTF-16":         {text(string(sixteen)), 1, "YAML-006"},
		"1 GiB": {func(t *testing.T, path string) {
			save(t, path, []byte("version: 0.0\n"))
			if err := os.Truncate(path, 1<<30); err != nil {
				t.Fatal(err)
			}
		}, 1, "LIMIT-001"},
		"a folder": {func(t *testing.T, path string) {
			if err := os.MkdirAll(path, 0o755); err != nil {
				t.Fatal(err)
			}
		}, 1, "REV-0"},
		"a pipe": {func(t *testing.T, path string) {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := syscall.Mkfifo(path, 0o644); err != nil {
				t.Fatal(err)
			}
		}, 2, "appspec.yml"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSession(t)
			c.make(t, filepath.Join(s.dir, "app", "appspec.yml"))
			p := s.start("validate", "app")
			peak := p.peak()
			out := s.wait(p, c.code)
			if !strings.Contains(out, c.says) {
				t.Errorf("it does not say %s:\n%.2000s", c.says, out)
			}
			if n := strings.Count(out, ": error: "); c.code == 1 && n != 1 {
				t.Errorf("%d errors:\n%.2000s", n, out)
			}
			if mib := <-peak; mib > 80 { // 64 of its own; this program links the engine and the tests too
				t.Errorf("%d MiB of memory", mib)
			}
		})
	}
	t.Run("a path that is no UTF-8", func(t *testing.T) {
		s := newSession(t)
		save(t, filepath.Join(s.dir, "app\xff", "appspec.yml"), []byte("version: 0.0\nos: Linux\n"))
		if out := s.run(1, "validate", "app\xff"); !strings.Contains(out, "EC2-006") || strings.Contains(out, "\xff") {
			t.Errorf("it says:\n%q", out)
		}
	})
}
