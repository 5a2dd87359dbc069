//go:build !linux

package sandbox

import (
	"context"
	"net"
)

func needsLinux() error {
	return &Unavailable{Reason: "sandbox needs Linux", Remedy: "Use instances of the kind container or directory."}
}

// Main returns at once: only Linux has sandboxes.
func Main(func(l *net.UnixListener) error) {}

// Probe always answers *Unavailable.
func Probe(context.Context, string) error { return needsLinux() }

// Start always answers *Unavailable.
func Start(context.Context, Config) (*Instance, error) { return nil, needsLinux() }

// Find always answers Gone.
func Find(string) (*Instance, State, error) { return nil, Gone, nil }

// Remove always answers *Unavailable.
func Remove(string) error { return needsLinux() }

// Changes always answers *Unavailable.
func Changes(string) ([]Change, error) { return nil, needsLinux() }

// Kill always answers *Unavailable.
func (i *Instance) Kill() error { return needsLinux() }

// Dial always answers *Unavailable.
func (i *Instance) Dial(context.Context) (net.Conn, error) { return nil, needsLinux() }
