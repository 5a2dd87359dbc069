package bundle

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"sync"
)

// Write streams the archive of a scanned tree to w, on as many cores as the tree's options say, in the order of the entries. Every file is
// checked again on the way: one that changed, grew, shrank or vanished since Scan ends the writing with a *PathError (ErrChanged), and what w
// got until then is no archive. The same tree gives the same bytes, with any number of workers. w is written to by the caller's goroutine only.
func Write(ctx context.Context, w io.Writer, t *Tree, typ Type) error {
	root, err := openTop(t.Root)
	if err != nil {
		return err
	}
	defer root.Close()
	f, err := newFormat(t, typ)
	if err != nil {
		return err
	}
	if err := t.Prove(ctx); err != nil {
		return err
	}
	out := &output{w: w}
	meter := newProgress(t, Writing)
	err = t.each(ctx, root, f, func(b *block) error {
		before := out.n
		if err := f.join(b, out); err != nil {
			return err
		}
		meter.add(b.entries(), b.raw, out.n-before)
		return nil
	})
	before := out.n
	if err == nil {
		err = f.end(out)
	}
	if err != nil {
		return writeError(typ, err)
	}
	meter.now.Written += out.n - before
	meter.end()
	return nil
}

// writeError leaves alone what blames a file or says that the context ended: all else is the archive's writer's fault.
func writeError(typ Type, err error) error {
	var ours *PathError
	if errors.As(err, &ours) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return fmt.Errorf("write the %s: %w", typ, err)
}

// output counts what the archive has so far.
type output struct {
	w io.Writer
	n int64
}

func (o *output) Write(p []byte) (int, error) {
	n, err := o.w.Write(p)
	o.n += int64(n)
	return n, err
}

// format is a kind of archive. fill is called by several workers at once, the others in the order of the blocks.
type format interface {
	run() int64                       // how many bytes of small files make one piece of work
	fill(w *worker, b *block) error   // makes b.out
	join(b *block, out *output) error // writes b.out, and what only now is known
	end(out *output) error
}

func newFormat(t *Tree, typ Type) (format, error) {
	switch typ {
	case Zip:
		return newZip(t), nil
	case Tar:
		return &tarFormat{tree: t}, nil
	case TGZ:
		return &tarFormat{tree: t, gzip: true}, nil
	}
	_, err := ParseType(string(typ))
	return nil, err
}

// worker makes blocks, one after the other.
type worker struct {
	ctx   context.Context
	tree  *Tree
	root  *top
	files opener
	z     *deflater
	in    []byte // room for a block of a file, and a byte
	raw   []byte // of tgz
}

// read reads the n-th block of the i-th entry's file and makes sure that it is what Scan saw.
func (w *worker) read(i, n int) ([]byte, error) {
	if err := w.ctx.Err(); err != nil {
		return nil, err
	}
	e := &w.tree.Entries[i]
	f, err := w.files.open(e)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := readBlock(f, e, n, w.in)
	if err != nil {
		return nil, err
	}
	if crc32.ChecksumIEEE(b) != w.tree.sums[w.tree.contents[i].sums+n] {
		return nil, changed(e.Name, "its content changed since it was scanned")
	}
	return b, nil
}

// each has the blocks of the tree filled by workers and calls join for each, in order. It returns the first error in that order, and
// only when no worker works any more. There are never more blocks than a few for each worker, whatever the size of the tree.
func (t *Tree) each(ctx context.Context, root *top, f format, join func(*block) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	n := t.workers
	room := 3*n + 1
	free, work, order := make(chan *block, room), make(chan *block, room), make(chan *block, room)
	for range room {
		free <- &block{done: make(chan error, 1)}
	}
	var wait sync.WaitGroup
	wait.Go(func() {
		defer close(order)
		defer close(work)
		for p := range t.pieces(f.run()) {
			select {
			case b := <-free:
				b.piece, b.out, b.raw, b.crc = p, b.out[:0], 0, 0
				work <- b
				order <- b
			case <-ctx.Done():
				return
			}
		}
	})
	for range n {
		wait.Go(func() {
			z, bad := newDeflater(t.level)
			w := &worker{ctx: ctx, tree: t, root: root, files: opener{tree: t, root: root}, z: z, in: make([]byte, blockSize+1)}
			defer w.files.close()
			for b := range work {
				err := bad
				if err == nil {
					err = f.fill(w, b)
				}
				b.done <- err
			}
		})
	}
	var first error
	for b := range order {
		err := <-b.done
		if err == nil {
			err = ctx.Err()
		}
		if first == nil && err == nil {
			err = join(b)
		}
		if first == nil && err != nil {
			first = err
			cancel()
		}
		free <- b
	}
	wait.Wait()
	if first == nil {
		first = ctx.Err()
	}
	return first
}
