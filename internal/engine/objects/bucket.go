package objects

import (
	"encoding/json"
	"fmt"
	"time"

	"go.etcd.io/bbolt"
)

const (
	versioningEnabled   = "Enabled"
	versioningSuspended = "Suspended"
)

// bucketRecord is what is kept of a bucket.
type bucketRecord struct {
	Name       string
	Created    time.Time
	Region     string
	Versioning string `json:",omitempty"` // "" until it was first enabled
}

// CreateBucket makes a bucket in us-east-1. One that is there already is left
// as it is.
func (s *Store) CreateBucket(name string) error {
	_, err := s.createBucket(name, "us-east-1")
	return err
}

func (s *Store) createBucket(name, region string) (created bool, err error) {
	if err := checkBucketName(name); err != nil {
		return false, err
	}
	if s.BucketExists(name) { // spares the disk a transaction that changes nothing
		return false, nil
	}
	err = s.db.Update(func(tx *bbolt.Tx) error {
		if tx.Bucket(bucketsTable).Get([]byte(name)) != nil {
			return nil
		}
		created = true
		for _, table := range [][]byte{versionsTable, uploadsTable} {
			if _, err := tx.Bucket(table).CreateBucket([]byte(name)); err != nil {
				return err
			}
		}
		return putBucketRecord(tx, bucketRecord{Name: name, Created: s.now(), Region: region})
	})
	return created, err
}

// BucketExists tells whether there is a bucket of that name.
func (s *Store) BucketExists(name string) bool {
	_, err := s.bucket(name)
	return err == nil
}

func (s *Store) bucket(name string) (record bucketRecord, err error) {
	err = s.db.View(func(tx *bbolt.Tx) error {
		record, err = getBucketRecord(tx, name)
		return err
	})
	return record, err
}

func (s *Store) buckets() (list []bucketRecord, err error) {
	err = s.db.View(func(tx *bbolt.Tx) error {
		return tx.Bucket(bucketsTable).ForEach(func(name, _ []byte) error {
			record, err := getBucketRecord(tx, string(name))
			list = append(list, record)
			return err
		})
	})
	return list, err
}

func (s *Store) setVersioning(name, status string) error {
	return s.db.Update(func(tx *bbolt.Tx) error {
		record, err := getBucketRecord(tx, name)
		if err != nil {
			return err
		}
		record.Versioning = status
		return putBucketRecord(tx, record)
	})
}

// deleteBucket removes a bucket that holds no version. Its unfinished uploads
// go with it.
func (s *Store) deleteBucket(name string) error {
	return s.update(func(tx *bbolt.Tx, useless *[]string) error {
		if _, err := getBucketRecord(tx, name); err != nil {
			return err
		}
		if row, _ := tx.Bucket(versionsTable).Bucket([]byte(name)).Cursor().First(); row != nil {
			return errorf(errBucketNotEmpty, "the bucket %q still holds objects, versions or delete markers", name)
		}
		err := tx.Bucket(uploadsTable).Bucket([]byte(name)).ForEach(func(row, value []byte) error {
			u, err := decodeUpload(value)
			if err != nil {
				return err
			}
			if s.isCompleting(u.ID) {
				return errorf(errOperationAborted, "the upload %s to the bucket is being completed", u.ID)
			}
			return dropParts(tx, u.ID, useless)
		})
		if err != nil {
			return err
		}
		for _, table := range [][]byte{versionsTable, uploadsTable} {
			if err := tx.Bucket(table).DeleteBucket([]byte(name)); err != nil {
				return err
			}
		}
		return tx.Bucket(bucketsTable).Delete([]byte(name))
	})
}

func getBucketRecord(tx *bbolt.Tx, name string) (record bucketRecord, err error) {
	value := tx.Bucket(bucketsTable).Get([]byte(name))
	if value == nil {
		return record, errorf(ErrNoSuchBucket, "there is no bucket %q", name)
	}
	if err := json.Unmarshal(value, &record); err != nil {
		return record, fmt.Errorf("read the metadata of bucket %s: %w", name, err)
	}
	return record, nil
}

func putBucketRecord(tx *bbolt.Tx, record bucketRecord) error {
	value, err := json.Marshal(record)
	if err != nil {
		return err
	}
	return tx.Bucket(bucketsTable).Put([]byte(record.Name), value)
}

// versionRows returns the rows of a bucket, with its record.
func versionRows(tx *bbolt.Tx, bucket string) (*bbolt.Bucket, bucketRecord, error) {
	record, err := getBucketRecord(tx, bucket)
	if err != nil {
		return nil, record, err
	}
	return tx.Bucket(versionsTable).Bucket([]byte(bucket)), record, nil
}
