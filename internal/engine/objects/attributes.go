package objects

import (
	"net/http"
	"strings"
)

const (
	defaultContentType = "binary/octet-stream"
	metadataPrefix     = "X-Amz-Meta-"
	maxMetadata        = 2048
)

// keptHeaders are given back with an object as they were sent.
func keptHeaders() []string {
	return []string{"Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Expires"}
}

// attributesOf reads what a request says about the object that it makes.
func attributesOf(h http.Header) (Attributes, error) {
	if err := refuseHeaders(h); err != nil {
		return Attributes{}, err
	}
	a := Attributes{ContentType: h.Get("Content-Type"), Headers: map[string]string{}, Metadata: map[string]string{}}
	if a.ContentType == "" {
		a.ContentType = defaultContentType
	}
	if class := h.Get("X-Amz-Storage-Class"); class != "STANDARD" {
		a.StorageClass = class
	}
	for _, name := range keptHeaders() {
		value := strings.Join(h.Values(name), ", ")
		if name == "Content-Encoding" {
			value = withoutChunked(value)
		}
		if value != "" {
			a.Headers[name] = value
		}
	}
	size := 0
	for name, values := range h {
		if key, ok := strings.CutPrefix(name, metadataPrefix); ok {
			key = strings.ToLower(key)
			a.Metadata[key] = strings.Join(values, ",")
			size += len(key) + len(a.Metadata[key])
		}
	}
	if size > maxMetadata {
		return a, errorf(errMetadataTooLarge, "the metadata has %d bytes, more than %d", size, maxMetadata)
	}
	return a, nil
}

// withoutChunked takes aws-chunked out of a Content-Encoding: that is how the
// request was sent, not how the content is encoded.
func withoutChunked(value string) string {
	var kept []string
	for coding := range strings.SplitSeq(value, ",") {
		if coding = strings.TrimSpace(coding); coding != "" && !strings.EqualFold(coding, "aws-chunked") {
			kept = append(kept, coding)
		}
	}
	return strings.Join(kept, ", ")
}

// writeAttributes sets an object's own headers.
func writeAttributes(h http.Header, a Attributes) {
	h.Set("Content-Type", a.ContentType)
	for name, value := range a.Headers {
		h.Set(name, value)
	}
	for name, value := range a.Metadata {
		h.Set(metadataPrefix+name, value)
	}
	if a.StorageClass != "" {
		h.Set("x-amz-storage-class", a.StorageClass)
	}
}
