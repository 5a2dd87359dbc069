package bundle

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/klauspost/compress/gzip"
)

// tarBlock is tar's unit.
const tarBlock = 512

// Identify returns the type of an archive by its content, whatever it is called. It looks at the beginning only: a damaged archive is
// found out when it is read. A gzipped file is a tgz only if a tar begins in it.
func Identify(r io.ReaderAt, size int64) (Type, error) {
	r = device{r}
	typ, err := sniff(r, size)
	if err != nil || typ != TGZ {
		return typ, err
	}
	z, err := gzip.NewReader(io.NewSectionReader(r, 0, size))
	if err != nil {
		return "", damaged("", err)
	}
	defer z.Close()
	inside := make([]byte, 2*tarBlock)
	n, err := io.ReadFull(z, inside)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return "", damaged("", err)
	}
	if !startsTar(inside[:n]) {
		return "", fmt.Errorf("%w: it is gzipped, but no tar is in it", ErrFormat)
	}
	return TGZ, nil
}

// sniff is Identify without a look into gzip.
func sniff(r io.ReaderAt, size int64) (Type, error) {
	if size <= 0 {
		return "", fmt.Errorf("%w: it is empty", ErrFormat)
	}
	head := make([]byte, min(size, 2*tarBlock))
	if n, err := r.ReadAt(head, 0); n < len(head) {
		if err == nil || errors.Is(err, io.EOF) {
			return "", fmt.Errorf("%w: it is shorter than the %d bytes it should have", ErrFormat, size)
		}
		return "", damaged("", err)
	}
	for _, k := range [...]struct {
		magic string
		typ   Type
		name  string
	}{
		{"PK\x03\x04", Zip, ""},
		{"PK\x05\x06", Zip, ""}, // without entries
		{"\x1f\x8b", TGZ, ""},
		{"BZh", "", "bzip2"},
		{"\xfd7zXZ\x00", "", "xz"},
		{"\x28\xb5\x2f\xfd", "", "zstd"},
		{"7z\xbc\xaf\x27\x1c", "", "7-Zip"},
		{"Rar!\x1a\x07", "", "RAR"},
	} {
		if !bytes.HasPrefix(head, []byte(k.magic)) {
			continue
		}
		if k.typ == "" {
			return "", fmt.Errorf("%w: it is %s, and CodeDeploy takes zip, tar and tgz", ErrFormat, k.name)
		}
		return k.typ, nil
	}
	if startsTar(head) {
		return Tar, nil
	}
	return "", fmt.Errorf("%w: it is neither zip nor tar nor tgz", ErrFormat)
}

// startsTar reports whether b begins with a tar header whose checksum is right, or with the end marker of an empty tar. The checksum
// rather than a magic word, since the oldest form of tar has none.
func startsTar(b []byte) bool {
	if len(b) < tarBlock {
		return false
	}
	if len(bytes.Trim(b, "\x00")) == 0 {
		return len(b) >= 2*tarBlock
	}
	const at, width = 148, 8 // of the checksum, which counts as blanks itself
	want, err := strconv.ParseInt(string(bytes.Trim(b[at:at+width], " \x00")), 8, 64)
	if err != nil {
		return false
	}
	var unsigned, signed int64 // some old tars summed signed bytes
	for i, c := range b[:tarBlock] {
		if at <= i && i < at+width {
			c = ' '
		}
		unsigned += int64(c)
		signed += int64(int8(c))
	}
	return want == unsigned || want == signed
}
