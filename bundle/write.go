package bundle

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// level is the deflate level: of klauspost/compress's levels, 6 is the one that none beats in both size and time.
const level = 6

// Write streams the archive of a scanned tree to w. Every file is hashed again on the way: one that changed, grew, shrank
// or vanished since Scan ends the writing with a *PathError (ErrChanged), and what w got until then is no archive. The same tree
// gives the same bytes.
func Write(ctx context.Context, w io.Writer, t *Tree, typ Type) error {
	root, err := os.OpenRoot(t.Root)
	if err != nil {
		return fmt.Errorf("open folder %s: %w", t.Root, cause(err))
	}
	defer root.Close()
	out := bufio.NewWriterSize(w, 256<<10)
	a, err := newArchive(out, typ)
	if err != nil {
		return err
	}
	for i := range t.Entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := t.put(ctx, root, a, i); err != nil {
			return writeError(typ, err)
		}
	}
	if err := a.close(); err != nil {
		return writeError(typ, err)
	}
	if err := out.Flush(); err != nil {
		return writeError(typ, err)
	}
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

// put adds the i-th entry to the archive.
func (t *Tree) put(ctx context.Context, root *os.Root, a archive, i int) error {
	e := &t.Entries[i]
	if !e.Mode.IsRegular() {
		if err := t.check(root, e); err != nil {
			return err
		}
		return a.bare(e)
	}
	src, err := t.source(ctx, root, e)
	if err != nil {
		return err
	}
	defer src.Close()
	return a.file(e, t.crcs[i], src)
}

// archive writes entries in one format, in the order in which they come.
type archive interface {
	bare(e *Entry) error                              // adds a folder or a link
	file(e *Entry, crc uint32, content *source) error // adds a file and reads its content to the end
	close() error
}

func newArchive(w io.Writer, typ Type) (archive, error) {
	switch typ {
	case Zip:
		return newZip(w)
	case Tar:
		return newTar(w), nil
	case TGZ:
		return newTGZ(w)
	}
	_, err := ParseType(string(typ))
	return nil, err
}
