package bundle

import (
	"context"
	"fmt"
	"io"
	"io/fs"
)

// item is one entry of an archive that is being read. What List, Read, Open and Extract share is here and in readzip.go and readtar.go:
// names, types and links are checked before anybody sees an item.
type item struct {
	Entry             // of a hard link: its target's mode and size
	perm  fs.FileMode // the archive's own permission bits
	hard  string      // name of the entry that a hard link stands for, else ""
	// header is the number of a tar's header, counted from 1.
	header int
	// open returns a file's content. In a tar that is read from front to back it works only until the next item.
	open func() (io.ReadCloser, error)
}

// each calls visit for every entry of the archive in its order, and returns the first error. The root's own entry is left out.
func each(m *meter, r io.ReaderAt, typ Type, visit func(*item) error) error {
	r = device{r}
	found, err := sniff(r, m.size)
	if err != nil {
		return err
	}
	switch {
	case typ == Zip && found == Zip:
		return eachZip(m, r, visit)
	// tar itself finds out about compression, so that the agent unpacks a gzipped tar that was registered as tar.
	case typ == TGZ && found == TGZ, typ == Tar && found == TGZ:
		return eachTGZ(m, r, visit)
	case typ == Tar && found == Tar:
		return eachTar(m, io.NewSectionReader(r, 0, m.size), visit)
	}
	if _, err := ParseType(string(typ)); err != nil {
		return err
	}
	return fmt.Errorf("%w: it should be a %s and is a %s", ErrFormat, typ, found)
}

// eachWithContent is each for callers that read contents. A zip says at its end how much it holds, so all of its entries are checked before
// the first is visited, and a bomb need not go off to be noticed.
func eachWithContent(m *meter, r io.ReaderAt, typ Type, visit func(*item) error) error {
	if typ == Zip {
		first := newMeter(m.ctx, m.size, m.limits)
		if err := each(first, r, typ, func(it *item) error { return first.content(it.Name, it.Size) }); err != nil {
			return err
		}
	}
	return each(m, r, typ, visit)
}

// List returns the entries of an archive as they stand in it: in its order, folders and duplicates included, modes normalised, digests
// zero. Contents aren't looked at, except that a tgz must be decompressed to find its entries.
func List(r io.ReaderAt, size int64, typ Type) ([]Entry, error) {
	var list []Entry
	err := each(newMeter(context.Background(), size, Limits{}), r, typ, func(it *item) error {
		list = append(list, it.Entry)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}
