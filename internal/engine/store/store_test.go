package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

type record struct {
	Writer, N int
	Text      string `json:",omitempty"`
}

func openLog(t testing.TB, dir string) *Log {
	t.Helper()
	l, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func read(t testing.TB, l *Log) []record {
	t.Helper()
	var out []record
	err := l.Replay(func(text []byte) error {
		var r record
		err := json.Unmarshal(text, &r)
		out = append(out, r)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAppendAndReplay(t *testing.T) {
	dir := t.TempDir()
	l := openLog(t, dir)
	if got := read(t, l); len(got) != 0 {
		t.Errorf("a new log has %v", got)
	}
	var want []record
	for n := range 30 { // 300, more than 255: the order is that of numbers, not of texts
		var batch []any
		for i := range 10 {
			want = append(want, record{N: 10*n + i, Text: "ü\x00<"})
			batch = append(batch, want[10*n+i])
		}
		if err := l.Append(batch...); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Append(record{N: 300}, record{N: 301}); err != nil {
		t.Fatal(err)
	}
	want = append(want, record{N: 300}, record{N: 301})
	if err := l.Append(); err != nil {
		t.Fatal(err)
	}
	if got := read(t, l); !slices.Equal(got, want) {
		t.Errorf("%d records, want %d", len(got), len(want))
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = openLog(t, dir)
	if err := l.Append(record{N: 302}); err != nil {
		t.Fatal(err)
	}
	if got := read(t, l); !slices.Equal(got, append(want, record{N: 302})) {
		t.Errorf("%d records after it was opened again", len(got))
	}
	if info, err := os.Stat(filepath.Join(dir, "engine.db")); err != nil || info.Mode().Perm()&0o077 != 0 && os.PathSeparator == '/' {
		t.Errorf("others may read the log: %v, %v", info.Mode(), err)
	}
}

// TestAllOrNone: what can't be written leaves nothing of its batch behind.
func TestAllOrNone(t *testing.T) {
	l := openLog(t, t.TempDir())
	if err := l.Append(record{N: 1}, func() {}); err == nil {
		t.Error("a function was written")
	}
	if got := read(t, l); len(got) != 0 {
		t.Errorf("of a batch that failed there is %v", got)
	}
	stop := errors.New("enough")
	if err := l.Append(record{N: 1}, record{N: 2}); err != nil {
		t.Fatal(err)
	}
	n := 0
	if err := l.Replay(func([]byte) error { n++; return stop }); !errors.Is(err, stop) || n != 1 {
		t.Errorf("a reader's error is %v after %d", err, n)
	}
}

func TestOwned(t *testing.T) {
	dir := t.TempDir()
	first := openLog(t, dir)
	if l, err := Open(dir); !errors.Is(err, ErrOwned) {
		t.Errorf("opened twice: %v, %v", l, err)
	}
	if err := first.Append(record{N: 1}); err != nil {
		t.Errorf("the first owner can't write any more: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if got := read(t, openLog(t, dir)); len(got) != 1 {
		t.Errorf("the second owner reads %v", got)
	}
}

func TestBadFolders(t *testing.T) {
	if _, err := Open(filepath.Join(t.TempDir(), "none")); err == nil || errors.Is(err, ErrOwned) {
		t.Errorf("a folder that is not there: %v", err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "engine.db"), make([]byte, 64<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); err == nil || errors.Is(err, ErrOwned) {
		t.Errorf("a file that is no log: %v", err)
	}
}

// TestConcurrentAppends: no record is lost, and each writer's stay in order.
func TestConcurrentAppends(t *testing.T) {
	l := openLog(t, t.TempDir())
	const writers, each = 8, 10
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for n := range each {
				if err := l.Append(record{Writer: w, N: 2 * n}, record{Writer: w, N: 2*n + 1}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Go(func() {
		for range 20 {
			if got := read(t, l); len(got)%2 != 0 {
				t.Errorf("a reader sees half a batch: %d records", len(got))
			}
		}
	})
	wg.Wait()
	next := map[int]int{}
	for at, r := range read(t, l) {
		if r.N != next[r.Writer] {
			t.Errorf("record %d is %d of writer %d, want %d", at, r.N, r.Writer, next[r.Writer])
		}
		if next[r.Writer]++; r.N%2 == 1 && next[r.Writer] != r.N+1 {
			t.Error("a batch is torn")
		}
	}
	for w := range writers {
		if next[w] != 2*each {
			t.Errorf("writer %d has %d records", w, next[w])
		}
	}
}

// TestCopiedWhileOpen: what Append has returned for is in the file; a machine
// that loses its power finds it there.
func TestCopiedWhileOpen(t *testing.T) {
	l := openLog(t, t.TempDir())
	for n := range 20 {
		if err := l.Append(record{N: n}, record{N: n}); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(l.DB.Path())
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "engine.db"), text, 0o600); err != nil {
			t.Fatal(err)
		}
		if got := read(t, openLog(t, dir)); len(got) != 2*(n+1) {
			t.Fatalf("the copy after %d appends has %d records", n+1, len(got))
		}
	}
}

// TestKilled: a process that is killed while it writes leaves whole batches,
// all that it said were written, and gives the folder up.
func TestKilled(t *testing.T) {
	if dir := os.Getenv("STORE_TEST_DIR"); dir != "" {
		l := openLog(t, dir)
		for n := 0; ; n++ {
			if err := l.Append(record{N: 2 * n}, record{N: 2*n + 1}); err != nil {
				t.Fatal(err)
			}
			fmt.Println(n)
		}
	}
	dir, said := t.TempDir(), 0
	for range 5 {
		before := len(readFolder(t, dir))
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilled$")
		cmd.Env = append(os.Environ(), "STORE_TEST_DIR="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for said = range 10 {
			var n int
			if _, err := fmt.Fscanln(out, &n); err != nil || n != said {
				t.Fatalf("the writer said %d, %v", n, err)
			}
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		cmd.Wait()
		got := readFolder(t, dir)[before:]
		if len(got) < 2*(said+1) || len(got)%2 != 0 {
			t.Fatalf("%d records are left, %d batches were written", len(got), said+1)
		}
		for n, r := range got {
			if r.N != n {
				t.Fatalf("record %d is %d", n, r.N)
			}
		}
	}
}

// readFolder reads the log of a folder that nobody may own.
func readFolder(t *testing.T, dir string) []record {
	t.Helper()
	l, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return read(t, l)
}

// A database that is cut off or damaged is told as that, and nothing panics.
func TestDamagedDatabase(t *testing.T) {
	dir := t.TempDir()
	l, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 50 {
		if err := l.Append(record{N: n, Text: strings.Repeat("x", 1000)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "engine.db")
	sound, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	size := os.Getpagesize()
	replay := func(t *testing.T, text []byte) error {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "engine.db"), text, 0o600); err != nil {
			t.Fatal(err)
		}
		l, err := Open(dir)
		if err != nil {
			return err
		}
		return l.Replay(func([]byte) error { return nil })
	}
	for at := size; at < 20*size; at += size {
		t.Run(fmt.Sprint("cut off at ", at), func(t *testing.T) {
			if err := replay(t, sound[:at]); err == nil || !strings.Contains(err.Error(), "engine.db") {
				t.Errorf("it says %v", err)
			}
		})
	}
	for at := 0; at < len(sound); at += size {
		t.Run(fmt.Sprint("damaged at ", at), func(t *testing.T) {
			text := slices.Clone(sound)
			for i := range size {
				text[at+i] = 0xa5
			}
			if err := replay(t, text); err != nil && !strings.Contains(err.Error(), "engine.db") {
				t.Errorf("it says %v", err)
			}
		})
	}
}
