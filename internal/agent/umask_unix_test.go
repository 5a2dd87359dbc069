//go:build unix

package agent

import (
	"os"
	"syscall"
	"testing"
)

// TestMain makes the modes of new folders those of the recorded answers.
func TestMain(m *testing.M) {
	syscall.Umask(0o022)
	os.Exit(m.Run())
}
