package objects

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"go.etcd.io/bbolt"
)

const maxParts = 10_000

// upload is a multipart upload that is neither completed nor aborted.
type upload struct {
	ID     string
	Bucket string
	Key    string
	Attributes
	Algorithm    Algorithm `json:",omitempty"` // "" if the client named none
	ChecksumType ChecksumType
	Initiated    time.Time
}

// part is one part of an upload, with its content on disk.
type part struct {
	Number    int
	ETag      string // hexadecimal MD5
	Size      int64
	Blob      string
	Algorithm Algorithm `json:",omitempty"`
	Checksum  string    `json:",omitempty"` // base64
	Modified  time.Time
}

// uploadRow sorts uploads by key, then by id. The id has a fixed length.
func uploadRow(key, id string) []byte { return append(keyRows(key), id...) }

func partRow(number int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(number)) }

func decodeUpload(value []byte) (u upload, err error) {
	if err := json.Unmarshal(value, &u); err != nil {
		return u, fmt.Errorf("read an upload's metadata: %w", err)
	}
	return u, nil
}

func decodePart(value []byte) (p part, err error) {
	if err := json.Unmarshal(value, &p); err != nil {
		return p, fmt.Errorf("read a part's metadata: %w", err)
	}
	return p, nil
}

// createUpload begins an upload. u says what for; its ID and time are set.
func (s *Store) createUpload(u upload) (upload, error) {
	if err := checkKey(u.Key); err != nil {
		return u, err
	}
	u.ID, u.Initiated = randomID(), s.now()
	return u, s.db.Update(func(tx *bbolt.Tx) error {
		if _, err := getBucketRecord(tx, u.Bucket); err != nil {
			return err
		}
		if _, err := tx.Bucket(partsTable).CreateBucket([]byte(u.ID)); err != nil {
			return err
		}
		value, err := json.Marshal(u)
		if err != nil {
			return err
		}
		return tx.Bucket(uploadsTable).Bucket([]byte(u.Bucket)).Put(uploadRow(u.Key, u.ID), value)
	})
}

// getUpload finds an upload by all that names it, so that an id serves for its
// own key only.
func getUpload(tx *bbolt.Tx, bucket, key, id string) (u upload, parts *bbolt.Bucket, err error) {
	if _, err := getBucketRecord(tx, bucket); err != nil {
		return u, nil, err
	}
	value := tx.Bucket(uploadsTable).Bucket([]byte(bucket)).Get(uploadRow(key, id))
	if !isID(id) || value == nil {
		return u, nil, errorf(errNoSuchUpload, "there is no upload %q to key %q: it was aborted, completed or never begun", id, key)
	}
	u, err = decodeUpload(value)
	return u, tx.Bucket(partsTable).Bucket([]byte(id)), err
}

func (s *Store) upload(bucket, key, id string) (u upload, err error) {
	err = s.db.View(func(tx *bbolt.Tx) error {
		u, _, err = getUpload(tx, bucket, key, id)
		return err
	})
	return u, err
}

// putPart makes received content a part of an upload, in place of an earlier
// one of the same number.
func (s *Store) putPart(u upload, number int, content received) (part, error) {
	p := part{
		Number: number, ETag: fmt.Sprintf("%x", content.md5), Size: content.size, Blob: content.blob,
		Algorithm: content.algorithm, Checksum: content.checksum, Modified: s.now(),
	}
	err := s.update(func(tx *bbolt.Tx, useless *[]string) error {
		_, parts, err := getUpload(tx, u.Bucket, u.Key, u.ID)
		if err != nil {
			return err
		}
		if s.isCompleting(u.ID) {
			return errorf(errOperationAborted, "the upload %s is being completed", u.ID)
		}
		if value := parts.Get(partRow(number)); value != nil {
			old, err := decodePart(value)
			if err != nil {
				return err
			}
			*useless = append(*useless, old.Blob)
		}
		value, err := json.Marshal(p)
		if err != nil {
			return err
		}
		return parts.Put(partRow(number), value)
	})
	if err != nil {
		s.removeBlob(content.blob)
	}
	return p, err
}

