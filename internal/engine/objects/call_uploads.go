package objects

import (
	"encoding/xml"
	"strconv"
)

func (c *call) listParts() error {
	limit, err := c.count("max-parts", maxList)
	if err != nil {
		return err
	}
	after := 0
	if value := c.query.Get("part-number-marker"); value != "" {
		if after, err = strconv.Atoi(value); err != nil || after < 0 || after > maxParts {
			return errorf(errInvalidArgument, "the part-number-marker is %q, not a number from 0 to %d", value, maxParts)
		}
	}
	u, parts, truncated, err := c.parts(c.bucket, c.key, c.query.Get("uploadId"), after, limit)
	if err != nil {
		return err
	}
	type partElement struct {
		PartNumber   int
		LastModified string
		ETag         string
		Size         int64
		checksumElements
	}
	document := struct {
		XMLName              xml.Name `xml:"ListPartsResult"`
		XMLNS                string   `xml:"xmlns,attr"`
		Bucket               string
		Key                  string
		UploadID             string `xml:"UploadId"`
		Initiator            owner
		Owner                owner
		StorageClass         string
		PartNumberMarker     int
		NextPartNumberMarker int `xml:",omitempty"`
		MaxParts             int
		IsTruncated          bool
		ChecksumAlgorithm    Algorithm    `xml:",omitempty"`
		ChecksumType         ChecksumType `xml:",omitempty"`
		Part                 []partElement
	}{
		XMLNS: xmlNamespace, Bucket: u.Bucket, Key: u.Key, UploadID: u.ID, Initiator: theOwner(), Owner: theOwner(),
		StorageClass: storageClass(u.Attributes), PartNumberMarker: after, MaxParts: limit, IsTruncated: truncated && limit > 0,
		ChecksumAlgorithm: u.Algorithm,
	}
	if u.Algorithm != "" {
		document.ChecksumType = u.ChecksumType
	}
	for _, p := range parts {
		document.Part = append(document.Part, partElement{
			p.Number, iso(p.Modified), quote(p.ETag), p.Size, showChecksum(p.Algorithm, p.Checksum),
		})
		document.NextPartNumberMarker = p.Number
	}
	return c.answer(document)
}

func (c *call) listUploads() error {
	limit, err := c.count("max-uploads", maxList)
	if err != nil {
		return err
	}
	e, err := c.encoding()
	if err != nil {
		return err
	}
	if c.query.Get("delimiter") != "" {
		return errorf(errNotImplemented, "ListMultipartUploads with a delimiter is not among the operations of this S3 subset")
	}
	prefix, key, id := c.query.Get("prefix"), c.query.Get("key-marker"), c.query.Get("upload-id-marker")
	uploads, truncated, err := c.uploads(c.bucket, prefix, key, id, limit)
	if err != nil {
		return err
	}
	type uploadElement struct {
		Key               string
		UploadID          string `xml:"UploadId"`
		Initiator         owner
		Owner             owner
		StorageClass      string
		Initiated         string
		ChecksumAlgorithm Algorithm    `xml:",omitempty"`
		ChecksumType      ChecksumType `xml:",omitempty"`
	}
	document := struct {
		XMLName            xml.Name `xml:"ListMultipartUploadsResult"`
		XMLNS              string   `xml:"xmlns,attr"`
		Bucket             string
		KeyMarker          string
		UploadIDMarker     string   `xml:"UploadIdMarker"`
		NextKeyMarker      string   `xml:",omitempty"`
		NextUploadIDMarker string   `xml:"NextUploadIdMarker,omitempty"`
		Prefix             string   `xml:",omitempty"`
		EncodingType       encoding `xml:",omitempty"`
		MaxUploads         int
		IsTruncated        bool
		Upload             []uploadElement
	}{
		XMLNS: xmlNamespace, Bucket: c.bucket, KeyMarker: e.key(key), UploadIDMarker: id, Prefix: e.key(prefix), EncodingType: e,
		MaxUploads: limit, IsTruncated: truncated && limit > 0,
	}
	for _, u := range uploads {
		element := uploadElement{
			Key: e.key(u.Key), UploadID: u.ID, Initiator: theOwner(), Owner: theOwner(),
			StorageClass: storageClass(u.Attributes), Initiated: iso(u.Initiated), ChecksumAlgorithm: u.Algorithm,
		}
		if u.Algorithm != "" {
			element.ChecksumType = u.ChecksumType
		}
		document.Upload = append(document.Upload, element)
		if document.IsTruncated {
			document.NextKeyMarker, document.NextUploadIDMarker = element.Key, u.ID
		}
	}
	return c.answer(document)
}
