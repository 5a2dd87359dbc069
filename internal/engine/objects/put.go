package objects

import (
	"encoding/hex"

	"go.etcd.io/bbolt"
)

// condition is what must hold of a key's current version for a write. The zero
// value always holds.
type condition struct {
	absent bool   // If-None-Match: *
	etag   string // If-Match, without quotes; "*" is any
}

func (c condition) check(rows *bbolt.Bucket, bucket, key string) error {
	if c == (condition{}) {
		return nil
	}
	v, row, err := newest(rows, key)
	if err != nil {
		return err
	}
	exists := row != nil && !v.DeleteMarker
	switch {
	case c.absent && exists:
		return errorf(errPrecondition, "the key %q exists already", key).with("x-amz-condition", "If-None-Match")
	case c.etag != "" && !exists:
		return errorf(ErrNoSuchKey, "the bucket %q has no key %q", bucket, key)
	case c.etag != "" && c.etag != "*" && c.etag != v.ETag:
		return errorf(errPrecondition, "the ETag of key %q is %q, not %q", key, v.ETag, c.etag)
	}
	return nil
}

// writable tells before content is read whether it would be refused anyway.
func (s *Store) writable(bucket, key string, c condition) error {
	if err := checkKey(key); err != nil {
		return err
	}
	return s.db.View(func(tx *bbolt.Tx) error {
		rows, _, err := versionRows(tx, bucket)
		if err != nil {
			return err
		}
		return c.check(rows, bucket, key)
	})
}

// put makes received content the current version of a key.
func (s *Store) put(bucket, key string, attributes Attributes, content received, c condition) (Object, bucketRecord, error) {
	v := version{Blob: content.blob, Object: Object{
		Bucket: bucket, Key: key,
		ETag: hex.EncodeToString(content.md5), Size: content.size,
		Attributes: attributes,
		Algorithm:  content.algorithm, Checksum: content.checksum, ChecksumType: FullObject,
	}}
	record, err := s.insert(&v, c, func(*bbolt.Tx, *[]string) error { return nil })
	return v.Object, record, err
}

// insert makes v an object in one transaction, together with what also must
// happen. When it fails, v's content is removed.
func (s *Store) insert(v *version, c condition, also func(*bbolt.Tx, *[]string) error) (record bucketRecord, err error) {
	v.LastModified = s.now()
	err = s.update(func(tx *bbolt.Tx, useless *[]string) error {
		var rows *bbolt.Bucket
		if rows, record, err = versionRows(tx, v.Bucket); err != nil {
			return err
		}
		if err := c.check(rows, v.Bucket, v.Key); err != nil {
			return err
		}
		if err := insert(rows, record, v, useless); err != nil {
			return err
		}
		return also(tx, useless)
	})
	if err != nil {
		s.removeBlob(v.Blob)
	}
	return record, err
}
