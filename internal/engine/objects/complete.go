package objects

import (
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"os"

	"go.etcd.io/bbolt"
)

// claim is what a client says about the object that its parts make.
type claim struct {
	parts    []claimedPart
	checksum expected // of the whole
	kind     string   // x-amz-checksum-type, "" if not said
	size     int64    // -1 if not said
	condition
}

type claimedPart struct {
	number   int
	etag     string
	checksum map[Algorithm]string
}

// complete joins the parts of an upload into one object, and ends the upload
// in the same transaction.
func (s *Store) complete(bucket, key, id string, c claim) (Object, bucketRecord, error) {
	none := bucketRecord{}
	// Claimed before the parts are read: none can change after that.
	end, err := s.beginCompleting(id)
	if err != nil {
		return Object{}, none, err
	}
	defer end()
	u, stored, _, err := s.parts(bucket, key, id, 0, maxParts)
	if err != nil {
		return Object{}, none, err
	}
	chosen, err := u.choose(stored, c)
	if err != nil {
		return Object{}, none, err
	}
	if err := s.writable(bucket, key, c.condition); err != nil {
		return Object{}, none, err
	}
	v, err := s.join(u, chosen)
	if err != nil {
		return Object{}, none, err
	}
	if e := c.checksum; e.algorithm == v.Algorithm && e.value != v.Checksum {
		s.removeBlob(v.Blob)
		return Object{}, none, errorf(errBadDigest, "the object's %s is %s, but %s says %s", v.Algorithm, v.Checksum, e.algorithm.header(), e.value)
	}
	record, err := s.insert(&v, c.condition, func(tx *bbolt.Tx, useless *[]string) error {
		return dropUpload(tx, bucket, key, id, useless)
	})
	return v.Object, record, err
}

// choose finds the parts that the client named, and checks what can be checked
// without their content.
func (u upload) choose(stored []part, c claim) ([]part, error) {
	byNumber := make(map[int]part, len(stored))
	for _, p := range stored {
		byNumber[p.Number] = p
	}
	chosen := make([]part, len(c.parts))
	var size int64
	for i, want := range c.parts {
		if i > 0 && want.number <= c.parts[i-1].number {
			return nil, errorf(errInvalidPartOrder, "part %d follows part %d in the list", want.number, c.parts[i-1].number)
		}
		p, ok := byNumber[want.number]
		if !ok {
			return nil, errorf(errInvalidPart, "part %d was not uploaded", want.number)
		}
		if want.etag != p.ETag {
			return nil, errorf(errInvalidPart, "the ETag of part %d is %q, not %q", want.number, p.ETag, want.etag)
		}
		for algorithm, value := range want.checksum {
			if algorithm == p.Algorithm && value != p.Checksum {
				return nil, errorf(errInvalidPart, "the %s of part %d is %s, not %s", algorithm, want.number, p.Checksum, value)
			}
		}
		chosen[i] = p
		size += p.Size
	}
	for i, p := range chosen {
		if p.Size < minPart && i < len(chosen)-1 {
			return nil, errorf(errEntityTooSmall, "part %d has %d bytes; all but the last have at least %d", p.Number, p.Size, minPart)
		}
	}
	if c.size >= 0 && c.size != size {
		return nil, errorf(errInvalidRequest, "the parts have %d bytes, but x-amz-mp-object-size says %d", size, c.size)
	}
	if c.kind != "" && ChecksumType(c.kind) != u.ChecksumType {
		return nil, errorf(errInvalidRequest, "x-amz-checksum-type is %s, but the upload was begun with %s", c.kind, u.ChecksumType)
	}
	full := u.Algorithm
	if full == "" {
		full = CRC64NVME
	}
	if a := c.checksum.algorithm; a != "" && a != full {
		return nil, errorf(errBadDigest, "the request carries a %s, but the upload is one with %s", a, full)
	}
	return chosen, nil
}

// join writes the parts into one blob, and makes the object of it.
func (s *Store) join(u upload, parts []part) (version, error) {
	v := version{Object: Object{
		Bucket: u.Bucket, Key: u.Key, Attributes: u.Attributes,
		Algorithm: u.Algorithm, ChecksumType: u.ChecksumType,
	}}
	if v.Algorithm == "" {
		v.Algorithm = CRC64NVME
	}
	var whole hash.Hash
	if v.ChecksumType == FullObject {
		whole = v.Algorithm.hash()
	}
	blob, err := s.newBlob()
	if err != nil {
		return v, err
	}
	var sums [][]byte
	var checksums []string
	for _, p := range parts {
		sum, err := hex.DecodeString(p.ETag)
		if err == nil {
			err = s.appendPart(blob, whole, p)
		}
		if err != nil {
			blob.discard()
			return v, fmt.Errorf("join part %d of upload %s: %w", p.Number, u.ID, err)
		}
		sums, checksums = append(sums, sum), append(checksums, p.Checksum)
		v.PartSizes = append(v.PartSizes, p.Size)
		v.Size += p.Size
	}
	v.ETag, v.Blob = multipartETag(sums), blob.id
	if whole != nil {
		v.Checksum = encodeSum(whole)
	} else if v.Checksum, err = composite(v.Algorithm, checksums); err != nil {
		blob.discard()
		return v, fmt.Errorf("join the checksums of upload %s: %w", u.ID, err)
	}
	return v, blob.commit()
}

// appendPart copies a part. Without a checksum to compute the copy is left to
// the kernel, where it can.
func (s *Store) appendPart(blob *blobWriter, whole hash.Hash, p part) error {
	file, err := os.Open(s.blobPath(p.Blob))
	if err != nil {
		return err
	}
	defer file.Close()
	var n int64
	if whole == nil {
		n, err = io.Copy(blob.File, file)
	} else {
		n, err = io.CopyBuffer(io.MultiWriter(blob, whole), file, make([]byte, 128<<10))
	}
	if err == nil && n != p.Size {
		err = fmt.Errorf("its file has %d bytes, not %d", n, p.Size)
	}
	return err
}
