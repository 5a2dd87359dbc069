package objects

import (
	"bytes"
	"strings"

	"go.etcd.io/bbolt"
)

// maxList is how many entries one answer holds.
const maxList = 1000

// listing asks for a page of a bucket.
type listing struct {
	prefix    string
	delimiter string
	after     string // begins after this key or common prefix
	// afterVersion begins within the key after, below that version; only
	// for all versions.
	afterVersion string
	limit        int
	versions     bool // all versions and delete markers, not current objects
}

// page is a part of a listing, in order.
type page struct {
	entries   []entry
	truncated bool
}

// entry is a version, or a common prefix.
type entry struct {
	prefix string // "" for a version
	latest bool
	Object
}

// name is the entry's place in the order of keys.
func (e entry) name() string {
	if e.prefix != "" {
		return e.prefix
	}
	return e.Key
}

// list walks the rows of a bucket from where the request says.
func (s *Store) list(bucket string, l listing) (p page, record bucketRecord, err error) {
	err = s.db.View(func(tx *bbolt.Tx) error {
		var rows *bbolt.Bucket
		if rows, record, err = versionRows(tx, bucket); err != nil {
			return err
		}
		p, err = l.walk(rows)
		return err
	})
	return p, record, err
}

func (l listing) walk(rows *bbolt.Bucket) (p page, err error) {
	cursor := rows.Cursor()
	row, value := cursor.Seek(l.start())
	if l.afterVersion != "" {
		if row, value, err = l.seekVersion(cursor); err != nil {
			return p, err
		}
	}
	for row != nil {
		key := rowKey(row, len(keyRows(""))+8)
		if !strings.HasPrefix(key, l.prefix) {
			break
		}
		if common := l.common(key); common != "" {
			if hidden, err := l.hides(value); err != nil {
				return p, err
			} else if hidden {
				// This key below the prefix is deleted; a later one may
				// still show it.
				row, value = cursor.Seek(afterKey(key))
				continue
			}
			if len(p.entries) == l.limit {
				p.truncated = true
				break
			}
			p.entries = append(p.entries, entry{prefix: common})
			next := afterPrefix(common)
			if next == nil {
				break
			}
			row, value = cursor.Seek(next)
			continue
		}
		v, err := decodeVersion(value)
		if err != nil {
			return p, err
		}
		if l.versions || !v.DeleteMarker {
			if len(p.entries) == l.limit {
				p.truncated = true
				break
			}
			p.entries = append(p.entries, entry{Object: v.Object, latest: isFirstOf(rows, key, row)})
		}
		if l.versions {
			row, value = cursor.Next()
		} else {
			row, value = cursor.Seek(afterKey(key))
		}
	}
	return p, nil
}

// start is the first row that may belong to the page.
func (l listing) start() []byte {
	start := escapeKey(l.prefix)
	if l.after == "" {
		return start
	}
	next := afterKey(l.after)
	if l.delimiter != "" && strings.HasPrefix(l.after, l.prefix) && l.common(l.after) == l.after {
		// after is a common prefix: all of it was listed.
		next = afterPrefix(l.after)
	}
	if bytes.Compare(next, start) > 0 {
		return next
	}
	return start
}

// seekVersion goes to the row below afterVersion of the key after. A version
// that was removed since has no place any more, and the key's remaining ones are
// listed from the newest: who removes one page before asking for the next, as
// emptying a bucket goes, finds all of them.
func (l listing) seekVersion(cursor *bbolt.Cursor) (row, value []byte, err error) {
	prefix := keyRows(l.after)
	for row, value = cursor.Seek(prefix); bytes.HasPrefix(row, prefix); row, value = cursor.Next() {
		v, err := decodeVersion(value)
		if err != nil {
			return nil, nil, err
		}
		if v.VersionID == storedVersion(l.afterVersion) {
			row, value = cursor.Next()
			return row, value, nil
		}
	}
	if isID(l.afterVersion) || l.afterVersion == nullVersion {
		row, value = cursor.Seek(prefix)
		return row, value, nil
	}
	return nil, nil, errorf(errInvalidArgument, "the version-id-marker %q is no version of key %q", l.afterVersion, l.after)
}

// common is the prefix that key is rolled up into; "" if it stands for itself.
func (l listing) common(key string) string {
	if l.delimiter == "" {
		return ""
	}
	rest := key[len(l.prefix):]
	at := strings.Index(rest, l.delimiter)
	if at < 0 {
		return ""
	}
	return l.prefix + rest[:at+len(l.delimiter)]
}

// hides tells that a key, by its newest row, has no current object.
func (l listing) hides(value []byte) (bool, error) {
	if l.versions {
		return false, nil
	}
	v, err := decodeVersion(value)
	return v.DeleteMarker, err
}

// isFirstOf tells that row is the newest of its key.
func isFirstOf(rows *bbolt.Bucket, key string, row []byte) bool {
	first, _ := rows.Cursor().Seek(keyRows(key))
	return bytes.Equal(first, row)
}
