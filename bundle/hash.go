package bundle

import (
	"context"
	"crypto/sha256"
	"errors"
	"hash/crc32"
	"io"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
)

// hash reads every file of the tree and fills in its digest. Files are independent, so each core takes the next one; the
// error that is told is that of the first file by name among those that failed.
func (t *Tree) hash(ctx context.Context, root *os.Root) error {
	t.crcs = make([]uint32, len(t.Entries))
	errs := make([]error, len(t.Entries))
	var next atomic.Int64
	var stop atomic.Bool
	var wait sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), 8, len(t.Entries)) {
		wait.Go(func() {
			h := hasher{ctx: ctx, root: root, tree: t, buf: make([]byte, 128<<10)}
			for !stop.Load() {
				i := int(next.Add(1)) - 1
				if i >= len(t.Entries) {
					return
				}
				if errs[i] = h.entry(i); errs[i] != nil {
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
	for i := range t.Entries {
		t.Size += t.Entries[i].Size
	}
	return nil
}

// hasher hashes one file after the other.
type hasher struct {
	ctx  context.Context
	root *os.Root
	tree *Tree
	buf  []byte
}

func (h *hasher) entry(i int) error {
	e := &h.tree.Entries[i]
	if !e.Mode.IsRegular() {
		return nil
	}
	f, err := h.tree.open(h.root, e)
	if err != nil {
		return err
	}
	defer f.Close()
	sum, crc := sha256.New(), crc32.NewIEEE()
	var size int64
	for {
		if err := h.ctx.Err(); err != nil {
			return err
		}
		n, err := f.Read(h.buf)
		if size == 0 && h.tree.noExec && n >= 2 && h.buf[0] == '#' && h.buf[1] == '!' {
			e.Mode = modeExec
		}
		sum.Write(h.buf[:n])
		crc.Write(h.buf[:n])
		// A file that grows for ever would be read for ever.
		if size += int64(n); size > e.Size {
			return changed(e.Name, "it grew while it was read")
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return failed(e.Name, "can't be read", err)
		}
	}
	if size < e.Size {
		return changed(e.Name, "it shrank while it was read")
	}
	sum.Sum(e.Digest[:0])
	h.tree.crcs[i] = crc.Sum32()
	return nil
}
