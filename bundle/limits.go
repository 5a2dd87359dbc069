package bundle

import (
	"context"
	"fmt"
	"io"
)

// Limits bound what reading an archive may cost, so that a small one can't fill a disk or a memory. A field that is 0 has its
// default, a negative one no limit.
type Limits struct {
	Bytes   int64 // bytes of contents unpacked; default 32 GiB
	Entries int64 // entries; default 1,000,000
	// Ratio is how many times its size an archive may unpack to; default 200. It counts beyond the first GiB, because a small bundle
	// with an honest file of zeros has a ratio of 1000.
	Ratio int64
}

const (
	ratioFree = 1 << 30   // bytes that no ratio forbids
	nameBytes = 256 << 20 // bytes of names that one archive may have: they are kept in memory
	tarSlack  = 64 << 20  // bytes of a compressed tar that may be headers and padding, beyond 4 KiB an entry
)

func (l Limits) withDefaults() Limits {
	set := func(v *int64, def int64) {
		if *v == 0 {
			*v = def
		}
	}
	set(&l.Bytes, 32<<30)
	set(&l.Entries, 1_000_000)
	set(&l.Ratio, 200)
	return l
}

// meter counts what reading one archive costs.
type meter struct {
	ctx     context.Context
	limits  Limits
	size    int64 // of the archive
	entries int64
	names   int64
	bytes   int64 // of contents
}

func newMeter(ctx context.Context, size int64, l Limits) *meter {
	return &meter{ctx: ctx, limits: l.withDefaults(), size: size}
}

// entry counts an entry by the name it has.
func (m *meter) entry(name string) error {
	if err := m.ctx.Err(); err != nil {
		return err
	}
	m.entries++
	m.names += int64(len(name))
	if l := m.limits.Entries; l > 0 && m.entries > l {
		return fmt.Errorf("%w: the archive has more than %d entries", ErrLimit, l)
	}
	if m.names > nameBytes {
		return fmt.Errorf("%w: the archive's names take more than %d bytes", ErrLimit, int64(nameBytes))
	}
	return nil
}

// content counts n bytes of the contents of the entry called name, before or while they are unpacked.
func (m *meter) content(name string, n int64) error {
	m.bytes += n
	return m.allow(name, m.bytes, 0)
}

func (m *meter) allow(name string, bytes, slack int64) error {
	l := m.limits
	switch {
	case bytes < 0 || l.Bytes > 0 && bytes-slack > l.Bytes:
		return &PathError{Path: name, Reason: fmt.Sprintf("with it the archive unpacks to more than %d bytes", l.Bytes), Err: ErrLimit}
	case l.Ratio > 0 && bytes-slack > ratioFree && bytes/l.Ratio > m.size:
		return &PathError{Path: name, Reason: fmt.Sprintf("with it the archive unpacks to more than %d times its size", l.Ratio), Err: ErrLimit}
	}
	return nil
}

// metered reads an entry's content under a meter.
type metered struct {
	io.Reader
	meter *meter
	name  string
}

func (r *metered) Read(p []byte) (int, error) {
	if err := r.meter.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := r.Reader.Read(p)
	if over := r.meter.content(r.name, int64(n)); over != nil {
		return 0, over
	}
	return n, err
}

// meteredStream reads a decompressed tar, of which List and Open skip the contents but still have to decompress them.
type meteredStream struct {
	io.Reader
	meter *meter
	name  string // of the entry that is being read
	n     int64
}

func (r *meteredStream) Read(p []byte) (int, error) {
	if err := r.meter.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := r.Reader.Read(p)
	r.n += int64(n)
	if over := r.meter.allow(r.name, r.n, tarSlack+4096*r.meter.entries); over != nil {
		return 0, over
	}
	return n, err
}
