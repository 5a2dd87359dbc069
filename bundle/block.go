package bundle

import "iter"

// piece is a piece of work: a run of whole entries, or one block of a large file.
type piece struct {
	first, last int  // entries, from first up to before last
	n           int  // which block of the first entry's file
	large       bool // it is a block of a large file
	ends        bool // it is that file's last
	final       bool // the archive's last piece
}

// entries returns how many entries end with the piece.
func (b *block) entries() int {
	if b.large && !b.ends {
		return 0
	}
	return b.last - b.first
}

// pieces yields the tree's work in order, small files in runs of some bytes. Where pieces begin depends on names and sizes only, so that the
// archive doesn't depend on the number of workers. There is always a last piece, if need be one without entries.
func (t *Tree) pieces(run int64) iter.Seq[piece] {
	return func(yield func(piece) bool) {
		const each = 512 // what an entry costs beside its content
		first, weight := 0, int64(0)
		for i := range t.Entries {
			e := &t.Entries[i]
			large := e.Size > blockSize
			if first < i && (large || weight+each+e.Size > run) {
				if !yield(piece{first: first, last: i}) {
					return
				}
				first, weight = i, 0
			}
			weight += each + e.Size
			if !large {
				continue
			}
			for n := range blocks(e.Size) {
				if !yield(piece{first: i, last: i + 1, n: n, large: true, ends: n == blocks(e.Size)-1}) {
					return
				}
			}
			first, weight = i+1, 0
		}
		yield(piece{first: first, last: len(t.Entries), final: true})
	}
}

// block is a piece and the bytes of the archive that it becomes.
type block struct {
	piece
	out  []byte // a part of the archive
	raw  int64  // bytes of contents
	crc  uint32 // of what is gzipped
	size int64  // of what is gzipped
	done chan error
}
