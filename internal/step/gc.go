package step

import (
	"os"
	"runtime"
	"runtime/debug"
)

// putOffGC has the garbage collector run for the first time when 16 MiB are in use, where Go has it at 4, and from then on as always. Most steps
// end before: all that they take is start-up, whose every cycle is a tenth of the time that they need.
func putOffGC() {
	const late, usual = 400, 100
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return // the user knows better
	}
	debug.SetGCPercent(late)
	runtime.AddCleanup(new([64]byte), func(struct{}) {
		if now := debug.SetGCPercent(usual); now != late {
			debug.SetGCPercent(now) // a step has set its own meanwhile
		}
	}, struct{}{})
}
