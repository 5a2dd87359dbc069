//go:build !race

package appspec

import (
	"runtime"
	"testing"
	"testing/fstest"
)

// The race detector has pools forget what they keep, so memory says nothing there.

// TestHostileTextsEnd: whatever a text does to keep the parser busy, reading
// and checking it ends, says a bounded number of things, and allocates no more
// than 64 MiB, garbage included.
func TestHostileTextsEnd(t *testing.T) {
	const memory = 64 << 20
	for _, c := range hostileTexts(maxText - 8<<10) {
		t.Run(c.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			f, found := Options{Spacing: true}.Parse("x", []byte(c.text))
			found = append(found, Check(f, fstest.MapFS{})...)
			found = append(found, CheckTarget(f, Target{System: "linux"})...)
			runtime.ReadMemStats(&after)
			if len(found) > 3*(2*maxFindings+1) {
				t.Errorf("%d diagnostics", len(found))
			}
			if all := after.TotalAlloc - before.TotalAlloc; all > memory {
				t.Errorf("it allocated %d MiB", all>>20)
			}
		})
	}
}
