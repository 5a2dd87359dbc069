//go:build !race

package e2e

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// peak watches the memory of a process and answers its peak in MiB when it has
// ended; 0 where /proc does not tell. What the system counts at the end of a
// process would have that of the test in it, which it was forked from.
func (p *process) peak() <-chan int64 {
	answer := make(chan int64, 1)
	go func() {
		most := int64(0)
		for {
			text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.Process.Pid))
			if _, rest, ok := strings.Cut(string(text), "VmHWM:"); ok {
				kib := int64(0)
				if _, err := fmt.Sscan(rest, &kib); err == nil {
					most = max(most, kib>>10)
				}
			}
			select {
			case <-p.done:
				answer <- most
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	return answer
}
