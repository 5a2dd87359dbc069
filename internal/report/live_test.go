package report

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
)

// screen is a small terminal: it writes, wraps, moves its cursor up and erases
// down from there. It has no end at the bottom: what scrolls away is kept.
type screen struct {
	mu     sync.Mutex
	t      *testing.T
	width  int
	rows   []string
	row    int
	col    int
	erased []string // rows that were erased
}

var sequence = regexp.MustCompile("^\x1b\\[([0-9]*)([A-Za-z])")

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	text := string(p)
	for len(text) > 0 {
		if m := sequence.FindStringSubmatch(text[:min(len(text), 20)]); m != nil {
			n, _ := strconv.Atoi(m[1])
			switch m[2] {
			case "A":
				if s.row -= max(n, 1); s.row < 0 {
					s.t.Fatal("the cursor left the screen")
				}
			case "J":
				if s.col != 0 {
					s.t.Error("erased from the middle of a row")
				}
				s.erased = append(s.erased, s.rows[min(s.row, len(s.rows)):]...)
				s.rows = s.rows[:min(s.row, len(s.rows))]
			case "m": // colours
			default:
				s.t.Fatalf("the terminal doesn't know %q", m[0])
			}
			text = text[len(m[0]):]
			continue
		}
		r, n := utf8.DecodeRuneInString(text)
		text = text[n:]
		if r == '\n' {
			s.at()
			s.row, s.col = s.row+1, 0
			continue
		}
		if n := cell(r); s.col+n > s.width {
			s.row, s.col = s.row+1, 0
		}
		s.at()
		s.rows[s.row] += string(r)
		s.col += cell(r)
	}
	return len(p), nil
}

func (s *screen) at() {
	for len(s.rows) <= s.row {
		s.rows = append(s.rows, "")
	}
}

func (s *screen) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	for _, row := range s.rows {
		b.WriteString(row + "\n")
	}
	return b.String()
}

// wrapped is how a log looks on a terminal of that width.
func wrapped(t *testing.T, log string, width int) string {
	s := &screen{t: t, width: width}
	io.WriteString(s, log)
	return s.text()
}

func TestLiveLeavesTheLog(t *testing.T) {
	for _, s := range stories() {
		for _, width := range []int{200, 80, 30, 12} {
			t.Run(fmt.Sprint(s.name, width), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					var log bytes.Buffer
					s.play(NewText(&log, &log, Plain, true))
					scr := &screen{t: t, width: width}
					live := NewLive(scr, scr, Colour, func() int { return width }, true)
					for i, e := range s.events {
						live.Emit(e)
						if i%(1+len(s.events)/20) == 0 {
							time.Sleep(300 * time.Millisecond) // the region is redrawn meanwhile
							synctest.Wait()
						}
					}
					if s.failure != nil {
						live.Fail("deploy", *s.failure)
					}
					if err := live.Close(); err != nil {
						t.Error(err)
					}
					time.Sleep(time.Minute)
					if got, want := scr.text(), wrapped(t, log.String(), width); got != want {
						t.Errorf("the screen shows\n%s\nnot the log\n%s", got, want)
					}
				})
			})
		}
	}
}

func TestLiveErasesNothingThatFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		scr := &screen{t: t, width: 60}
		live := NewLive(scr, scr, Colour, func() int { return 60 }, false)
		s := story{events: failedRelease(), failure: &Failure{Text: "no"}}
		for _, e := range s.events {
			live.Emit(e)
			time.Sleep(time.Second)
		}
		live.Fail("deploy", *s.failure)
		live.Close()
		for _, row := range scr.erased {
			for _, word := range []string{"Failed", "FAIL", "curl", "HEALTH_CONSTRAINTS", "ScriptFailed"} {
				if strings.Contains(row, word) {
					t.Errorf("a row that tells a failure was erased: %s", row)
				}
			}
		}
		for _, word := range []string{"ValidateService    Failed", "curl: (7) refused", "HEALTH_CONSTRAINTS"} {
			if !strings.Contains(scr.text(), word) {
				t.Errorf("%q is not on the screen", word)
			}
		}
	})
}

func TestLiveShowsWhatGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		scr := &screen{t: t, width: 60}
		live := NewLive(scr, scr, Colour, func() int { return 60 }, false)
		shows := func(want ...string) {
			t.Helper()
			if got := scr.text(); got != strings.Join(want, "\n")+"\n" {
				t.Errorf("the screen shows\n%s\nnot\n%s", got, strings.Join(want, "\n"))
			}
		}
		live.Emit(started("push"))
		time.Sleep(5100 * time.Millisecond)
		synctest.Wait()
		shows("push … 5.0s")
		live.Emit(event.Progress{Step: "push", Done: 1 << 20, Total: 4 << 20})
		shows("push  1.0 MiB of 4.0 MiB … 5.1s")
		live.Emit(event.Progress{Step: "push", Done: 3 << 20})
		shows("push  3.0 MiB … 5.1s")
		live.Emit(done("push", "there", 6))
		shows("push      ok    there (6.0s)")
		live.Emit(started("deploy"))
		for i := range 10 {
			live.Emit(hook("d-1", fmt.Sprint("i-", i), "Install", "InProgress", 0))
		}
		time.Sleep(time.Second)
		live.Emit(hook("d-1", "i-0", "Install", "Succeeded", 1))
		rows := strings.Split(strings.TrimSuffix(scr.text(), "\n"), "\n")
		if len(rows) != 2+1+liveRows+1 || rows[len(rows)-1] != "          and 1 more" {
			t.Errorf("%d rows:\n%s", len(rows), scr.text())
		}
		live.Emit(hook("d-1", "i-1", "AfterInstall", "InProgress", 0))
		if !strings.Contains(scr.text(), "i-1  AfterInstall") || strings.Contains(scr.text(), "i-1  Install") {
			t.Errorf("%s", scr.text())
		}
		live.Close()
		shows("push      ok    there (6.0s)", "          i-0  Install            Succeeded  1.0s")
		live.Close() // twice is once
	})
}

func TestLiveIsSafeForConcurrentUse(t *testing.T) {
	scr := &screen{t: t, width: 40}
	live := NewLive(scr, scr, Colour, func() int { return 40 }, false)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 20 {
				live.Emit(hook("d-1", fmt.Sprint("i-", i), "Install", "InProgress", 0))
				live.Emit(hook("d-1", fmt.Sprint("i-", i), "Install", "Succeeded", 1))
			}
		})
	}
	all.Wait()
	live.Fail("deploy", Failure{Text: "end"})
	live.Close()
	if n := strings.Count(strings.ReplaceAll(scr.text(), "\n", ""), "Succeeded"); n != 160 {
		t.Errorf("%d of 160 lines", n)
	}
}

func TestWidths(t *testing.T) {
	for text, want := range map[string]int{"": 0, "abc": 3, "名前": 4, "e\u0301": 1, "한국": 4, "ｱ": 1, "Ａ": 2, "🚀": 2, "é": 1, "→": 1, "✅": 1} {
		if got := cells(text); got != want {
			t.Errorf("%q takes %d columns, not %d", text, got, want)
		}
	}
	for _, test := range []struct {
		text    string
		columns int
		want    string
	}{{"abc", 2, "ab"}, {"abc", 3, "abc"}, {"名前", 3, "名"}, {"名前", 4, "名前"}, {"e\u0301x", 1, "e\u0301"}, {"x", 0, ""}} {
		if got := fit(test.text, test.columns); got != test.want {
			t.Errorf("%q in %d columns is %q", test.text, test.columns, got)
		}
	}
}
