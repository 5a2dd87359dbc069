package bundle

import (
	"context"
	"crypto/sha256"
	"hash"
	"hash/crc32"
	"sync"
	"sync/atomic"
)

// content is what Scan notes about a file beside its entry.
type content struct {
	crc   uint32 // CRC-32, for zip
	noise bool   // a file of several blocks that deflate can't make smaller
	sums  int    // index of its first block's sum in Tree.sums
	known bool   // its digest was not computed, and the rest of this is not there
}

// hash reads every file of the tree and fills in its digest. Files are independent, so each core takes the next one; the
// error that is told is that of the first file by name among those that failed.
func (t *Tree) hash(ctx context.Context, root *top, known Known) error {
	t.contents = make([]content, len(t.Entries))
	sums, reads := 0, false
	for i := range t.Entries {
		if e := &t.Entries[i]; e.Mode.IsRegular() {
			t.contents[i].sums = sums
			sums += blocks(e.Size)
			t.Size += e.Size
			if known != nil && t.Stamps[i] != (Stamp{}) {
				e.Digest, t.contents[i].known = known(e.Name, t.Stamps[i])
			}
			reads = reads || !t.contents[i].known
		}
	}
	t.sums = make([]uint32, sums)
	if !reads {
		meter := newProgress(t, Hashing)
		meter.add(len(t.Entries), t.Size, 0)
		meter.end()
		return ctx.Err()
	}
	return t.read(ctx, root, (*hasher).entry)
}

// Prove reads the files whose digests Options.Known told, too. If one of them has another digest, that is a *PathError (ErrChanged).
func (t *Tree) Prove(ctx context.Context) error {
	proven := true
	for i := range t.contents {
		proven = proven && !t.contents[i].known
	}
	if proven {
		return nil
	}
	root, err := openTop(t.Root)
	if err != nil {
		return err
	}
	defer root.Close()
	return t.read(ctx, root, (*hasher).prove)
}

// read carries out a work on every entry.
func (t *Tree) read(ctx context.Context, root *top, work func(*hasher, int) error) error {
	errs := make([]error, len(t.Entries))
	var next atomic.Int64
	var stop atomic.Bool
	var wait sync.WaitGroup
	meter := newProgress(t, Hashing)
	for range min(t.workers, len(t.Entries)) {
		wait.Go(func() {
			h := hasher{ctx: ctx, files: opener{tree: t, root: root}, tree: t, sum: sha256.New(), buf: make([]byte, blockSize+1), meter: meter}
			defer h.files.close()
			for !stop.Load() {
				i := int(next.Add(1)) - 1
				if i >= len(t.Entries) {
					return
				}
				if errs[i] = work(&h, i); errs[i] != nil {
					stop.Store(true)
				}
			}
		})
	}
	wait.Wait()
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	meter.end()
	return nil
}

// hasher hashes one file after the other.
type hasher struct {
	ctx   context.Context
	files opener
	tree  *Tree
	sum   hash.Hash
	buf   []byte
	meter *progress
}

// prove hashes a file whose digest was told.
func (h *hasher) prove(i int) error {
	e, c := &h.tree.Entries[i], &h.tree.contents[i]
	if !c.known {
		return nil
	}
	told := e.Digest
	c.known = false
	if err := h.entry(i); err != nil {
		return err
	}
	if e.Digest != told {
		return changed(e.Name, "its content is another one than its time and size tell")
	}
	return nil
}

func (h *hasher) entry(i int) error {
	e, c := &h.tree.Entries[i], &h.tree.contents[i]
	if !e.Mode.IsRegular() || c.known {
		h.meter.add(1, e.Size, 0)
		return nil
	}
	f, err := h.files.open(e)
	if err != nil {
		return err
	}
	defer f.Close()
	h.sum.Reset()
	text := int64(0) // bytes that look as if they could be made smaller
	for n := range blocks(e.Size) {
		if err := h.ctx.Err(); err != nil {
			return err
		}
		b, err := readBlock(f, e, n, h.buf)
		if err != nil {
			return err
		}
		if n == 0 && h.tree.noExec && len(b) >= 2 && b[0] == '#' && b[1] == '!' {
			e.Mode = modeExec
		}
		h.sum.Write(b)
		before, sum := c.crc, crc32.ChecksumIEEE(b)
		h.tree.sums[c.sums+n] = sum
		if c.crc = sum; n > 0 {
			c.crc = combineCRC(before, sum, int64(len(b)))
		}
		if e.Size > blockSize && text <= e.Size/64 {
			text += int64(len(b) - noiseIn(b))
		}
		if n < blocks(e.Size)-1 {
			h.meter.add(0, int64(len(b)), 0)
		} else {
			h.meter.add(1, int64(len(b)), 0)
		}
	}
	c.noise = e.Size > blockSize && text <= e.Size/64
	h.sum.Sum(e.Digest[:0])
	return nil
}

// noiseIn returns how many bytes of a block are long noise.
func noiseIn(b []byte) int {
	n := 0
	for at := 0; at < len(b); {
		begin, end := nextNoise(b, at)
		n += end - begin
		at = end
	}
	return n
}
