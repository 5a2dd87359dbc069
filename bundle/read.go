package bundle

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"slices"
)

// Read returns the manifest of an archive, the same that Scan gives for the folder which the archive unpacks to. It reads all
// contents and checks their checksums, within the default Limits. Links that lead out are kept: see Manifest.LinksOutside.
func Read(ctx context.Context, r io.ReaderAt, size int64, typ Type) (*Manifest, error) {
	l := newLayout()
	m := newMeter(ctx, size, Limits{})
	buf := make([]byte, 128<<10)
	err := eachWithContent(m, r, typ, func(it *item) error {
		switch {
		case it.hard != "":
			first, err := l.hardTarget(it)
			if err != nil {
				return err
			}
			it.Digest, it.Size = first.Digest, first.Size
		case it.Mode.IsRegular():
			if err := digest(m, it, buf); err != nil {
				return err
			}
		}
		it.open = nil // or each node would keep its archive's reader
		return l.add(it)
	})
	if err != nil {
		return nil, err
	}
	manifest := &Manifest{Twice: l.twice}
	for _, n := range l.nodes {
		if n.item.Mode.IsDir() && (n.children > 0 || n.item.Name == ".") {
			continue
		}
		manifest.Entries = append(manifest.Entries, n.item.Entry)
		manifest.Size += n.item.Size
	}
	slices.SortFunc(manifest.Entries, func(a, b Entry) int { return cmp.Compare(a.Name, b.Name) })
	return manifest, nil
}

// digest reads an item's content and fills in its digest.
func digest(m *meter, it *item, buf []byte) error {
	c, err := it.open()
	if err != nil {
		return err
	}
	defer c.Close()
	h := sha256.New()
	n, err := io.CopyBuffer(struct{ io.Writer }{h}, &metered{c, m, it.Name}, buf)
	if err != nil {
		return damaged(it.Name, err)
	}
	if n != it.Size {
		return damaged(it.Name, fmt.Errorf("it has %d bytes and should have %d", n, it.Size))
	}
	h.Sum(it.Digest[:0])
	return nil
}
