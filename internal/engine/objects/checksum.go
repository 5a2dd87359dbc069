package objects

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"strconv"
	"strings"
)

// Algorithm is a checksum that S3 keeps beside the ETag, by its API name.
type Algorithm string

// The algorithms of this subset.
const (
	CRC32     Algorithm = "CRC32"
	CRC32C    Algorithm = "CRC32C"
	CRC64NVME Algorithm = "CRC64NVME"
	SHA1      Algorithm = "SHA1"
	SHA256    Algorithm = "SHA256"
)

// ChecksumType tells what the checksum of a multipart object covers.
type ChecksumType string

const (
	// FullObject: the whole content.
	FullObject ChecksumType = "FULL_OBJECT"
	// Composite: the checksums of the parts, their number after a hyphen.
	Composite ChecksumType = "COMPOSITE"
)

// algorithms lists all of them, in the order in which answers name them.
func algorithms() []Algorithm {
	return []Algorithm{CRC32, CRC32C, CRC64NVME, SHA1, SHA256}
}

func parseAlgorithm(name string) (Algorithm, error) {
	for _, a := range algorithms() {
		if strings.EqualFold(name, string(a)) {
			return a, nil
		}
	}
	return "", errorf(errInvalidRequest, "the checksum algorithm %q is not one of CRC32, CRC32C, CRC64NVME, SHA1, SHA256", name)
}

// header is the name of the header and trailer that carry the checksum.
func (a Algorithm) header() string { return "x-amz-checksum-" + strings.ToLower(string(a)) }

// crc64NVME is the polynomial of the NVM Express specification, reversed as
// hash/crc64 wants it.
const crc64NVME = 0x9a6c9329ac4bc9b5

// hash returns nil for the zero Algorithm.
func (a Algorithm) hash() hash.Hash {
	switch a {
	case CRC32:
		return crc32.NewIEEE()
	case CRC32C:
		return crc32.New(crc32.MakeTable(crc32.Castagnoli))
	case CRC64NVME:
		return crc64.New(crc64.MakeTable(crc64NVME))
	case SHA1:
		return sha1.New()
	case SHA256:
		return sha256.New()
	}
	return nil
}

// isCRC tells whether checksums of parts may be joined to one of the whole:
// S3 offers FULL_OBJECT for those only.
func (a Algorithm) isCRC() bool { return a == CRC32 || a == CRC32C || a == CRC64NVME }

// multipartType chooses what a multipart upload's checksum covers.
func multipartType(a Algorithm, asked string) (ChecksumType, error) {
	t := ChecksumType(asked)
	switch {
	case a == "" && asked != "":
		return "", errorf(errInvalidRequest, "x-amz-checksum-type is %s, but no x-amz-checksum-algorithm was named", asked)
	case a == "", asked == "" && a == CRC64NVME:
		return FullObject, nil
	case asked == "":
		return Composite, nil
	case t == FullObject && a.isCRC(), t == Composite && a != CRC64NVME:
		return t, nil
	}
	return "", errorf(errInvalidRequest, "the checksum type %q cannot be used with %s", asked, a)
}

// composite is the checksum of checksums, each in base64.
func composite(a Algorithm, parts []string) (string, error) {
	sum := a.hash()
	for _, part := range parts {
		raw, err := base64.StdEncoding.DecodeString(part)
		if err != nil {
			return "", err
		}
		sum.Write(raw)
	}
	return encodeSum(sum) + "-" + strconv.Itoa(len(parts)), nil
}

func encodeSum(sum hash.Hash) string { return base64.StdEncoding.EncodeToString(sum.Sum(nil)) }

// multipartETag is the MD5 of the parts' MD5s, and their number.
func multipartETag(sums [][]byte) string {
	all := md5.New()
	for _, sum := range sums {
		all.Write(sum)
	}
	return hexSum(all) + "-" + strconv.Itoa(len(sums))
}
