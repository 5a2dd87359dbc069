package objects

import (
	"encoding/xml"
	"net/url"
	"strconv"
	"strings"
)

// How long a request's document may be: the list of 10,000 parts with their
// checksums is the longest, and bounded on its own.
const (
	maxDocument     = 2 << 20
	maxPartDocument = 8 << 20
)

// parseXML reads a document whose root has the given name, in any namespace.
func parseXML(text []byte, root string, into any) error {
	// Decoded into a wrapper's place: the root's own name is checked here, so
	// that the targets need no XMLName.
	var head struct{ XMLName xml.Name }
	if err := xml.Unmarshal(text, &head); err != nil {
		return errorf(errMalformedXML, "the document cannot be read: %v", err)
	}
	if head.XMLName.Local != root {
		return errorf(errMalformedXML, "the document is a %s where a %s was expected", head.XMLName.Local, root)
	}
	if err := xml.Unmarshal(text, into); err != nil {
		return errorf(errMalformedXML, "the document cannot be read: %v", err)
	}
	return nil
}

// encoding is how a listing writes keys, as its encoding-type says.
type encoding string

func (c *call) encoding() (encoding, error) {
	e := encoding(c.query.Get("encoding-type"))
	if e != "" && e != "url" {
		return "", errorf(errInvalidArgument, "the encoding-type is %q, not url", string(e))
	}
	return e, nil
}

// key writes a key. A blank becomes %20, which clients read whether or not
// they take + for one.
func (e encoding) key(s string) string {
	if e == "" {
		return s
	}
	s = url.QueryEscape(s)
	return strings.ReplaceAll(strings.ReplaceAll(s, "+", "%20"), "%2F", "/")
}

// count reads a query parameter that limits an answer.
func (c *call) count(name string, most int) (int, error) {
	value := c.query.Get(name)
	if value == "" {
		return most, nil
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 {
		return 0, errorf(errInvalidArgument, "%s is %q, not a number from 0", name, value)
	}
	return min(n, most), nil
}
