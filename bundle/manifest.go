package bundle

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"io/fs"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Entry is one file, symbolic link or folder of a bundle.
type Entry struct {
	Name   string      // slash path below the root, without a slash at the end
	Mode   fs.FileMode // normalised: files 0644 or 0755, folders fs.ModeDir|0755, links fs.ModeSymlink|0777
	Size   int64       // of a file's content in bytes; 0 for others
	Link   string      // target of a symbolic link
	Digest [32]byte    // SHA-256 of a file's content; zero for others, and where contents weren't read (List)
}

// Manifest is what a bundle holds. Entries are files, symbolic links and empty folders, sorted by name, bytewise, each name once.
type Manifest struct {
	Entries []Entry
	Size    int64 // sum of the entries' sizes
	// Twice names what stands in an archive more than once; unpackers let the last one count. Empty for a folder, and no part of the digest.
	Twice []string
}

// Normalised modes of an [Entry].
const (
	modeFile   fs.FileMode = 0o644
	modeExec   fs.FileMode = 0o755
	modeFolder             = fs.ModeDir | 0o755
	modeLink               = fs.ModeSymlink | 0o777
)

// normalFile returns a file's mode in a bundle: git's rule, except that any execute bit counts.
func normalFile(perm fs.FileMode) fs.FileMode {
	if perm&0o111 != 0 {
		return modeExec
	}
	return modeFile
}

// Digest returns "sha256:" and the hexadecimal SHA-256 of the text that WriteText writes. It depends on names, modes, contents and
// links only: neither on the archive's type and compression nor on where it was made.
func (m *Manifest) Digest() string {
	h := sha256.New()
	if err := m.WriteText(h); err != nil {
		panic(err) // a hash never fails to write
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

// WriteText writes the manifest as text, version 1. Its first line is
//
//	codedeploy-steps bundle manifest 1
//
// and each entry is a line of five fields parted by one space, the name last, so that a name may hold spaces:
//
//	file 0644 <size> <SHA-256 of the content> <name>
//	file 0755 <size> <SHA-256 of the content> <name>
//	link 0777 <bytes of the target> <SHA-256 of the target> <name>
//	dir 0755 0 - <name>
//
// Names hold no line break: Scan and Read refuse it. A change of this form gets another number.
func (m *Manifest) WriteText(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, "codedeploy-steps bundle manifest 1")
	for i := range m.Entries {
		e := &m.Entries[i]
		line := out.AvailableBuffer()
		switch {
		case e.Mode.IsDir():
			line = append(line, "dir 0755 0 -"...)
		case e.Mode&fs.ModeSymlink != 0:
			line = appendLine(line, "link 0777 ", int64(len(e.Link)), sha256.Sum256([]byte(e.Link)))
		case e.Mode.Perm() == modeExec:
			line = appendLine(line, "file 0755 ", e.Size, e.Digest)
		default:
			line = appendLine(line, "file 0644 ", e.Size, e.Digest)
		}
		line = append(append(append(line, ' '), e.Name...), '\n')
		if _, err := out.Write(line); err != nil {
			return err
		}
	}
	return out.Flush()
}

func appendLine(line []byte, begin string, size int64, digest [32]byte) []byte {
	line = strconv.AppendInt(append(line, begin...), size, 10)
	return hex.AppendEncode(append(line, ' '), digest[:])
}

// LinksOutside returns the links that lead out of the root, directly or through other links. Scan refuses them; an archive
// that somebody else made may hold them, and the agent creates them.
func (m *Manifest) LinksOutside() []Entry {
	targets := map[string]string{}
	for i := range m.Entries {
		if e := &m.Entries[i]; e.Mode&fs.ModeSymlink != 0 {
			targets[e.Name] = e.Link
		}
	}
	var out []Entry
	for i := range m.Entries {
		e := &m.Entries[i]
		if e.Mode&fs.ModeSymlink == 0 {
			continue
		}
		_, err := follow(e.Name, func(name string) (string, bool) { t, ok := targets[name]; return t, ok })
		if errors.Is(err, errOutside) {
			out = append(out, *e)
		}
	}
	return out
}

// Collisions returns the pairs of names that differ in case or in Unicode's normal form only. Linux keeps both; Windows and macOS keep one
// of them. Folders count too: "Web/a" and "web/b" are the pair "Web", "web".
func (m *Manifest) Collisions() [][2]string {
	if !m.mayCollide() {
		return nil
	}
	seen, told := map[string]string{}, map[string]bool{}
	var pairs [][2]string
	for name := range m.paths {
		key := string(fold(nil, name))
		first, ok := seen[key]
		switch {
		case !ok:
			seen[key] = name
		case first != name && !told[name]:
			told[name] = true
			pairs = append(pairs, [2]string{first, name})
		}
	}
	return pairs
}

// mayCollide reports whether there can be collisions. Most trees have none, and their hashes tell that for a fraction of what the names cost.
func (m *Manifest) mayCollide() bool {
	seed, seen := maphash.MakeSeed(), make(map[uint64]struct{}, len(m.Entries))
	var key []byte
	for name := range m.paths {
		key = fold(key[:0], name)
		n := len(seen)
		if seen[maphash.Bytes(seed, key)] = struct{}{}; len(seen) == n {
			return true
		}
	}
	return false
}

// fold appends to b what all names have in common that Windows or macOS may take for this one.
func fold(b []byte, name string) []byte {
	for i := range len(name) {
		c := name[i]
		switch {
		case c >= utf8.RuneSelf:
			return append(b[:len(b)-i], strings.ToLower(norm.NFC.String(name))...)
		case 'A' <= c && c <= 'Z':
			c += 'a' - 'A'
		}
		b = append(b, c)
	}
	return b
}

// paths yields each entry's name, and before it the folders that it lies in, but for those of the entry before.
func (m *Manifest) paths(yield func(string) bool) {
	before := ""
	for i := range m.Entries {
		for name := range prefixes(m.Entries[i].Name) {
			if len(before) > len(name) && before[len(name)] == '/' && strings.HasPrefix(before, name) {
				continue
			}
			if !yield(name) {
				return
			}
		}
		before = m.Entries[i].Name
	}
}

// prefixes yields the folders that name lies in, outermost first, and then name itself.
func prefixes(name string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for i := range len(name) {
			if name[i] == '/' && !yield(name[:i]) {
				return
			}
		}
		yield(name)
	}
}
