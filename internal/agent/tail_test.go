package agent

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestLogTail(t *testing.T) {
	x := func(n int) string { return strings.Repeat("é", n) }
	for _, test := range []struct {
		name    string
		entries []string
		kept    int // of the newest
	}{
		{"nothing", nil, 0},
		{"one that just fits", []string{x(2047)}, 1},
		{"one that does not", []string{x(2048)}, 0},
		{"a long one drops what was before", []string{"a", x(2048), "b"}, 1},
		{"the newest is not charged", []string{x(1000), x(2047)}, 2},
		{"but an older one is, twice over", []string{x(1000), x(1024), x(10)}, 1},
		{"and is kept if that is few enough", []string{x(1000), x(1023), x(10)}, 2},
		{"more than the limit is kept", []string{x(1020), x(1020), x(1020)}, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			var tail logTail
			for _, e := range test.entries {
				tail.append(e)
			}
			want := strings.Join(test.entries[len(test.entries)-test.kept:], "")
			if tail.String() != want {
				t.Errorf("kept %d characters, want %d", utf8.RuneCountInString(tail.String()), utf8.RuneCountInString(want))
			}
		})
	}
}

// What is kept are always the newest entries, whole, and fewer than twice the
// limit's characters.
func FuzzLogTail(f *testing.F) {
	f.Add([]byte{1, 2, 255, 255, 255})
	f.Fuzz(func(t *testing.T, lengths []byte) {
		var tail logTail
		var all []string
		for _, n := range lengths {
			all = append(all, strings.Repeat("y", int(n)*9))
			tail.append(all[len(all)-1])
			got := tail.String()
			if len(got) >= 2*tailLength || !strings.HasSuffix(strings.Join(all, ""), got) {
				t.Fatalf("%d characters after %v", len(got), lengths)
			}
			if joined := strings.Join(all[len(all)-len(tail.entries):], ""); joined != got {
				t.Fatal("an entry was cut")
			}
		}
	})
}
