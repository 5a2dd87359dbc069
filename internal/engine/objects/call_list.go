package objects

import (
	"encoding/base64"
	"encoding/xml"
)

type prefixElement struct{ Prefix string }

type contentElement struct {
	Key               string
	LastModified      string
	ETag              string
	ChecksumAlgorithm Algorithm    `xml:",omitempty"`
	ChecksumType      ChecksumType `xml:",omitempty"`
	Size              int64
	StorageClass      string
	Owner             *owner `xml:",omitempty"`
}

// listResult serves both versions of ListObjects.
type listResult struct {
	XMLName        xml.Name `xml:"ListBucketResult"`
	XMLNS          string   `xml:"xmlns,attr"`
	Name           string
	Prefix         string
	Delimiter      string   `xml:",omitempty"`
	EncodingType   encoding `xml:",omitempty"`
	MaxKeys        int
	IsTruncated    bool
	Contents       []contentElement
	CommonPrefixes []prefixElement

	Marker     *string // version 1
	NextMarker string  `xml:",omitempty"`

	KeyCount              *int   // version 2
	StartAfter            string `xml:",omitempty"`
	ContinuationToken     string `xml:",omitempty"`
	NextContinuationToken string `xml:",omitempty"`
}

func (c *call) listObjectsV2() error {
	after := c.query.Get("start-after")
	token := c.query.Get("continuation-token")
	if c.query.Has("continuation-token") {
		raw, err := base64.RawURLEncoding.DecodeString(token)
		if err != nil || token == "" {
			return errorf(errInvalidArgument, "the continuation token %q is none of this service", token)
		}
		after = string(raw)
	}
	result, last, e, err := c.listPage(after, c.query.Get("fetch-owner") == "true")
	if err != nil {
		return err
	}
	n := len(result.Contents) + len(result.CommonPrefixes)
	result.KeyCount = &n
	result.StartAfter = e.key(c.query.Get("start-after"))
	result.ContinuationToken = token
	if result.IsTruncated {
		result.NextContinuationToken = base64.RawURLEncoding.EncodeToString([]byte(last))
	}
	return c.answer(result)
}

func (c *call) listObjects() error {
	marker := c.query.Get("marker")
	result, last, e, err := c.listPage(marker, true)
	if err != nil {
		return err
	}
	marker = e.key(marker)
	result.Marker = &marker
	if result.IsTruncated {
		result.NextMarker = e.key(last)
	}
	return c.answer(result)
}

// listPage fills what both versions have in common; last is where the next
// page begins after.
func (c *call) listPage(after string, withOwner bool) (result listResult, last string, e encoding, err error) {
	limit, err := c.count("max-keys", maxList)
	if err != nil {
		return result, "", e, err
	}
	if e, err = c.encoding(); err != nil {
		return result, "", e, err
	}
	l := listing{prefix: c.query.Get("prefix"), delimiter: c.query.Get("delimiter"), after: after, limit: limit}
	p, _, err := c.list(c.bucket, l)
	if err != nil {
		return result, "", e, err
	}
	result = listResult{
		XMLNS: xmlNamespace, Name: c.bucket, Prefix: e.key(l.prefix), Delimiter: e.key(l.delimiter), EncodingType: e,
		MaxKeys: limit, IsTruncated: p.truncated && limit > 0,
	}
	for _, entry := range p.entries {
		last = entry.name()
		if entry.prefix != "" {
			result.CommonPrefixes = append(result.CommonPrefixes, prefixElement{e.key(entry.prefix)})
			continue
		}
		element := contentElement{
			Key: e.key(entry.Key), LastModified: iso(entry.LastModified), ETag: quote(entry.ETag), Size: entry.Size,
			ChecksumAlgorithm: entry.Algorithm, ChecksumType: entry.ChecksumType, StorageClass: storageClass(entry.Attributes),
		}
		if withOwner {
			o := theOwner()
			element.Owner = &o
		}
		result.Contents = append(result.Contents, element)
	}
	return result, last, e, nil
}

func storageClass(a Attributes) string {
	if a.StorageClass == "" {
		return "STANDARD"
	}
	return a.StorageClass
}

// versionElement is a Version or a DeleteMarker, as its name says.
type versionElement struct {
	XMLName           xml.Name
	Key               string
	VersionID         string `xml:"VersionId"`
	IsLatest          bool
	LastModified      string
	ETag              string       `xml:",omitempty"`
	ChecksumAlgorithm Algorithm    `xml:",omitempty"`
	ChecksumType      ChecksumType `xml:",omitempty"`
	Size              *int64
	StorageClass      string `xml:",omitempty"`
	Owner             owner
}

func (c *call) listVersions() error {
	limit, err := c.count("max-keys", maxList)
	if err != nil {
		return err
	}
	e, err := c.encoding()
	if err != nil {
		return err
	}
	l := listing{
		prefix: c.query.Get("prefix"), delimiter: c.query.Get("delimiter"), limit: limit, versions: true,
		after: c.query.Get("key-marker"), afterVersion: c.query.Get("version-id-marker"),
	}
	if l.afterVersion != "" && l.after == "" {
		return errorf(errInvalidArgument, "a version-id-marker needs a key-marker")
	}
	p, _, err := c.list(c.bucket, l)
	if err != nil {
		return err
	}
	document := struct {
		XMLName             xml.Name `xml:"ListVersionsResult"`
		XMLNS               string   `xml:"xmlns,attr"`
		Name                string
		Prefix              string
		KeyMarker           string
		VersionIDMarker     string   `xml:"VersionIdMarker"`
		NextKeyMarker       string   `xml:",omitempty"`
		NextVersionIDMarker string   `xml:"NextVersionIdMarker,omitempty"`
		Delimiter           string   `xml:",omitempty"`
		EncodingType        encoding `xml:",omitempty"`
		MaxKeys             int
		IsTruncated         bool
		Versions            []versionElement
		CommonPrefixes      []prefixElement
	}{
		XMLNS: xmlNamespace, Name: c.bucket, Prefix: e.key(l.prefix), KeyMarker: e.key(l.after), VersionIDMarker: l.afterVersion,
		Delimiter: e.key(l.delimiter), EncodingType: e, MaxKeys: limit, IsTruncated: p.truncated && limit > 0,
	}
	for _, entry := range p.entries {
		document.NextKeyMarker, document.NextVersionIDMarker = e.key(entry.name()), ""
		if entry.prefix != "" {
			document.CommonPrefixes = append(document.CommonPrefixes, prefixElement{e.key(entry.prefix)})
			continue
		}
		document.NextVersionIDMarker = shownVersion(entry.VersionID)
		document.Versions = append(document.Versions, showVersion(entry, e))
	}
	if !document.IsTruncated {
		document.NextKeyMarker, document.NextVersionIDMarker = "", ""
	}
	return c.answer(document)
}

func showVersion(entry entry, e encoding) versionElement {
	v := versionElement{
		XMLName: xml.Name{Local: "DeleteMarker"}, Key: e.key(entry.Key), VersionID: shownVersion(entry.VersionID),
		IsLatest: entry.latest, LastModified: iso(entry.LastModified), Owner: theOwner(),
	}
	if !entry.DeleteMarker {
		v.XMLName.Local = "Version"
		v.ETag, v.Size, v.StorageClass = quote(entry.ETag), &entry.Size, storageClass(entry.Attributes)
		v.ChecksumAlgorithm, v.ChecksumType = entry.Algorithm, entry.ChecksumType
	}
	return v
}
