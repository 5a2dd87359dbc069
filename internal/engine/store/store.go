// Package store keeps what the engine must not lose: one log of events in a
// bbolt database inside the state folder. Whoever has the database open owns
// the folder; there is no other lock. What the events mean is package deploy's
// affair; the objects of the S3 subset keep their metadata in buckets of their
// own beside the log (package objects).
package store

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// ErrOwned means that another process has the state folder.
var ErrOwned = errors.New("the state folder is in use by another process")

var logBucket = []byte("log")

// Log is an append-only sequence of JSON records.
type Log struct{ DB *bbolt.DB }

// Open opens the log of a state folder, made if it is not there. It answers
// ErrOwned at once if another process has it.
func Open(dir string) (*Log, error) {
	path := filepath.Join(dir, "engine.db")
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Millisecond})
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, ErrOwned
	}
	var told *fs.PathError
	if errors.As(err, &told) {
		return nil, err // it names the path itself
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucketIfNotExists(logBucket)
		return err
	})
	if err != nil {
		db.Close()
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return &Log{DB: db}, nil
}

// Append adds records in one transaction: after it returns they are on disk,
// all of them or, with an error, none.
func (l *Log) Append(records ...any) error {
	return l.DB.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket(logBucket)
		for _, r := range records {
			text, err := json.Marshal(r)
			if err != nil {
				return err
			}
			n, err := b.NextSequence()
			if err != nil {
				return err
			}
			if err := b.Put(binary.BigEndian.AppendUint64(nil, n), text); err != nil {
				return err
			}
		}
		return nil
	})
}

// Replay hands every record to f, oldest first.
func (l *Log) Replay(f func(record []byte) error) error {
	return l.DB.View(func(tx *bbolt.Tx) error {
		return tx.Bucket(logBucket).ForEach(func(_, v []byte) error { return f(v) })
	})
}

// Close gives the state folder up.
func (l *Log) Close() error { return l.DB.Close() }
