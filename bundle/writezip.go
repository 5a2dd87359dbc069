package bundle

import (
	"encoding/binary"
	"hash/crc32"
	"io/fs"
	"math"
)

// Values of zip's headers, by APPNOTE.TXT 4.3 and 4.4.
const (
	flagEncrypted  = 1 << 0
	flagDescriptor = 1 << 3 // sizes and checksum follow the content
	flagUTF8       = 1 << 11
	version20      = 20 // folders and deflate
	version45      = 45 // zip64
	hostUnix       = 3 << 8
	methodStore    = 0
	methodDeflate  = 8
	firstDay       = 1<<5 | 1 // 1980-01-01 as an MS-DOS date, day one of its calendar
	zip64Field     = 1

	max16 = math.MaxUint16
	max32 = math.MaxUint32
	// huge is from what size a file is announced as zip64: its compressed size isn't known then, and may be a little more.
	huge = max32 - 64<<20
)

// zipFormat writes zip: names in UTF-8 and marked so, Unix modes, no times, no extra fields but zip64's. A file of one block is compressed
// before its header is written, so that the header says all. A large one's compressed size follows it in a data descriptor, unless it is stored.
type zipFormat struct {
	tree *Tree
	done []zipEntry // by entry
}

// zipEntry is what the directory at the end says of an entry that the tree doesn't know.
type zipEntry struct {
	offset int64 // of the local header; within its block until that is joined
	packed int64
	method uint16
}

func newZip(t *Tree) *zipFormat { return &zipFormat{t, make([]zipEntry, len(t.Entries))} }

// run is short: each file is compressed by itself, so short ones share the cores well and cost no byte.
func (z *zipFormat) run() int64 { return 64 << 10 }

func (z *zipFormat) fill(w *worker, b *block) error {
	if b.large {
		return z.part(w, b)
	}
	for i := b.first; i < b.last; i++ {
		if err := z.whole(w, b, i); err != nil {
			return err
		}
	}
	return nil
}

// whole adds an entry that fits into one block.
func (z *zipFormat) whole(w *worker, b *block, i int) error {
	e, d := &z.tree.Entries[i], &z.done[i]
	d.offset, d.method = int64(len(b.out)), methodStore
	content := []byte(e.Link)
	if e.Mode.IsRegular() {
		var err error
		if content, err = w.read(i, 0); err != nil {
			return err
		}
	} else if err := z.tree.check(w.root, e); err != nil {
		return err
	}
	b.raw += e.Size
	b.out = z.local(b.out, i)
	start := len(b.out)
	if e.Mode.IsRegular() && len(content) > 0 {
		b.out = w.z.block(b.out, content, true)
		d.method = methodDeflate
	}
	if d.method == methodStore || len(b.out)-start >= len(content) {
		b.out = append(b.out[:start], content...)
		d.method = methodStore
	}
	d.packed = int64(len(b.out) - start)
	z.local(b.out[:d.offset], i) // once more, now that all is known; it is as long as before
	return nil
}

// part adds one block of a large file.
func (z *zipFormat) part(w *worker, b *block) error {
	content, err := w.read(b.first, b.n)
	if err != nil {
		return err
	}
	b.raw = int64(len(content))
	e, d := &z.tree.Entries[b.first], &z.done[b.first]
	noise := z.tree.contents[b.first].noise
	if b.n == 0 {
		d.method = methodDeflate
		if noise {
			d.method, d.packed = methodStore, e.Size
		}
		b.out = z.local(b.out, b.first)
	}
	if noise {
		b.out = append(b.out, content...)
		return nil
	}
	b.out = w.z.block(b.out, content, b.ends)
	return nil
}

func (z *zipFormat) join(b *block, out *output) error {
	base := out.n
	if _, err := out.Write(b.out); err != nil {
		return err
	}
	if !b.large {
		for i := b.first; i < b.last; i++ {
			z.done[i].offset += base
		}
		return nil
	}
	d := &z.done[b.first]
	if b.n == 0 {
		d.offset = base
	}
	if b.ends && d.method == methodDeflate {
		header := len(z.local(nil, b.first))
		d.packed = out.n - d.offset - int64(header)
		_, err := out.Write(z.descriptor(nil, b.first))
		return err
	}
	return nil
}

// zipName returns an entry's name in a zip: folders end in a slash.
func zipName(e *Entry) string {
	if e.Mode.IsDir() {
		return e.Name + "/"
	}
	return e.Name
}

// follows reports whether an entry's sizes follow its content.
func (z *zipFormat) follows(i int) bool {
	return z.tree.Entries[i].Size > blockSize && z.done[i].method == methodDeflate
}

func (z *zipFormat) crc(i int) uint32 {
	if e := &z.tree.Entries[i]; e.Mode&fs.ModeSymlink != 0 {
		return crc32.ChecksumIEEE([]byte(e.Link))
	}
	return z.tree.contents[i].crc
}

// rawSize returns the size of an entry's content in a zip, where a link's content is its target.
func rawSize(e *Entry) int64 { return e.Size + int64(len(e.Link)) }

var little = binary.LittleEndian

// common appends what both headers of an entry have: from the version that is needed to the length of the name.
func (z *zipFormat) common(dst []byte, i int, zip64, open bool) []byte {
	e, d := &z.tree.Entries[i], &z.done[i]
	version, flags := uint16(version20), uint16(flagUTF8)
	crc, packed, raw := z.crc(i), d.packed, rawSize(e)
	if z.follows(i) {
		flags |= flagDescriptor
		if open {
			crc, packed, raw = 0, 0, 0
		}
	}
	if zip64 {
		version, packed, raw = version45, max32, max32
	}
	dst = little.AppendUint16(dst, version)
	dst = little.AppendUint16(dst, flags)
	dst = little.AppendUint16(dst, d.method)
	dst = little.AppendUint16(dst, 0) // time of day
	dst = little.AppendUint16(dst, firstDay)
	dst = little.AppendUint32(dst, crc)
	dst = little.AppendUint32(dst, uint32(packed))
	dst = little.AppendUint32(dst, uint32(raw))
	return little.AppendUint16(dst, uint16(len(zipName(e))))
}

