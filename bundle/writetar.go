package bundle

import (
	"archive/tar"
	"bytes"
	"hash/crc32"
	"io/fs"
	"time"
)

// tarFormat writes tar: plain ustar headers, with pax records only for what they can't hold (long names, names beyond ASCII, files of
// 8 GiB and more), which is what archive/tar does when it is left the choice. With gzip it is one gzip member, whose blocks were compressed
// by several workers.
type tarFormat struct {
	tree *Tree
	gzip bool
	crc  uint32
	size int64
}

// gzipHeader names no file, no time and no system.
const gzipHeader = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"

func (*tarFormat) run() int64 { return blockSize }

func (f *tarFormat) fill(w *worker, b *block) error {
	if !f.gzip {
		var err error
		b.out, err = f.raw(w, b, b.out)
		return err
	}
	raw, err := f.raw(w, b, w.raw[:0])
	w.raw = raw
	if err != nil {
		return err
	}
	b.crc, b.size = crc32.ChecksumIEEE(raw), int64(len(raw))
	b.out = w.z.block(b.out, raw, b.final)
	return nil
}

// raw appends a block's part of the tar.
func (f *tarFormat) raw(w *worker, b *block, dst []byte) ([]byte, error) {
	var err error
	for i := b.first; i < b.last; i++ {
		e := &f.tree.Entries[i]
		if b.n == 0 {
			if dst, err = appendHeader(dst, e); err != nil {
				return dst, err
			}
		}
		if !e.Mode.IsRegular() {
			if err := f.tree.check(w.root, e); err != nil {
				return dst, err
			}
			continue
		}
		content, err := w.read(i, b.n)
		if err != nil {
			return dst, err
		}
		b.raw += int64(len(content))
		dst = append(dst, content...)
		if !b.large || b.ends {
			dst = append(dst, zeros[:-e.Size&(tarBlock-1)]...)
		}
	}
	if b.final {
		dst = append(dst, zeros[:]...)
	}
	return dst, nil
}

// zeros end a tar.
var zeros [2 * tarBlock]byte

func appendHeader(dst []byte, e *Entry) ([]byte, error) {
	h := &tar.Header{Typeflag: tar.TypeReg, Name: e.Name, Size: e.Size, Mode: int64(e.Mode.Perm()), ModTime: time.Unix(0, 0)}
	switch {
	case e.Mode.IsDir():
		h.Typeflag, h.Name = tar.TypeDir, e.Name+"/"
	case e.Mode&fs.ModeSymlink != 0:
		h.Typeflag, h.Linkname = tar.TypeSymlink, e.Link
	}
	// The writer is never closed: it has one header to write, and a tar ends once.
	out := bytes.NewBuffer(dst)
	err := tar.NewWriter(out).WriteHeader(h)
	return out.Bytes(), err
}

func (f *tarFormat) join(b *block, out *output) error {
	if f.gzip {
		if out.n == 0 {
			if _, err := out.Write([]byte(gzipHeader)); err != nil {
				return err
			}
		}
		f.crc = combineCRC(f.crc, b.crc, b.size)
		f.size += b.size
	}
	_, err := out.Write(b.out)
	return err
}

func (f *tarFormat) end(out *output) error {
	if !f.gzip {
		return nil
	}
	trailer := little.AppendUint32(nil, f.crc)
	_, err := out.Write(little.AppendUint32(trailer, uint32(f.size)))
	return err
}
