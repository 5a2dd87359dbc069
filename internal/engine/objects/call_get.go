package objects

import (
	"errors"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
)

// getObject serves GetObject and HeadObject.
func (c *call) getObject() error {
	if err := checkKey(c.key); err != nil {
		return err
	}
	if err := refuseHeaders(c.r.Header); err != nil {
		return err
	}
	var file *os.File
	var v version
	var record bucketRecord
	var err error
	if c.r.Method == http.MethodHead {
		v, record, err = c.find(c.bucket, c.key, c.query.Get("versionId"))
	} else if file, v, record, err = c.open(c.bucket, c.key, c.query.Get("versionId")); err == nil {
		defer file.Close()
	}
	if err != nil {
		return err
	}
	o := v.Object
	if err := readCondition(c.r.Header, "", o); err != nil {
		return err
	}
	span, err := c.span(o)
	if err != nil {
		return err
	}
	h := c.w.Header()
	writeAttributes(h, o.Attributes)
	c.overrideHeaders(h)
	c.writeVersion(record, o.VersionID)
	h.Set("ETag", quote(o.ETag))
	h.Set("Last-Modified", o.LastModified.Format(http.TimeFormat))
	h.Set("Accept-Ranges", "bytes")
	h.Set("Content-Length", strconv.FormatInt(span.length, 10))
	if c.asksChecksum() && !span.partial {
		writeChecksum(h, o)
	}
	status := http.StatusOK
	if span.partial {
		status = http.StatusPartialContent
		h.Set("Content-Range", span.contentRange(o.Size))
	}
	c.w.WriteHeader(status)
	if file == nil {
		return nil
	}
	// From here on the status is sent: an error cuts the answer short of its
	// length, which tells the client.
	if _, err := file.Seek(span.start, io.SeekStart); err == nil {
		io.CopyN(c.w, file, span.length)
	}
	return nil
}

// asksChecksum: presigned requests carry the header in their query.
func (c *call) asksChecksum() bool {
	const name = "X-Amz-Checksum-Mode"
	return strings.EqualFold(c.r.Header.Get(name), "ENABLED") || strings.EqualFold(c.query.Get(name), "ENABLED")
}

func writeChecksum(h http.Header, o Object) {
	if o.Checksum != "" {
		h.Set(o.Algorithm.header(), o.Checksum)
		h.Set("x-amz-checksum-type", string(o.ChecksumType))
	}
}

// writeVersion names the version where the bucket has, or had, versioning.
func (c *call) writeVersion(record bucketRecord, id string) {
	if record.Versioning != "" {
		c.w.Header().Set("x-amz-version-id", shownVersion(id))
	}
}

// overrideHeaders lets the query choose headers of the answer.
func (c *call) overrideHeaders(h http.Header) {
	for _, name := range append(keptHeaders(), "Content-Type") {
		if value := c.query.Get("response-" + strings.ToLower(name)); value != "" {
			h.Set(name, value)
		}
	}
}

// span is the range of bytes that an answer holds.
type span struct {
	start, length int64
	partial       bool
}

func (s span) contentRange(size int64) string {
	return "bytes " + strconv.FormatInt(s.start, 10) + "-" + strconv.FormatInt(s.start+s.length-1, 10) + "/" + strconv.FormatInt(size, 10)
}

// span finds what the request wants: all, a range, or one part.
func (c *call) span(o Object) (span, error) {
	header := c.r.Header.Get("Range")
	if c.query.Has("partNumber") {
		if header != "" {
			return span{}, errorf(errInvalidRequest, "a request may carry a range or a part number, not both")
		}
		return c.partSpan(o)
	}
	if condition := c.r.Header.Get("If-Range"); condition != "" && !rangeStillHolds(condition, o) {
		header = ""
	}
	s, err := parseRange(header, o.Size)
	var refused *Error
	if errors.As(err, &refused) {
		return s, refused.with("Content-Range", "bytes */"+strconv.FormatInt(o.Size, 10))
	}
	return s, err
}

func rangeStillHolds(condition string, o Object) bool {
	if t, err := http.ParseTime(condition); err == nil {
		return wholeSecond(o).Equal(t)
	}
	return unquote(condition) == o.ETag
}

func (c *call) partSpan(o Object) (span, error) {
	number, err := strconv.Atoi(c.query.Get("partNumber"))
	sizes := o.PartSizes
	if len(sizes) == 0 {
		sizes = []int64{o.Size}
	}
	if err != nil || number < 1 || number > maxParts {
		return span{}, errorf(errInvalidArgument, "the part number is %q, not one from 1 to %d", c.query.Get("partNumber"), maxParts)
	}
	if number > len(sizes) {
		return span{}, errorf(errInvalidPartNumber, "the object has %d parts, and no part %d", len(sizes), number)
	}
	s := span{length: sizes[number-1], partial: o.Size > 0}
	for _, size := range sizes[:number-1] {
		s.start += size
	}
	if len(o.PartSizes) > 0 {
		c.w.Header().Set("x-amz-mp-parts-count", strconv.Itoa(len(sizes)))
	}
	return s, nil
}

// parseRange reads a Range header. One that S3 does not understand, such as
// several ranges, asks for the whole.
func parseRange(header string, size int64) (span, error) {
	whole := span{length: size}
	spec, ok := strings.CutPrefix(header, "bytes=")
	first, last, dash := strings.Cut(strings.TrimSpace(spec), "-")
	if !ok || !dash {
		return whole, nil
	}
	unsatisfiable := errorf(errInvalidRange, "the range %q has no byte of the object's %d", header, size)
	if first == "" {
		n, err := parsePosition(last)
		if err != nil {
			return whole, nil
		}
		if n == 0 || size == 0 {
			return span{}, unsatisfiable
		}
		n = min(n, size)
		return span{size - n, n, true}, nil
	}
	start, err := parsePosition(first)
	if err != nil {
		return whole, nil
	}
	end := size - 1
	if last != "" {
		if end, err = parsePosition(last); err != nil || end < start {
			return whole, nil
		}
		end = min(end, size-1)
	}
	if start >= size {
		return span{}, unsatisfiable
	}
	return span{start, end - start + 1, true}, nil
}

// parsePosition takes digits only; ParseInt alone would take a sign.
func parsePosition(s string) (int64, error) {
	n, err := strconv.ParseUint(s, 10, 63)
	return int64(n), err
}
