package objects

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"go.etcd.io/bbolt"
)

// nullVersion is S3's name for the version of an object that was put while
// its bucket had no versioning.
const nullVersion = "null"

// Attributes are what the uploader says about an object beside its content.
type Attributes struct {
	// ContentType is never empty: S3's default is binary/octet-stream.
	ContentType string
	// Headers are given back with the content: Cache-Control,
	// Content-Disposition, Content-Encoding (without aws-chunked),
	// Content-Language, Expires. Names are in canonical form.
	Headers map[string]string `json:",omitempty"`
	// Metadata is the user's own, names in lower case and without x-amz-meta-.
	Metadata     map[string]string `json:",omitempty"`
	StorageClass string            `json:",omitempty"` // "" is STANDARD
}

// Object is one version of an object, without its content.
type Object struct {
	Bucket string
	Key    string
	// VersionID is empty for the version that S3 calls null, the only one
	// in a bucket that was never versioned.
	VersionID string `json:",omitempty"`
	// ETag has no quotes: the content's MD5, or MD5-N after N parts.
	ETag         string `json:",omitempty"`
	Size         int64
	LastModified time.Time
	Attributes

	Algorithm    Algorithm    `json:",omitempty"`
	Checksum     string       `json:",omitempty"` // in base64; with -N if composite
	ChecksumType ChecksumType `json:",omitempty"`
	// PartSizes are those of a multipart upload's parts, in order.
	PartSizes []int64 `json:",omitempty"`
	// DeleteMarker tells that this version says "deleted". Head and
	// OpenObject never return such a one.
	DeleteMarker bool `json:",omitempty"`
}

// Head finds an object; version "" means the current one, "null" the null
// version. Its errors are ErrNoSuchBucket, ErrNoSuchKey, ErrNoSuchVersion, and
// ErrMethodNotAllowed for a version that is a delete marker.
func (s *Store) Head(bucket, key, version string) (Object, error) {
	v, _, err := s.find(bucket, key, version)
	return v.Object, err
}

// OpenObject finds an object like Head, and opens its content for reading at
// the beginning. The file stays readable when the object is removed or
// replaced meanwhile. The caller closes it.
func (s *Store) OpenObject(bucket, key, version string) (*os.File, Object, error) {
	file, v, _, err := s.open(bucket, key, version)
	return file, v.Object, err
}

func (s *Store) open(bucket, key, id string) (*os.File, version, bucketRecord, error) {
	for previous := ""; ; {
		v, record, err := s.find(bucket, key, id)
		if err != nil {
			return nil, v, record, err
		}
		file, err := os.Open(s.blobPath(v.Blob))
		if err == nil {
			return file, v, record, nil
		}
		// The version may have been replaced since it was found; that its
		// file is gone although it still stands is another matter.
		if !errors.Is(err, fs.ErrNotExist) || v.Blob == previous {
			return nil, v, record, fmt.Errorf("open the content of s3://%s/%s: %w", bucket, key, err)
		}
		previous = v.Blob
	}
}

func (s *Store) find(bucket, key, id string) (v version, record bucketRecord, err error) {
	err = s.db.View(func(tx *bbolt.Tx) error {
		var rows *bbolt.Bucket
		if rows, record, err = versionRows(tx, bucket); err != nil {
			return err
		}
		v, err = resolve(rows, bucket, key, id)
		return err
	})
	return v, record, err
}

// resolve finds a version that has content.
func resolve(rows *bbolt.Bucket, bucket, key, id string) (version, error) {
	if id == "" {
		v, row, err := newest(rows, key)
		if err == nil && (row == nil || v.DeleteMarker) {
			missing := errorf(ErrNoSuchKey, "the bucket %q has no key %q", bucket, key)
			if v.DeleteMarker {
				missing.with("x-amz-delete-marker", "true").with("x-amz-version-id", shownVersion(v.VersionID))
			}
			return v, missing
		}
		return v, err
	}
	v, row, err := byID(rows, key, storedVersion(id))
	switch {
	case err != nil:
		return v, err
	case row == nil:
		return v, errorf(ErrNoSuchVersion, "the key %q has no version %q", key, id)
	case v.DeleteMarker:
		return v, errorf(ErrMethodNotAllowed, "the version %q of key %q is a delete marker", id, key).
			with("x-amz-delete-marker", "true").with("x-amz-version-id", id).with("Allow", "DELETE")
	}
	return v, nil
}

func shownVersion(id string) string {
	if id == "" {
		return nullVersion
	}
	return id
}

func storedVersion(id string) string {
	if id == nullVersion {
		return ""
	}
	return id
}
