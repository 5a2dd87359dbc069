package bundle

import (
	"bytes"
	"fmt"

	"github.com/klauspost/compress/flate"
)

// DefaultLevel is the deflate level that is used when none is asked for. Of klauspost/compress's levels on Go's own tree: 5 is larger and
// hardly faster, 7 is 1.4 % smaller and takes 1.6 times the time; see BenchmarkLevels.
const DefaultLevel = 6

const (
	// blockSize is how much of a large file is compressed by itself, and about how much of small ones is one piece of work. Were a block's
	// compressor shown the end of the block before it, bundles were smaller by one or two thousandths, which costs eight in time.
	blockSize = 512 << 10
	// pieceSize is by how much text is told from noise.
	pieceSize = 4 << 10
	// noiseRun is how long noise must be to go around the compressor.
	noiseRun = 4 * pieceSize
	// window is how far back deflate can refer.
	window = 32 << 10
)

// deflater compresses blocks, one after the other. What it gives depends on nothing but its arguments.
type deflater struct {
	flate *flate.Writer
	out   appender
}

// appender is an io.Writer on the end of a slice.
type appender struct{ b []byte }

func (a *appender) Write(p []byte) (int, error) {
	a.b = append(a.b, p...)
	return len(p), nil
}

func newDeflater(level int) (*deflater, error) {
	if err := checkLevel(level); err != nil {
		return nil, err
	}
	z, err := flate.NewWriter(nil, level)
	return &deflater{flate: z}, err
}

func checkLevel(level int) error {
	if level < 1 || level > 9 {
		return fmt.Errorf("deflate level %d: it is 1 to 9", level)
	}
	return nil
}

// block appends src to dst as deflate blocks that end on a byte and refer to nothing before them.
//
// Long noise is put into stored blocks at once: the compressor's fast levels would go through it in growing strides, and stride on over the
// text that follows, which costs up to a third in bytes. That text starts afresh: what is before the noise is out of deflate's window, or nearly.
func (d *deflater) block(dst, src []byte, last bool) []byte {
	d.out.b = dst
	for at := 0; ; {
		text, noise := nextNoise(src, at)
		if text > at || noise == text {
			// There is no text in an empty block but its end.
			d.flate.Reset(&d.out)
			d.flate.Write(src[at:text])
			if last && noise == text {
				d.flate.Close()
				return d.out.b
			}
			d.flate.Flush()
		}
		if noise > text {
			d.out.b = appendStored(d.out.b, src[text:noise], last && noise == len(src))
		}
		if noise == len(src) {
			return d.out.b
		}
		at = noise
	}
}

// nextNoise returns where the next long noise in src begins and ends, at or after at; both are len(src) if there is none.
func nextNoise(src []byte, at int) (begin, end int) {
	begin, end = -1, 0
	for p := (at + pieceSize - 1) / pieceSize * pieceSize; p+pieceSize <= len(src); p += pieceSize {
		switch noisy := isNoise(src[p : p+pieceSize]); {
		case noisy && begin < 0:
			begin, end = p, p+pieceSize
		case noisy:
			end = p + pieceSize
		case begin >= 0:
			if end-begin >= noiseRun && !repeats(src, begin, end) {
				return begin, end
			}
			begin = -1
		}
	}
	if begin >= 0 {
		if len(src)-end < pieceSize {
			end = len(src)
		}
		if end-begin >= noiseRun && !repeats(src, begin, end) {
			return begin, end
		}
	}
	return len(src), len(src)
}

// isNoise reports whether a piece's bytes are spread so evenly that Huffman coding can't gain, judging by 256 of them. For
// even bytes the sum of the counts' squares is 511 on average, with a deviation of 23; for base64 it is 1276, for machine code and text thousands:
// most of what is no noise is seen by the first 64, for which it is 80 and 6.
func isNoise(p []byte) bool {
	var count [256]uint8
	sum := 0
	for i, most := range [...]int{128, 264, 432, 620} {
		at := i * len(p) / 4
		for _, b := range p[at : at+64] {
			sum += 2*int(count[b]) + 1
			count[b]++
		}
		if sum >= most {
			return false
		}
	}
	return true
}

// repeats looks whether even bytes occur twice within deflate's window all the same, by two probes in each window.
func repeats(src []byte, begin, end int) bool {
	const probe = 8
	for at := begin; at+probe < end; at += window / 2 {
		if bytes.Contains(src[at+1:min(at+window, end)], src[at:at+probe]) {
			return true
		}
	}
	return false
}

// storedMax is how much a stored block of deflate holds.
const storedMax = 1<<16 - 1

// appendStored appends p as stored blocks. What is before them must end on a byte.
func appendStored(dst, p []byte, last bool) []byte {
	for {
		n := min(len(p), storedMax)
		final := byte(0)
		if last && n == len(p) {
			final = 1
		}
		dst = append(dst, final, byte(n), byte(n>>8), ^byte(n), ^byte(n>>8))
		dst = append(dst, p[:n]...)
		if p = p[n:]; len(p) == 0 {
			return dst
		}
	}
}
