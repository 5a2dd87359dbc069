package objects

import "net/http"

func (c *call) putObject() error {
	attributes, err := attributesOf(c.r.Header)
	if err != nil {
		return err
	}
	want, err := expectedOf(c.r.Header)
	if err != nil {
		return err
	}
	condition, err := writeCondition(c.r.Header)
	if err != nil {
		return err
	}
	if err := allowedSize(c.body.Size); err != nil {
		return err
	}
	if err := c.writable(c.bucket, c.key, condition); err != nil {
		return err
	}
	content, err := c.receive(c.body, c.body.Trailer(), want, CRC64NVME)
	if err != nil {
		return err
	}
	o, record, err := c.put(c.bucket, c.key, attributes, content, condition)
	if err != nil {
		return err
	}
	c.writeVersion(record, o.VersionID)
	c.w.Header().Set("ETag", quote(o.ETag))
	writeChecksum(c.w.Header(), o)
	c.w.WriteHeader(http.StatusOK)
	return nil
}

// checksumElements are a checksum within a document: an element for each
// algorithm, of which one is used.
type checksumElements struct {
	ChecksumCRC32     string `xml:",omitempty"`
	ChecksumCRC32C    string `xml:",omitempty"`
	ChecksumCRC64NVME string `xml:",omitempty"`
	ChecksumSHA1      string `xml:",omitempty"`
	ChecksumSHA256    string `xml:",omitempty"`
}

// field is the element of an algorithm; nil for the zero Algorithm.
func (e *checksumElements) field(a Algorithm) *string {
	switch a {
	case CRC32:
		return &e.ChecksumCRC32
	case CRC32C:
		return &e.ChecksumCRC32C
	case CRC64NVME:
		return &e.ChecksumCRC64NVME
	case SHA1:
		return &e.ChecksumSHA1
	case SHA256:
		return &e.ChecksumSHA256
	}
	return nil
}

func showChecksum(a Algorithm, value string) (e checksumElements) {
	if field := e.field(a); field != nil {
		*field = value
	}
	return e
}
