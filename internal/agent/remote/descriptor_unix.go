//go:build unix

package remote

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// sendFile writes a text and has a file's descriptor travel with it.
func sendFile(conn *net.UnixConn, text []byte, f *os.File) error {
	n, _, err := conn.WriteMsgUnix(text, unix.UnixRights(int(f.Fd())), nil)
	runtime.KeepAlive(f)
	if err != nil || n == len(text) {
		// Nothing more is written, not even nothing: the agent may have answered
		// and hung up already.
		return err
	}
	_, err = conn.Write(text[n:]) // the descriptor went with the first byte
	return err
}

// receive reads one line, what followed it at once, and the descriptor that
// came with it if there was one. Other descriptors are closed.
func receive(conn *net.UnixConn) (line, rest []byte, f *os.File, err error) {
	buffer := make([]byte, 16<<10)
	control := make([]byte, unix.CmsgSpace(4*16)) // room to see, and close, more than the one
	for {
		n, controlled, _, _, err := conn.ReadMsgUnix(buffer, control)
		for _, fd := range descriptors(control[:controlled]) {
			if f == nil {
				f = os.NewFile(uintptr(fd), "bundle")
			} else {
				_ = unix.Close(fd)
			}
		}
		if err != nil {
			return nil, nil, f, err
		}
		if n == 0 {
			return nil, nil, f, errors.New("it ended too early")
		}
		line = append(line, buffer[:n]...)
		if i := bytes.IndexByte(line, '\n'); i >= 0 {
			return line[:i], line[i+1:], f, nil
		}
		if len(line) > longestRequest {
			return nil, nil, f, fmt.Errorf("it is longer than %d bytes", longestRequest)
		}
	}
}

func descriptors(control []byte) (fds []int) {
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return nil
	}
	for _, m := range messages {
		if rights, err := unix.ParseUnixRights(&m); err == nil {
			fds = append(fds, rights...)
		}
	}
	return fds
}
