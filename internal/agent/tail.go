package agent

import (
	"strings"
	"unicode/utf8"
)

// tailLength is about how many characters of a log go into the diagnostics.
const tailLength = 2048

// logTail keeps the newest entries of an event's log.
//
// It counts as the published agent does, whose sum is off by one entry: each
// entry that is kept is charged with the length of the next older one. So what
// is kept may be longer than tailLength, and an entry of that length or more
// is dropped together with all that came before it.
type logTail struct {
	entries []string
	lengths []int // in characters
}

func (t *logTail) append(entry string) {
	t.entries = append(t.entries, entry)
	t.lengths = append(t.lengths, utf8.RuneCountInString(entry))
	left, first := tailLength, len(t.lengths)
	for first > 0 && left-t.lengths[first-1] > 0 {
		first--
		if first > 0 {
			left -= t.lengths[first-1]
		}
	}
	t.entries, t.lengths = t.entries[first:], t.lengths[first:]
}

func (t *logTail) String() string { return strings.Join(t.entries, "") }
