package objects

import (
	"errors"

	"go.etcd.io/bbolt"
)

// removal names what is to be deleted.
type removal struct {
	key     string
	version string // "" deletes the current version
	etag    string // If-Match, without quotes; "" is no condition
}

// removed is what a deletion did.
type removed struct {
	version string // of the version that was removed, or of the delete marker
	marker  bool   // a delete marker was made or removed
	err     error
}

// remove deletes in one transaction. An error of one removal, such as a
// condition that does not hold, is told in its place; the others are done.
func (s *Store) remove(bucket string, list []removal) (done []removed, record bucketRecord, err error) {
	err = s.update(func(tx *bbolt.Tx, useless *[]string) error {
		done = make([]removed, len(list))
		var rows *bbolt.Bucket
		if rows, record, err = versionRows(tx, bucket); err != nil {
			return err
		}
		for i, r := range list {
			done[i], err = s.removeOne(rows, record, r, useless)
			var refused *Error
			if errors.As(err, &refused) {
				done[i].err = refused
			} else if err != nil {
				return err
			}
		}
		return nil
	})
	return done, record, err
}

func (s *Store) removeOne(rows *bbolt.Bucket, record bucketRecord, r removal, useless *[]string) (removed, error) {
	if err := checkKey(r.key); err != nil {
		return removed{}, err
	}
	if r.version != "" {
		return removeVersion(rows, r, useless)
	}
	if err := (condition{etag: r.etag}).check(rows, record.Name, r.key); err != nil {
		return removed{}, err
	}
	if record.Versioning == "" {
		err := dropVersion(rows, r.key, "", useless)
		if errors.Is(err, ErrNoSuchVersion) {
			err = nil // S3 says yes to a key that is not there
		}
		return removed{}, err
	}
	marker := version{Object: Object{Bucket: record.Name, Key: r.key, LastModified: s.now(), DeleteMarker: true}}
	err := insert(rows, record, &marker, useless)
	return removed{version: shownVersion(marker.VersionID), marker: true}, err
}

func removeVersion(rows *bbolt.Bucket, r removal, useless *[]string) (removed, error) {
	v, row, err := byID(rows, r.key, storedVersion(r.version))
	if err != nil || row == nil {
		return removed{version: r.version}, err
	}
	if r.etag != "" && r.etag != "*" && r.etag != v.ETag {
		return removed{}, errorf(errPrecondition, "the ETag of version %q is %q, not %q", r.version, v.ETag, r.etag)
	}
	err = dropVersion(rows, r.key, v.VersionID, useless)
	return removed{version: r.version, marker: v.DeleteMarker}, err
}