// local appends the header before an entry's content.
func (z *zipFormat) local(dst []byte, i int) []byte {
	e := &z.tree.Entries[i]
	zip64 := e.Size >= huge
	dst = append(dst, "PK\x03\x04"...)
	dst = z.common(dst, i, zip64, true)
	if !zip64 {
		dst = little.AppendUint16(dst, 0)
		return append(dst, zipName(e)...)
	}
	raw, packed := e.Size, z.done[i].packed
	if z.follows(i) {
		raw, packed = 0, 0
	}
	dst = little.AppendUint16(dst, 2+2+8+8)
	dst = append(dst, zipName(e)...)
	dst = little.AppendUint16(dst, zip64Field)
	dst = little.AppendUint16(dst, 8+8)
	dst = little.AppendUint64(dst, uint64(raw))
	return little.AppendUint64(dst, uint64(packed))
}

// descriptor appends what follows a large file's content. Its sizes have eight bytes if the local header has a zip64 field.
func (z *zipFormat) descriptor(dst []byte, i int) []byte {
	size, packed := uint64(z.tree.Entries[i].Size), uint64(z.done[i].packed)
	dst = append(dst, "PK\x07\x08"...)
	dst = little.AppendUint32(dst, z.crc(i))
	if size >= huge {
		dst = little.AppendUint64(dst, packed)
		return little.AppendUint64(dst, size)
	}
	dst = little.AppendUint32(dst, uint32(packed))
	return little.AppendUint32(dst, uint32(size))
}

// central appends an entry's header in the directory.
func (z *zipFormat) central(dst []byte, i int) []byte {
	e, d := &z.tree.Entries[i], &z.done[i]
	sizes, far := e.Size >= huge, d.offset >= max32
	version, extra := uint16(hostUnix|version20), uint16(0)
	if sizes {
		extra += 8 + 8
	}
	if far {
		extra += 8
	}
	if extra > 0 {
		version, extra = hostUnix|version45, extra+2+2
	}
	dst = append(dst, "PK\x01\x02"...)
	dst = little.AppendUint16(dst, version)
	dst = z.common(dst, i, sizes, false)
	dst = little.AppendUint16(dst, extra)
	dst = append(dst, 0, 0, 0, 0, 0, 0) // comment, disk, whether it is text
	dst = little.AppendUint32(dst, unixMode(e.Mode))
	dst = little.AppendUint32(dst, uint32(min(d.offset, max32)))
	dst = append(dst, zipName(e)...)
	if extra == 0 {
		return dst
	}
	dst = little.AppendUint16(dst, zip64Field)
	dst = little.AppendUint16(dst, extra-2-2)
	if sizes {
		dst = little.AppendUint64(dst, uint64(e.Size))
		dst = little.AppendUint64(dst, uint64(d.packed))
	}
	if far {
		dst = little.AppendUint64(dst, uint64(d.offset))
	}
	return dst
}

// unixMode returns a mode as zip's external attributes, with MS-DOS's bit for folders.
func unixMode(m fs.FileMode) uint32 {
	const regular, link, folder, dosFolder = 0o100000, 0o120000, 0o040000, 0x10
	perm := uint32(m.Perm())
	switch {
	case m.IsDir():
		return (folder|perm)<<16 | dosFolder
	case m&fs.ModeSymlink != 0:
		return (link | perm) << 16
	}
	return (regular | perm) << 16
}

// end writes the directory.
func (z *zipFormat) end(out *output) error {
	start := out.n
	buf := make([]byte, 0, 64<<10)
	for i := range z.tree.Entries {
		if buf = z.central(buf, i); len(buf) > cap(buf)/2 {
			if _, err := out.Write(buf); err != nil {
				return err
			}
			buf = buf[:0]
		}
	}
	size := out.n + int64(len(buf)) - start
	n := int64(len(z.tree.Entries))
	if n >= max16 || size >= max32 || start >= max32 {
		buf = zip64End(buf, n, start, size)
	}
	buf = append(buf, "PK\x05\x06\x00\x00\x00\x00"...)
	buf = little.AppendUint16(buf, uint16(min(n, max16)))
	buf = little.AppendUint16(buf, uint16(min(n, max16)))
	buf = little.AppendUint32(buf, uint32(min(size, max32)))
	buf = little.AppendUint32(buf, uint32(min(start, max32)))
	buf = little.AppendUint16(buf, 0)
	_, err := out.Write(buf)
	return err
}

// zip64End appends the directory's end as zip64 has it, and where to find that.
func zip64End(buf []byte, n, start, size int64) []byte {
	buf = append(buf, "PK\x06\x06"...)
	buf = little.AppendUint64(buf, 44) // what follows of this record
	buf = little.AppendUint16(buf, hostUnix|version45)
	buf = little.AppendUint16(buf, version45)
	buf = append(buf, 0, 0, 0, 0, 0, 0, 0, 0) // disks
	buf = little.AppendUint64(buf, uint64(n))
	buf = little.AppendUint64(buf, uint64(n))
	buf = little.AppendUint64(buf, uint64(size))
	buf = little.AppendUint64(buf, uint64(start))
	buf = append(buf, "PK\x06\x07\x00\x00\x00\x00"...)
	buf = little.AppendUint64(buf, uint64(start+size))
	return little.AppendUint32(buf, 1)
}
