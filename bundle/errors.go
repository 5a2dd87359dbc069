package bundle

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What kind of trouble an error is; errors.Is finds it in what this package returns.
var (
	// ErrRefused: a file or an entry that no bundle may hold, for example a device or a name with "..".
	ErrRefused = errors.New("refused")
	// ErrChanged: a file is no longer what Scan saw.
	ErrChanged = errors.New("changed since it was scanned")
	// ErrFormat: an archive that is damaged, cut off, or not of the type it should be.
	ErrFormat = errors.New("not a sound archive")
	// ErrLimit: an archive that unpacks to more than the limits allow.
	ErrLimit = errors.New("over the limit")
)

// PathError says what is wrong with one file of a folder or with one entry of an archive.
type PathError struct {
	Path   string // slash path below the root, as found: it may hold any byte
	Reason string // what is wrong and, where it isn't plain, what would be right
	Err    error  // one of this package's Err values, or the system's error
}

// Error quotes a path that a terminal or a runner could take for more than a path.
func (e *PathError) Error() string { return printable(e.Path) + ": " + e.Reason }

// Unwrap returns the kind of trouble.
func (e *PathError) Unwrap() error { return e.Err }

// PathErrors say what is wrong with several files of a folder, in the order of their paths.
type PathErrors []*PathError

// Error tells the first ten, one a line, and how many more there are.
func (e PathErrors) Error() string {
	const shown = 10
	var lines []string
	for _, p := range e[:min(len(e), shown)] {
		lines = append(lines, p.Error())
	}
	if more := len(e) - shown; more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns them one by one.
func (e PathErrors) Unwrap() []error {
	all := make([]error, len(e))
	for i, p := range e {
		all[i] = p
	}
	return all
}

// pathErrors sorts errors of which each is about one path.
func pathErrors(all []error) PathErrors {
	list := make(PathErrors, len(all))
	for i, err := range all {
		errors.As(err, &list[i])
	}
	slices.SortFunc(list, func(a, b *PathError) int { return strings.Compare(a.Path, b.Path) })
	return list
}

func refused(path, format string, args ...any) error {
	return &PathError{Path: path, Reason: fmt.Sprintf(format, args...), Err: ErrRefused}
}

func changed(path, reason string) error {
	return &PathError{Path: path, Reason: reason, Err: ErrChanged}
}

// failed says that a system call on path failed. The path inside the system's error goes: it would be there twice.
func failed(path, what string, err error) error {
	var ours *PathError
	if errors.As(err, &ours) {
		return err
	}
	return &PathError{Path: path, Reason: what + ": " + cause(err).Error(), Err: err}
}

// cause returns the bare reason of a system's error.
func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	var l *os.LinkError
	if errors.As(err, &l) {
		return l.Err
	}
	return err
}

// damaged says that an archive, or the entry called path in it, can't be read. An error that isn't about the archive stays what it is.
func damaged(path string, err error) error {
	var ours *PathError
	var device *deviceError
	switch {
	case errors.As(err, &device):
		return fmt.Errorf("read archive: %w", device.error)
	case errors.As(err, &ours), errors.Is(err, ErrFormat), errors.Is(err, ErrLimit):
		return err
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	if path == "" {
		return fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return &PathError{Path: path, Reason: "can't be read from the archive: " + err.Error(), Err: fmt.Errorf("%w: %w", ErrFormat, err)}
}

// device marks the errors of what an archive is read from, lest a broken connection be taken for a broken archive.
type device struct{ io.ReaderAt }

type deviceError struct{ error }

func (e *deviceError) Unwrap() error { return e.error }

func (d device) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, errors.New("it points to before its beginning")
	}
	n, err := d.ReaderAt.ReadAt(p, off)
	if err != nil && !errors.Is(err, io.EOF) {
		err = &deviceError{err}
	}
	return n, err
}

// printable quotes what doesn't show as itself.
func printable(s string) string {
	odd := func(r rune) bool { return !unicode.IsPrint(r) || r == '"' || r == utf8.RuneError }
	if s == "" || strings.ContainsFunc(s, odd) || strings.TrimSpace(s) != s {
		return strconv.Quote(s)
	}
	return s
}