// abort ends an upload and removes its parts.
func (s *Store) abort(bucket, key, id string) error {
	return s.update(func(tx *bbolt.Tx, useless *[]string) error {
		if _, _, err := getUpload(tx, bucket, key, id); err != nil {
			return err
		}
		if s.isCompleting(id) {
			return errorf(errOperationAborted, "the upload %s is being completed", id)
		}
		return dropUpload(tx, bucket, key, id, useless)
	})
}

// stale is how old an upload is that nobody will end any more.
const stale = 7 * 24 * time.Hour

// dropStale removes the uploads of killed processes.
func (s *Store) dropStale() error {
	before := s.now().Add(-stale)
	var old []upload
	err := s.db.View(func(tx *bbolt.Tx) error {
		top := tx.Bucket(uploadsTable)
		return top.ForEachBucket(func(name []byte) error {
			return top.Bucket(name).ForEach(func(_, value []byte) error {
				u, err := decodeUpload(value)
				if u.Initiated.Before(before) {
					old = append(old, u)
				}
				return err
			})
		})
	})
	for _, u := range old {
		if err == nil {
			err = s.abort(u.Bucket, u.Key, u.ID)
		}
	}
	return err
}

func dropUpload(tx *bbolt.Tx, bucket, key, id string, useless *[]string) error {
	if err := dropParts(tx, id, useless); err != nil {
		return err
	}
	return tx.Bucket(uploadsTable).Bucket([]byte(bucket)).Delete(uploadRow(key, id))
}

func dropParts(tx *bbolt.Tx, id string, useless *[]string) error {
	table := tx.Bucket(partsTable)
	err := table.Bucket([]byte(id)).ForEach(func(_, value []byte) error {
		p, err := decodePart(value)
		*useless = append(*useless, p.Blob)
		return err
	})
	if err != nil {
		return err
	}
	return table.DeleteBucket([]byte(id))
}

// parts lists the parts with numbers above after.
func (s *Store) parts(bucket, key, id string, after, limit int) (u upload, list []part, truncated bool, err error) {
	err = s.db.View(func(tx *bbolt.Tx) error {
		var rows *bbolt.Bucket
		if u, rows, err = getUpload(tx, bucket, key, id); err != nil {
			return err
		}
		cursor := rows.Cursor()
		for row, value := cursor.Seek(partRow(after + 1)); row != nil; row, value = cursor.Next() {
			if len(list) == limit {
				truncated = true
				return nil
			}
			p, err := decodePart(value)
			if err != nil {
				return err
			}
			list = append(list, p)
		}
		return nil
	})
	return u, list, truncated, err
}

// uploads lists a bucket's uploads after a key and, within it, after an id.
func (s *Store) uploads(bucket, prefix, afterKeyName, afterID string, limit int) (list []upload, truncated bool, err error) {
	err = s.db.View(func(tx *bbolt.Tx) error {
		if _, err := getBucketRecord(tx, bucket); err != nil {
			return err
		}
		start := escapeKey(prefix)
		if afterKeyName != "" {
			after := afterKey(afterKeyName)
			if afterID != "" {
				after = append(uploadRow(afterKeyName, afterID), 0)
			}
			if bytes.Compare(after, start) > 0 {
				start = after
			}
		}
		cursor := tx.Bucket(uploadsTable).Bucket([]byte(bucket)).Cursor()
		for row, value := cursor.Seek(start); bytes.HasPrefix(row, escapeKey(prefix)) && row != nil; row, value = cursor.Next() {
			if len(list) == limit {
				truncated = true
				return nil
			}
			u, err := decodeUpload(value)
			if err != nil {
				return err
			}
			list = append(list, u)
		}
		return nil
	})
	return list, truncated, err
}

// isCompleting tells that an upload's parts are being joined: until that ends
// nothing may change them.
func (s *Store) isCompleting(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.completing[id]
}

// beginCompleting claims an upload; end gives it up. A transaction that saw the
// upload unclaimed has ended when beginCompleting returns, and every later one
// sees the claim: what is read of the parts then stays true.
func (s *Store) beginCompleting(id string) (end func(), err error) {
	tx, err := s.db.Begin(true) // waits for the writer, if there is one
	if err != nil {
		return nil, err
	}
	defer tx.Rollback()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.completing[id] {
		return nil, errorf(errOperationAborted, "the upload %s is being completed by another request", id)
	}
	s.completing[id] = true
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.completing, id)
	}, nil
}
