package bundle

// Stamp is what the file system says of a file without opening it. A file
// whose stamp is the same was most likely not written since; times can be set
// and clocks turned back, so what rests on stamps is proven before it is used.
type Stamp struct {
	Size          int64
	Modified      int64 // nanoseconds since 1970
	Changed       int64 // of the inode, which programs can't set; nanoseconds since 1970
	Inode, Device uint64
}

// Known answers the digest that a file had under a stamp, from an earlier scan. It is asked in the order of the names.
type Known func(name string, s Stamp) (digest [32]byte, ok bool)
