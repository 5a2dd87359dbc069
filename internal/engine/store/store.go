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
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// ErrOwned means that another process has the state folder.
var ErrOwned = errors.New("the state folder is in use by another process")

var logBucket = []byte("log")

// Log is an append-only sequence of JSON records.
type Log struct {
	DB     *bbolt.DB
	broken bool
}

// Open opens the log of a state folder, made if it is not there. It answers
// ErrOwned at once if another process has it.
func Open(dir string) (*Log, error) {
	path := filepath.Join(dir, "engine.db")
	_, missing := os.Lstat(path)
	var db *bbolt.DB
	err := sound(func() (err error) {
		db, err = bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Millisecond})
		return err
	})
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, ErrOwned
	}
	if err != nil && errors.Is(missing, fs.ErrNotExist) {
		os.Remove(path) // the disk is full: a part of an empty database could not be opened again
	}
	var told *fs.PathError
	if errors.As(err, &told) {
		return nil, err // it names the path itself
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	l := &Log{DB: db}
	if err = cutOff(db); err == nil {
		err = sound(func() error {
			return db.Update(func(tx *bbolt.Tx) error {
				_, err := tx.CreateBucketIfNotExists(logBucket)
				return err
			})
		})
		l.broken = errors.As(err, new(damaged))
	}
	if err != nil {
		l.Close()
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return l, nil
}

// damaged is what bbolt found, in its own words.
type damaged string

func (d damaged) Error() string { return "it is damaged: " + string(d) }

// sound runs what reads a database. Of one that is damaged bbolt panics, or
// reads where its file ends, which faults.
func sound(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		switch r := recover().(type) {
		case nil:
		case theirs:
			panic(r.panic)
		case interface{ Addr() uintptr }:
			err = damaged("its end is missing")
		default:
			err = damaged(fmt.Sprint(r))
		}
	}()
	return f()
}

// theirs is a panic that says nothing of the database.
type theirs struct{ panic any }

// cutOff refuses a database that is shorter than it says: what is lost would
// be met only where it is read.
func cutOff(db *bbolt.DB) error {
	info, err := os.Stat(db.Path())
	if err != nil {
		return err
	}
	return db.View(func(tx *bbolt.Tx) error {
		if tx.Size() > info.Size() {
			return damaged(fmt.Sprintf("%d of %d bytes are there", info.Size(), tx.Size()))
		}
		return nil
	})
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
	return l.Sound(func() error {
		return l.DB.View(func(tx *bbolt.Tx) error {
			return tx.Bucket(logBucket).ForEach(func(_, v []byte) error {
				defer func() {
					if r := recover(); r != nil {
						panic(theirs{r})
					}
				}()
				return f(v)
			})
		})
	})
}

// Sound runs what reads the database, and answers with an error where that is
// damaged.
func (l *Log) Sound(f func() error) error {
	err := sound(f)
	if errors.As(err, new(damaged)) {
		l.broken = true
		return fmt.Errorf("read %s: %w", l.DB.Path(), err)
	}
	return err
}

// Close gives the state folder up. A database that turned out to be damaged
// stays open until the process ends: bbolt's locks are as its panic left them.
func (l *Log) Close() error {
	if l.broken {
		return nil
	}
	return l.DB.Close()
}
