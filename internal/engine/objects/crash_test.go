package objects

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// What a killed process leaves is gone after the next Open, what it had
// finished is there, and foreign files are not touched.
func TestSweep(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	if err := s.CreateBucket("releases"); err != nil {
		t.Fatal(err)
	}
	store := func(content string) received {
		t.Helper()
		got, err := s.receive(strings.NewReader(content), nil, expected{}, CRC64NVME)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	kept := store("kept")
	if _, _, err := s.put("releases", "k", Attributes{ContentType: defaultContentType}, kept, condition{}); err != nil {
		t.Fatal(err)
	}
	u, err := s.createUpload(upload{Bucket: "releases", Key: "u", ChecksumType: FullObject})
	if err != nil {
		t.Fatal(err)
	}
	part := store("part")
	if _, err := s.putPart(u, 1, part); err != nil {
		t.Fatal(err)
	}
	orphan := store("killed before the transaction")
	temp, err := s.newBlob()
	if err != nil {
		t.Fatal(err)
	}
	temp.WriteString("killed while writing")
	temp.Close()
	foreign := filepath.Join(s.dir, "README")
	if err := os.WriteFile(foreign, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(s.dir, strings.Repeat("0", 32)), 0o700); err != nil {
		t.Fatal(err)
	}
	s.Now = func() time.Time { return time.Now().Add(-stale) }
	forgotten, err := s.createUpload(upload{Bucket: "releases", Key: "old", ChecksumType: FullObject})
	if err != nil {
		t.Fatal(err)
	}
	forgottenPart := store("part of a push that was killed a week ago")
	if _, err := s.putPart(forgotten, 1, forgottenPart); err != nil {
		t.Fatal(err)
	}
	if err := s.db.Close(); err != nil {
		t.Fatal(err)
	}

	s = openStore(t, dir)
	left := filesIn(t, s.dir)
	for name, want := range map[string]bool{
		kept.blob: true, part.blob: true, "README": true, strings.Repeat("0", 32): true,
		orphan.blob: false, forgottenPart.blob: false, filepath.Base(temp.Name()): false,
	} {
		if got := contains(left, name); got != want {
			t.Errorf("after the sweep, %s is there: %v, want %v", name, got, want)
		}
	}
	o, _, err := s.complete("releases", "u", u.ID, claim{size: -1, parts: []claimedPart{{number: 1, etag: "ea73ab65558e4f1bd6efaf5d7a8cdb6d"}}})
	if err == nil {
		t.Errorf("completed with a wrong ETag: %+v", o)
	}
	list, _, _, err := s.listOf(u)
	if err != nil || len(list) != 1 {
		t.Fatalf("parts %v, %v", list, err)
	}
	if o, _, err = s.complete("releases", "u", u.ID, claim{size: -1, parts: []claimedPart{{number: 1, etag: list[0].ETag}}}); err != nil || o.Size != 4 {
		t.Errorf("an upload does not outlive the process: %+v, %v", o, err)
	}
}

func (s *Store) listOf(u upload) ([]part, bool, upload, error) {
	got, list, truncated, err := s.parts(u.Bucket, u.Key, u.ID, 0, maxParts)
	return list, truncated, got, err
}

func contains(list []string, name string) bool {
	for _, s := range list {
		if s == name {
			return true
		}
	}
	return false
}

// An object whose file was taken away is an error, not an endless search.
func TestMissingBlob(t *testing.T) {
	x := newSite(t)
	x.put("k", "hello")
	for _, name := range x.blobs() {
		if err := os.Remove(filepath.Join(x.dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if a := x.raw("GET", "/releases/k", "", nil, nil); a.status != 500 || a.code != errInternal {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// A part whose file was damaged does not become part of an object.
func TestDamagedPart(t *testing.T) {
	x := newSite(t)
	id := x.begin("k", nil)
	tag := x.part("k", id, 1, bytes.Repeat([]byte("a"), 100))
	for _, name := range x.blobs() {
		if err := os.Truncate(filepath.Join(x.dir, name), 50); err != nil {
			t.Fatal(err)
		}
	}
	if a := x.raw("POST", "/releases/k?uploadId="+id, "", document(1, tag), nil); a.code != errInternal {
		t.Errorf("%d %s", a.status, a.body)
	}
	if n := len(x.blobs()); n != 1 {
		t.Errorf("%d files", n)
	}
}
