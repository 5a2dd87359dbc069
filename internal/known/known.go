// Package known keeps what is known of a folder's files from an earlier scan,
// so that an unchanged checkout is recognised without reading it. It is a
// cache: what it says is proven before a byte is pushed, and it may be deleted
// at any time. What it can't read or write it does without.
package known

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"os"
	"path/filepath"
	"time"

	"github.com/codedeploy-steps/codedeploy-steps/bundle"
)

// header begins a cache file; another version is no cache.
const header = "codedeploy-steps known files 1\n"

// Files is what is known of one folder. It is for one scan.
type Files struct {
	path string
	// The first record that was not asked for yet; its name is "" before the first and behind the last.
	next record
	rest []byte // what is behind it

	records, used int // read, and found right
	wrong         bool
}

type record struct {
	name   []byte
	stamp  bundle.Stamp
	digest [32]byte
}

// Open reads what is known of the folder root from the cache in the folder dir.
func Open(dir, root string) *Files {
	sum := sha256.Sum256([]byte(root))
	f := &Files{path: filepath.Join(dir, hex.EncodeToString(sum[:8])+".known")}
	text, err := os.ReadFile(f.path)
	if err != nil || !bytes.HasPrefix(text, []byte(header)) || len(text) < len(header)+sha256.Size {
		return f
	}
	body, check := text[len(header):len(text)-sha256.Size], text[len(text)-sha256.Size:]
	if got := sha256.Sum256(body); !bytes.Equal(got[:], check) {
		return f // cut off, or not ours
	}
	f.rest = body // records, in the order of their names
	return f
}

// Digest answers what a file's content was when it had this stamp. Names are asked for in their order: records are read on the way.
func (f *Files) Digest(name string, s bundle.Stamp) (digest [32]byte, ok bool) {
	for len(f.rest) > 0 && string(f.next.name) < name {
		f.next, f.rest = decode(f.rest)
		f.records++
	}
	if string(f.next.name) != name || f.next.stamp != s {
		return digest, false
	}
	f.used++
	return f.next.digest, true
}

// Wrong says that a digest which was answered is not the file's: its stamp alone would have it kept.
func (f *Files) Wrong() { f.wrong = true }

// racy is how young a file may not be for its stamp to tell a later write:
// clocks of file systems are coarse.
const racy = 2 * time.Second

// Save keeps what a scan that began at a time has found. The tree is read before it returns; the file is written aside, and how that ended
// is sent once.
func (f *Files) Save(t *bundle.Tree, began time.Time) <-chan error {
	saved := make(chan error, 1)
	limit := began.Add(-racy).UnixNano()
	keeps := func(s bundle.Stamp) bool { return s != (bundle.Stamp{}) && s.Modified <= limit && s.Changed <= limit }
	n := 0
	for _, s := range t.Stamps {
		if keeps(s) {
			n++
		}
	}
	if n == f.used && n == f.records && len(f.rest) == 0 && !f.wrong {
		saved <- nil // it says all this
		return saved
	}
	body := make([]byte, 0, 128*n)
	for i, s := range t.Stamps {
		if keeps(s) {
			body = encode(body, t.Entries[i].Name, s, t.Entries[i].Digest)
		}
	}
	go func() { saved <- f.write(body) }()
	return saved
}

func (f *Files) write(body []byte) error {
	if err := os.MkdirAll(filepath.Dir(f.path), 0o700); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(f.path), "*.new")
	if err != nil {
		return err
	}
	sum := sha256.Sum256(body)
	for _, part := range [][]byte{[]byte(header), body, sum[:]} {
		if _, err = tmp.Write(part); err != nil {
			break
		}
	}
	if e := tmp.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(tmp.Name(), f.path)
	}
	if err != nil {
		os.Remove(tmp.Name())
	}
	return err
}

func encode(b []byte, name string, s bundle.Stamp, digest [32]byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(name)))
	b = append(b, name...)
	for _, n := range [...]uint64{uint64(s.Size), uint64(s.Modified), uint64(s.Changed), s.Inode, s.Device} {
		b = binary.AppendUvarint(b, n)
	}
	return append(b, digest[:]...)
}

// decode reads a record and returns what is behind it; what does not fit its form ends the reading.
func decode(b []byte) (r record, rest []byte) {
	length, n := binary.Uvarint(b)
	if n <= 0 || length > uint64(len(b)-n) {
		return record{}, nil
	}
	r.name, b = b[n:n+int(length)], b[n+int(length):]
	var numbers [5]uint64
	for i := range numbers {
		v, n := binary.Uvarint(b)
		if n <= 0 {
			return record{}, nil
		}
		numbers[i], b = v, b[n:]
	}
	if len(b) < len(r.digest) {
		return record{}, nil
	}
	r.stamp = bundle.Stamp{Size: int64(numbers[0]), Modified: int64(numbers[1]), Changed: int64(numbers[2]), Inode: numbers[3], Device: numbers[4]}
	return r, b[copy(r.digest[:], b):]
}
