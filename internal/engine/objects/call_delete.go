package objects

import (
	"encoding/xml"
	"net/http"
)

const maxDeletes = 1000

func (c *call) deleteObject() error {
	done, _, err := c.remove(c.bucket, []removal{{
		key: c.key, version: c.query.Get("versionId"), etag: unquote(c.r.Header.Get("If-Match")),
	}})
	if err != nil {
		return err
	}
	if done[0].err != nil {
		return done[0].err
	}
	if done[0].version != "" {
		c.w.Header().Set("x-amz-version-id", done[0].version)
	}
	if done[0].marker {
		c.w.Header().Set("x-amz-delete-marker", "true")
	}
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

type deletedElement struct {
	Key                   string
	VersionID             string `xml:"VersionId,omitempty"`
	DeleteMarker          bool   `xml:",omitempty"`
	DeleteMarkerVersionID string `xml:"DeleteMarkerVersionId,omitempty"`
}

type deleteErrorElement struct {
	Key       string
	VersionID string `xml:"VersionId,omitempty"`
	Code      Code
	Message   string
}

func (c *call) deleteObjects() error {
	list, quiet, err := c.removals()
	if err != nil {
		return err
	}
	done, _, err := c.remove(c.bucket, list)
	if err != nil {
		return err
	}
	document := struct {
		XMLName xml.Name `xml:"DeleteResult"`
		XMLNS   string   `xml:"xmlns,attr"`
		Deleted []deletedElement
		Error   []deleteErrorElement
	}{XMLNS: xmlNamespace}
	for i, r := range list {
		if err := done[i].err; err != nil {
			e := asError(err)
			document.Error = append(document.Error, deleteErrorElement{r.key, r.version, e.Code, e.Message})
		} else if !quiet {
			element := deletedElement{Key: r.key, VersionID: r.version, DeleteMarker: done[i].marker}
			if done[i].marker {
				element.DeleteMarkerVersionID = done[i].version
			}
			document.Deleted = append(document.Deleted, element)
		}
	}
	return c.answer(document)
}

// removals reads the list of what is to be deleted.
func (c *call) removals() (list []removal, quiet bool, err error) {
	text, err := checkedDocument(c.body, c.body.Trailer(), c.r.Header, maxDocument)
	if err != nil {
		return nil, false, err
	}
	var request struct {
		Quiet  bool
		Object []struct {
			Key       string
			VersionID string `xml:"VersionId"`
			ETag      string
		}
	}
	if err := parseXML(text, "Delete", &request); err != nil {
		return nil, false, err
	}
	if n := len(request.Object); n == 0 || n > maxDeletes {
		return nil, false, errorf(errMalformedXML, "the document names %d objects, not 1 to %d", n, maxDeletes)
	}
	for _, o := range request.Object {
		list = append(list, removal{key: o.Key, version: o.VersionID, etag: unquote(o.ETag)})
	}
	return list, request.Quiet, nil
}
