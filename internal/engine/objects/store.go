// Package objects is the part of Amazon S3 that deployments need: buckets,
// versioned objects and multipart uploads, over HTTP for SDKs and the aws
// client, and by direct calls for the engine itself. State is durable: killed
// at any moment, a Store has either all of an upload or nothing of it.
//
// Metadata lives in bbolt, in top-level buckets that begin with "s3.". Content
// lives in one file for each object, with random names: a key never becomes a
// path. Content is written to a temporary file, synced and renamed before the
// one transaction that makes it an object; files that no metadata names are
// swept by Open, and with them uploads that nobody has ended for a week, as a
// lifecycle rule does where there are some.
//
// It is not S3: one owner with all rights, no ACLs, policies, tags, lifecycle
// rules, encryption, object lock, notifications, POST forms or replication.
// Operations and headers that ask for those are refused by name with
// NotImplemented, never ignored; only the choice of a storage class, and of an
// encryption whose keys S3 itself would hold, is taken and has no effect.
//
// The facts are from the Amazon S3 API Reference and User Guide ("Checking
// object integrity", "Multipart upload", "Working with delete markers",
// "Virtual hosting of buckets"), and from what the SDKs send.
package objects

import (
	"fmt"
	"os"
	"sync"
	"time"

	"go.etcd.io/bbolt"
)

// The top-level buckets of the database.
var (
	bucketsTable  = []byte("s3.buckets")  // name → bucketRecord
	versionsTable = []byte("s3.versions") // name → rows of versions, see rows.go
	uploadsTable  = []byte("s3.uploads")  // name → rows of uploads
	partsTable    = []byte("s3.parts")    // upload id → part number → part
)

// Store keeps buckets and objects. It is safe for concurrent use.
type Store struct {
	// Now is the clock of modification times; nil means time.Now. Like
	// BaseHosts it is set before the first use.
	Now func() time.Time
	// BaseHosts are the names, without port, below which a request's host
	// names a bucket: with "s3.localhost" in it, b.s3.localhost is bucket b.
	// Path style always works.
	BaseHosts []string

	db  *bbolt.DB
	dir string

	mu         sync.Mutex
	completing map[string]bool // uploads whose parts are being joined
}

// Open uses db for metadata and the folder dir, made if it is missing, for
// content. Only one Store may use a folder; who holds db's lock holds both.
func Open(db *bbolt.DB, dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of objects: %w", err)
	}
	s := &Store{db: db, dir: dir, completing: map[string]bool{}}
	err := db.Update(func(tx *bbolt.Tx) error {
		for _, name := range [][]byte{bucketsTable, versionsTable, uploadsTable, partsTable} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("prepare the metadata of objects: %w", err)
	}
	if err := s.dropStale(); err != nil {
		return nil, fmt.Errorf("drop stale uploads: %w", err)
	}
	if err := s.sweep(); err != nil {
		return nil, fmt.Errorf("sweep the folder of objects: %w", err)
	}
	return s, nil
}

// now is a modification time: S3 shows milliseconds.
func (s *Store) now() time.Time {
	now := time.Now
	if s.Now != nil {
		now = s.Now
	}
	return now().UTC().Truncate(time.Millisecond)
}

// update runs one transaction, and removes the files that it made useless once
// it is on disk. change may be run on a transaction that is rolled back.
func (s *Store) update(change func(tx *bbolt.Tx, useless *[]string) error) error {
	var useless []string
	err := s.db.Update(func(tx *bbolt.Tx) error {
		useless = nil
		return change(tx, &useless)
	})
	if err != nil {
		return err
	}
	for _, blob := range useless {
		s.removeBlob(blob)
	}
	return nil
}
