package owner

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// write writes a file and the folders above it.
func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

const ours = `{"program":"codedeploy-steps","format":1}`

// wantRefused asserts that a folder is neither looked at nor made, nor changed,
// and that the words say why.
func wantRefused(t *testing.T, dir, why string) {
	t.Helper()
	before := list(t, dir)
	for name, use := range map[string]func() error{
		"look":   func() error { _, _, err := Look(dir); return err },
		"make":   func() error { _, err := Make(dir); return err },
		"remove": func() error { return Remove(dir) },
	} {
		err := use()
		var e *step.Error
		if err == nil || !errors.As(err, &e) {
			t.Errorf("%s: error is %T %v", name, err, err)
			continue
		}
		if !strings.Contains(err.Error(), "state folder "+dir+" ") || !strings.Contains(err.Error(), why) || e.Code != step.Misused || e.Remedy == "" {
			t.Errorf("%s: %v, want the folder's name and %q", name, err, why)
		}
	}
	if after := list(t, dir); !slices.Equal(after, before) {
		t.Errorf("the folder had %v, has %v", before, after)
	}
}

func list(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil {
			info, _ := d.Info()
			out = append(out, fmt.Sprint(path, info.Mode(), info.Size()))
		}
		return nil
	})
	return out
}

func TestMake(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b", "state")
	if f, made, err := Look(dir); err != nil || made || f.Dir != dir {
		t.Errorf("a folder that is not there: %v, %v, %v", f, made, err)
	}
	f, err := Make(dir)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := f.Credentials()
	if err != nil || len(keys.AccessKeyID) != 20 || !strings.HasPrefix(keys.AccessKeyID, "LOCAL") || len(keys.SecretAccessKey) != 40 {
		t.Errorf("keys %q, %q, %v", keys.AccessKeyID, keys.SecretAccessKey, err)
	}
	if text, err := os.ReadFile(filepath.Join(dir, ".gitignore")); err != nil || string(text) != "*\n" {
		t.Errorf("ignore file is %q, %v", text, err)
	}
	if runtime.GOOS != "windows" {
		for _, name := range []string{"", ".gitignore", "credentials.json", "state.json"} {
			if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm()&0o077 != 0 {
				t.Errorf("%q: %v, %v", name, info.Mode(), err)
			}
		}
	}
	if got := names(t, dir); !slices.Equal(got, []string{".gitignore", "credentials.json", "state.json"}) {
		t.Errorf("the folder has %v", got)
	}
	if _, made, err := Look(dir); err != nil || !made {
		t.Errorf("a folder that was made: %v, %v", made, err)
	}
	again, err := Make(dir)
	if err != nil {
		t.Fatal(err)
	}
	if second, err := again.Credentials(); err != nil || second != keys {
		t.Errorf("made again it has other keys: %v", err)
	}
	other, err := Make(filepath.Join(t.TempDir(), "other"))
	if err != nil {
		t.Fatal(err)
	}
	if second, err := other.Credentials(); err != nil || second.AccessKeyID == keys.AccessKeyID || second.SecretAccessKey == keys.SecretAccessKey {
		t.Errorf("another folder has the same keys: %v", err)
	}
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

// TestEmptyFolder: one that is there, empty and open to readers, is closed.
func TestEmptyFolder(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := Make(dir); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(dir); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// TestMadeAtOnce: processes that make one folder at the same time end with the
// same keys, and none fails.
func TestMadeAtOnce(t *testing.T) {
	f := Folder{t.TempDir()}
	for _, text := range []string{"first", "second"} {
		if err := f.place("file", []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if text, err := os.ReadFile(f.path("file")); err != nil || string(text) != "first" || len(names(t, f.Dir)) != 1 {
		t.Errorf("what was placed first is %q, %v, in %v", text, err, names(t, f.Dir))
	}
	dir := filepath.Join(t.TempDir(), "state")
	keys := make([]Credentials, 16)
	var wg sync.WaitGroup
	for n := range keys {
		wg.Go(func() {
			f, err := Make(dir)
			if err == nil {
				keys[n], err = f.Credentials()
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, k := range keys {
		if k != keys[0] {
			t.Fatal("two makers have different keys")
		}
	}
}

// TestHalfMade: what a kill leaves behind is completed.
func TestHalfMade(t *testing.T) {
	keys := `{"accessKeyId":"LOCALAAAAAAAAAAAAAAA","secretAccessKey":"SECRET"}`
	tests := []struct {
		name  string
		files map[string]string
		keep  bool // the keys that are there
	}{
		{"an ignore file that is empty", map[string]string{".gitignore": ""}, false},
		{"the ignore file", map[string]string{".gitignore": "*\n"}, false},
		{"keys half written aside", map[string]string{".gitignore": "*\n", "credentials.json.123.new": "{"}, false},
		{"empty keys", map[string]string{".gitignore": "*\n", "credentials.json": ""}, false},
		{"keys of nothing", map[string]string{".gitignore": "*\n", "credentials.json": "{}"}, false},
		{"keys", map[string]string{".gitignore": "*\n", "credentials.json": keys}, true},
		{"all but the marker's name", map[string]string{".gitignore": "*\n", "credentials.json": keys, "state.json.new": ours}, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range test.files {
				write(t, filepath.Join(dir, name), text)
			}
			if _, made, err := Look(dir); err != nil || made {
				t.Fatalf("made %v, %v", made, err)
			}
			f, err := Make(dir)
			if err != nil {
				t.Fatal(err)
			}
			got, err := f.Credentials()
			if err != nil || test.keep != (got.SecretAccessKey == "SECRET") {
				t.Errorf("keys %v, %v", got, err)
			}
			if _, made, err := Look(dir); err != nil || !made {
				t.Errorf("completed: made %v, %v", made, err)
			}
		})
	}
}

// TestNotOurs: folders that hold what is not a state of ours.
func TestNotOurs(t *testing.T) {
	none := "holds files, and none of them says that it is ours"
	tests := []struct {
		name  string
		files map[string]string
		why   string
	}{
		{"somebody's files", map[string]string{"main.go": "package main"}, none},
		{"somebody's ignore file", map[string]string{".gitignore": "*.o\n"}, none},
		{"somebody's ignore file of everything and more", map[string]string{".gitignore": "*\n!a\n"}, none},
		{"somebody's files beside an ignore file like ours", map[string]string{".gitignore": "*\n", "notes.txt": ""}, none},
		{"keys alone", map[string]string{"credentials.json": "{}"}, none},
		{"folders", map[string]string{".gitignore": "*\n", "credentials.json/x": ""}, none},
		{"another program", map[string]string{"state.json": `{"program":"terraform","format":1}`}, "belongs to another program"},
		{"another program's list", map[string]string{"state.json": `[]`}, "belongs to another program"},
		{"no JSON", map[string]string{"state.json": "program: codedeploy-steps"}, "belongs to another program"},
		{"empty marker", map[string]string{"state.json": ""}, "belongs to another program"},
		{"newer version", map[string]string{"state.json": `{"program":"codedeploy-steps","format":2}`}, "was made by a newer version of codedeploy-steps (format 2, this one knows 1)"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range test.files {
				write(t, filepath.Join(dir, name), text)
			}
			wantRefused(t, dir, test.why)
		})
	}
}

func TestKindsOfPlace(t *testing.T) {
	top := t.TempDir()
	file := filepath.Join(top, "file")
	write(t, file, "")
	wantRefused(t, file, "is not a folder")
	wantRefused(t, filepath.Join(file, "below"), "")

	real := filepath.Join(top, "real")
	if _, err := Make(real); err != nil {
		t.Fatal(err)
	}
	for name, to := range map[string]string{"link": real, "relative": "real", "dangling": filepath.Join(top, "none")} {
		link := filepath.Join(top, name)
		if err := os.Symlink(to, link); err != nil {
			t.Skip(err)
		}
		wantRefused(t, link, "is a symbolic link")
	}
}

func TestRemove(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	if err := Remove(dir); err != nil {
		t.Errorf("what is not there: %v", err)
	}
	if _, err := Make(dir); err != nil {
		t.Fatal(err)
	}
	// An overlay leaves folders without rights; and a link leads out.
	outside := filepath.Join(filepath.Dir(dir), "outside")
	write(t, filepath.Join(outside, "file"), "")
	write(t, filepath.Join(dir, "instances/i-1/work/work/x"), "")
	if err := os.Chmod(filepath.Join(dir, "instances/i-1/work/work"), 0); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "instances/out")); err != nil && runtime.GOOS != "windows" {
		t.Fatal(err)
	}
	if err := Remove(dir); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("still there: %v", err)
	}
	if _, err := os.Stat(filepath.Join(outside, "file")); err != nil {
		t.Errorf("what a link leads to is gone: %v", err)
	}
	// An empty folder is nobody's.
	empty := t.TempDir()
	if err := Remove(empty); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(empty); err != nil {
		t.Error("an empty folder was removed")
	}
}
