package bundle

import (
	"io"

	"github.com/klauspost/compress/flate"
)

// How a large file is tried: so many pieces, evenly spread over it, each of so many bytes.
const (
	samples    = 16
	sampleSize = 32 << 10
)

// shrinks tells from samples whether deflate makes a large file smaller by more than a 64th. A file that can't be read counts as
// one that shrinks: reading it for good tells what is wrong. What it answers depends on content only.
func shrinks(r io.ReaderAt, size int64, d *flate.Writer) bool {
	buf := make([]byte, sampleSize)
	var packed counter
	for i := range int64(samples) {
		off := (size - sampleSize) / (samples - 1) * i
		if n, err := r.ReadAt(buf, off); n < len(buf) && err != nil {
			return true
		}
		d.Reset(&packed)
		if _, err := d.Write(buf); err != nil {
			return true
		}
		if err := d.Close(); err != nil {
			return true
		}
	}
	return int64(packed) < samples*sampleSize/64*63
}

// counter counts what is written to it.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
