package objects

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"go.etcd.io/bbolt"
)

// A bucket's versions are rows that sort by key, and within a key from the
// newest to the oldest:
//
//	KEY 00 00 SEQUENCE
//
// where a zero byte within KEY is written 00 FF, and SEQUENCE is the database's
// ascending number, inverted. So a key sorts before every longer key that
// begins with it, and listings walk the rows in S3's order.

// version is one row: an object or a delete marker.
type version struct {
	Object
	Blob string `json:",omitempty"`
}

// escapeKey is the part of a row that a key gives, without its end.
func escapeKey(key string) []byte {
	return []byte(strings.ReplaceAll(key, "\x00", "\x00\xff"))
}

// keyRows is what all rows of a key begin with, and no other's.
func keyRows(key string) []byte { return append(escapeKey(key), 0, 0) }

// afterKey sorts after all rows of key and before those of the next.
func afterKey(key string) []byte { return append(escapeKey(key), 0, 1) }

// afterPrefix sorts after all rows whose keys begin with prefix; nil if
// nothing can.
func afterPrefix(prefix string) []byte {
	row := escapeKey(prefix)
	for i := len(row) - 1; i >= 0; i-- {
		if row[i] < 0xff {
			row[i]++
			return row[:i+1]
		}
	}
	return nil
}

// rowKey takes the key out of a row whose end has the given length.
func rowKey(row []byte, tail int) string {
	return strings.ReplaceAll(string(row[:len(row)-tail]), "\x00\xff", "\x00")
}

func versionRow(key string, sequence uint64) []byte {
	return binary.BigEndian.AppendUint64(keyRows(key), ^sequence)
}

func decodeVersion(value []byte) (version, error) {
	var v version
	if err := json.Unmarshal(value, &v); err != nil {
		return v, fmt.Errorf("read an object's metadata: %w", err)
	}
	return v, nil
}

// newest returns the current version of key, if there is any.
func newest(rows *bbolt.Bucket, key string) (v version, row []byte, err error) {
	prefix := keyRows(key)
	row, value := rows.Cursor().Seek(prefix)
	if !bytes.HasPrefix(row, prefix) {
		return v, nil, nil
	}
	v, err = decodeVersion(value)
	return v, row, err
}

// byID returns the version of key with that id, if there is one; "" is the
// null version.
func byID(rows *bbolt.Bucket, key, id string) (v version, row []byte, err error) {
	prefix := keyRows(key)
	cursor := rows.Cursor()
	for row, value := cursor.Seek(prefix); bytes.HasPrefix(row, prefix); row, value = cursor.Next() {
		if v, err = decodeVersion(value); err != nil || v.VersionID == id {
			return v, row, err
		}
	}
	return version{}, nil, nil
}

// insert makes v the current version of its key. In a bucket that is not
// versioned, it takes the place of the null version.
func insert(rows *bbolt.Bucket, record bucketRecord, v *version, useless *[]string) error {
	if record.Versioning == versioningEnabled {
		v.VersionID = randomID()
	} else {
		v.VersionID = ""
		if err := dropVersion(rows, v.Key, "", useless); err != nil && !errors.Is(err, ErrNoSuchVersion) {
			return err
		}
	}
	sequence, err := rows.NextSequence()
	if err != nil {
		return err
	}
	value, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return rows.Put(versionRow(v.Key, sequence), value)
}

// dropVersion removes one row.
func dropVersion(rows *bbolt.Bucket, key, id string, useless *[]string) error {
	v, row, err := byID(rows, key, id)
	if err != nil {
		return err
	}
	if row == nil {
		return errorf(ErrNoSuchVersion, "key %q has no version %q", key, shownVersion(id))
	}
	if v.Blob != "" {
		*useless = append(*useless, v.Blob)
	}
	return rows.Delete(bytes.Clone(row))
}
