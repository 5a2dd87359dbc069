package bundle

import (
	"bytes"
	"reflect"
	"sort"
	"testing"
)

// TestWithoutOpenat2: where the system can't open a path in one call, or a container forbids it, the bundle is the same to the byte.
func TestWithoutOpenat2(t *testing.T) {
	dir := sample.build(t)
	want := mustScan(t, dir, Options{Workers: 2})
	root, err := openTop(dir)
	must(t, err)
	defer root.Close()
	if root.beneath == nil {
		t.Skip("this system has no openat2")
	}
	root.beneath.Close()
	root.beneath = nil

	got := &Tree{Root: want.Root, Manifest: &Manifest{}, workers: 2, level: want.level}
	w := &walker{root: root, tree: got, leave: map[string]bool{}}
	must(t, w.walk(t.Context()))
	sort.Sort((*byName)(got))
	must(t, got.hash(t.Context(), root, nil))
	if !reflect.DeepEqual(got.Entries, want.Entries) {
		t.Errorf("entries are %v, want %v", got.Entries, want.Entries)
	}
	var b bytes.Buffer
	out := &output{w: &b}
	z := newZip(got)
	must(t, got.each(t.Context(), root, z, func(b *block) error { return z.join(b, out) }))
	must(t, z.end(out))
	if !bytes.Equal(b.Bytes(), mustWrite(t, want, Zip)) {
		t.Error("the bundle differs")
	}
}
