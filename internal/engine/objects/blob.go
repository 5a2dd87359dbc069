package objects

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"go.etcd.io/bbolt"
)

const tempPrefix = "tmp-"

// blobWriter is content on its way to the disk. It ends with exactly one call
// of commit or discard.
type blobWriter struct {
	*os.File
	store *Store
	id    string
}

func (s *Store) newBlob() (*blobWriter, error) {
	id := randomID()
	file, err := os.OpenFile(filepath.Join(s.dir, tempPrefix+id), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("make a file for an object: %w", err)
	}
	return &blobWriter{File: file, store: s, id: id}, nil
}

// commit puts the content on disk under its final name. Until metadata names
// it, it is still swept by the next Open.
func (b *blobWriter) commit() error {
	err := b.Sync()
	if closed := b.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(b.Name(), b.store.blobPath(b.id))
	}
	if err == nil {
		err = syncDir(b.store.dir)
	}
	if err != nil {
		os.Remove(b.Name())
		b.store.removeBlob(b.id)
		return fmt.Errorf("store an object's content: %w", err)
	}
	return nil
}

func (b *blobWriter) discard() {
	b.Close()
	os.Remove(b.Name())
}

func (s *Store) blobPath(id string) string { return filepath.Join(s.dir, id) }

// removeBlob removes a file that no metadata names. A failure is no error of
// the operation, which is done: the next Open sweeps (on Windows, a file that
// somebody still reads cannot be removed).
func (s *Store) removeBlob(id string) { os.Remove(s.blobPath(id)) }

// sweep removes temporary files, and content that no metadata names: what a
// killed process left. Files that this package would not have made are kept.
func (s *Store) sweep() error {
	known := map[string]bool{}
	note := func(_, value []byte) error {
		var row struct{ Blob string }
		if err := json.Unmarshal(value, &row); err != nil {
			return fmt.Errorf("read an object's metadata: %w", err)
		}
		known[row.Blob] = true
		return nil
	}
	err := s.db.View(func(tx *bbolt.Tx) error {
		for _, table := range [][]byte{versionsTable, partsTable} {
			top := tx.Bucket(table)
			err := top.ForEachBucket(func(name []byte) error { return top.Bucket(name).ForEach(note) })
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		name := entry.Name()
		id := strings.TrimPrefix(name, tempPrefix)
		if !isID(id) || known[name] || !entry.Type().IsRegular() {
			continue
		}
		if err := os.Remove(filepath.Join(s.dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// randomID is a name for a blob, a version or an upload.
func randomID() string {
	var b [16]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

func isID(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == 16
}
