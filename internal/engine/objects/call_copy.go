package objects

import (
	"encoding/xml"
	"io"
	"net/url"
	"strings"
)

// copyObject serves CopyObject. The content is read and written again, so that
// the copy has an ETag and a checksum of its own.
func (c *call) copyObject() error {
	attributes, err := attributesOf(c.r.Header)
	if err != nil {
		return err
	}
	condition, err := writeCondition(c.r.Header)
	if err != nil {
		return err
	}
	sourceBucket, sourceKey, sourceVersion, err := copySource(c.r.Header.Get("X-Amz-Copy-Source"))
	if err != nil {
		return err
	}
	if err := c.writable(c.bucket, c.key, condition); err != nil {
		return err
	}
	file, v, sourceRecord, err := c.open(sourceBucket, sourceKey, sourceVersion)
	if err != nil {
		return err
	}
	defer file.Close()
	source := v.Object
	if err := readCondition(c.r.Header, "x-amz-copy-source-", source); err != nil {
		return err
	}
	if err := allowedSize(source.Size); err != nil {
		return err
	}
	switch directive := c.r.Header.Get("X-Amz-Metadata-Directive"); directive {
	case "", "COPY":
		if sourceBucket == c.bucket && sourceKey == c.key && sourceVersion == "" {
			return errorf(errInvalidRequest, "the object would be copied onto itself, with nothing changed")
		}
		class := attributes.StorageClass
		attributes = source.Attributes
		attributes.StorageClass = class
	case "REPLACE":
	default:
		return errorf(errInvalidArgument, "x-amz-metadata-directive is %q, not COPY or REPLACE", directive)
	}
	algorithm := source.Algorithm
	if named := c.r.Header.Get("X-Amz-Checksum-Algorithm"); named != "" {
		if algorithm, err = parseAlgorithm(named); err != nil {
			return err
		}
	}
	content, err := c.receive(file, nil, expected{}, algorithm)
	if err != nil {
		return err
	}
	o, record, err := c.put(c.bucket, c.key, attributes, content, condition)
	if err != nil {
		return err
	}
	c.writeVersion(record, o.VersionID)
	if sourceRecord.Versioning != "" {
		c.w.Header().Set("x-amz-copy-source-version-id", shownVersion(source.VersionID))
	}
	return c.answer(struct {
		XMLName      xml.Name `xml:"CopyObjectResult"`
		XMLNS        string   `xml:"xmlns,attr"`
		LastModified string
		ETag         string
		ChecksumType ChecksumType `xml:",omitempty"`
		checksumElements
	}{XMLNS: xmlNamespace, LastModified: iso(o.LastModified), ETag: quote(o.ETag), ChecksumType: o.ChecksumType,
		checksumElements: showChecksum(o.Algorithm, o.Checksum)})
}

// uploadPartCopy makes a part of an object's content, or of a range of it.
func (c *call) uploadPartCopy() error {
	if err := refuseHeaders(c.r.Header); err != nil {
		return err
	}
	number, err := c.partNumber()
	if err != nil {
		return err
	}
	bucket, key, id, err := copySource(c.r.Header.Get("X-Amz-Copy-Source"))
	if err != nil {
		return err
	}
	u, err := c.upload(c.bucket, c.key, c.query.Get("uploadId"))
	if err != nil {
		return err
	}
	file, v, record, err := c.open(bucket, key, id)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := readCondition(c.r.Header, "x-amz-copy-source-", v.Object); err != nil {
		return err
	}
	header := c.r.Header.Get("X-Amz-Copy-Source-Range")
	span, err := parseRange(header, v.Size)
	if err != nil {
		return err
	}
	if header != "" && !span.partial {
		return errorf(errInvalidArgument, "x-amz-copy-source-range is %q, not bytes=FIRST-LAST", header)
	}
	if err := allowedSize(span.length); err != nil {
		return err
	}
	content, err := c.receive(io.NewSectionReader(file, span.start, span.length), nil, expected{}, u.Algorithm)
	if err != nil {
		return err
	}
	p, err := c.putPart(u, number, content)
	if err != nil {
		return err
	}
	if record.Versioning != "" {
		c.w.Header().Set("x-amz-copy-source-version-id", shownVersion(v.VersionID))
	}
	return c.answer(struct {
		XMLName      xml.Name `xml:"CopyPartResult"`
		XMLNS        string   `xml:"xmlns,attr"`
		LastModified string
		ETag         string
		checksumElements
	}{XMLNS: xmlNamespace, LastModified: iso(p.Modified), ETag: quote(p.ETag), checksumElements: showChecksum(p.Algorithm, p.Checksum)})
}

// copySource takes the header x-amz-copy-source apart.
func copySource(value string) (bucket, key, version string, err error) {
	path, query, _ := strings.Cut(value, "?")
	plain, err := url.PathUnescape(path)
	if err != nil {
		return "", "", "", errorf(errInvalidArgument, "x-amz-copy-source is %q: %v", value, err)
	}
	bucket, key, _ = strings.Cut(strings.TrimPrefix(plain, "/"), "/")
	if bucket == "" || key == "" {
		return "", "", "", errorf(errInvalidArgument, "x-amz-copy-source is %q, not BUCKET/KEY", value)
	}
	if id, ok := strings.CutPrefix(query, "versionId="); ok {
		version = id
	}
	return bucket, key, version, nil
}
