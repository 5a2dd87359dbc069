package objects

import (
	"encoding/xml"
	"net/http"
	"strconv"
)

func (c *call) createUploadCall() error {
	attributes, err := attributesOf(c.r.Header)
	if err != nil {
		return err
	}
	u := upload{Bucket: c.bucket, Key: c.key, Attributes: attributes}
	if named := c.r.Header.Get("X-Amz-Checksum-Algorithm"); named != "" {
		if u.Algorithm, err = parseAlgorithm(named); err != nil {
			return err
		}
	}
	if u.ChecksumType, err = multipartType(u.Algorithm, c.r.Header.Get("X-Amz-Checksum-Type")); err != nil {
		return err
	}
	if u, err = c.createUpload(u); err != nil {
		return err
	}
	if u.Algorithm != "" {
		c.w.Header().Set("x-amz-checksum-algorithm", string(u.Algorithm))
		c.w.Header().Set("x-amz-checksum-type", string(u.ChecksumType))
	}
	return c.answer(struct {
		XMLName  xml.Name `xml:"InitiateMultipartUploadResult"`
		XMLNS    string   `xml:"xmlns,attr"`
		Bucket   string
		Key      string
		UploadID string `xml:"UploadId"`
	}{XMLNS: xmlNamespace, Bucket: u.Bucket, Key: u.Key, UploadID: u.ID})
}

// partNumber reads the number that a part is uploaded with.
func (c *call) partNumber() (int, error) {
	n, err := strconv.Atoi(c.query.Get("partNumber"))
	if err != nil || n < 1 || n > maxParts {
		return 0, errorf(errInvalidArgument, "the part number is %q, not one from 1 to %d", c.query.Get("partNumber"), maxParts)
	}
	return n, nil
}

func (c *call) uploadPart() error {
	if err := refuseHeaders(c.r.Header); err != nil {
		return err
	}
	number, err := c.partNumber()
	if err != nil {
		return err
	}
	want, err := expectedOf(c.r.Header)
	if err != nil {
		return err
	}
	if err := allowedSize(c.body.Size); err != nil {
		return err
	}
	u, err := c.upload(c.bucket, c.key, c.query.Get("uploadId"))
	if err != nil {
		return err
	}
	if u.Algorithm != "" && want.algorithm != "" && want.algorithm != u.Algorithm {
		return errorf(errInvalidRequest, "the upload was begun with %s, but the part carries %s", u.Algorithm, want.algorithm)
	}
	content, err := c.receive(c.body, c.body.Trailer(), want, u.Algorithm)
	if err != nil {
		return err
	}
	p, err := c.putPart(u, number, content)
	if err != nil {
		return err
	}
	c.w.Header().Set("ETag", quote(p.ETag))
	if p.Checksum != "" {
		c.w.Header().Set(p.Algorithm.header(), p.Checksum)
	}
	c.w.WriteHeader(http.StatusOK)
	return nil
}

func (c *call) abortUpload() error {
	if err := c.abort(c.bucket, c.key, c.query.Get("uploadId")); err != nil {
		return err
	}
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

func (c *call) completeUpload() error {
	claim, err := c.claim()
	if err != nil {
		return err
	}
	o, record, err := c.complete(c.bucket, c.key, c.query.Get("uploadId"), claim)
	if err != nil {
		return err
	}
	c.writeVersion(record, o.VersionID)
	return c.answer(struct {
		XMLName      xml.Name `xml:"CompleteMultipartUploadResult"`
		XMLNS        string   `xml:"xmlns,attr"`
		Location     string
		Bucket       string
		Key          string
		ETag         string
		ChecksumType ChecksumType `xml:",omitempty"`
		checksumElements
	}{XMLNS: xmlNamespace, Location: "http://" + c.r.Host + c.r.URL.EscapedPath(), Bucket: o.Bucket, Key: o.Key, ETag: quote(o.ETag),
		ChecksumType: o.ChecksumType, checksumElements: showChecksum(o.Algorithm, o.Checksum)})
}

// claim reads what the client says about the object that its parts make. The
// checksum headers are about the object, not about the document.
func (c *call) claim() (claim, error) {
	said := claim{size: -1, kind: c.r.Header.Get("X-Amz-Checksum-Type")}
	var err error
	if said.condition, err = writeCondition(c.r.Header); err != nil {
		return said, err
	}
	if said.checksum, err = expectedObject(c.r.Header); err != nil {
		return said, err
	}
	if value := c.r.Header.Get("X-Amz-Mp-Object-Size"); value != "" {
		if said.size, err = strconv.ParseInt(value, 10, 64); err != nil || said.size < 0 {
			return said, errorf(errInvalidArgument, "x-amz-mp-object-size is %q, not a number of bytes", value)
		}
	}
	text, err := checkedDocument(c.body, c.body.Trailer(), http.Header{}, maxPartDocument)
	if err != nil {
		return said, err
	}
	said.parts, err = claimedParts(text)
	return said, err
}

func claimedParts(text []byte) ([]claimedPart, error) {
	var request struct {
		Part []struct {
			PartNumber int
			ETag       string
			checksumElements
		}
	}
	if err := parseXML(text, "CompleteMultipartUpload", &request); err != nil {
		return nil, err
	}
	if n := len(request.Part); n == 0 || n > maxParts {
		return nil, errorf(errMalformedXML, "the document names %d parts, not 1 to %d", n, maxParts)
	}
	var parts []claimedPart
	for _, p := range request.Part {
		part := claimedPart{number: p.PartNumber, etag: unquote(p.ETag), checksum: map[Algorithm]string{}}
		for _, a := range algorithms() {
			if value := *p.field(a); value != "" {
				part.checksum[a] = value
			}
		}
		parts = append(parts, part)
	}
	return parts, nil
}
