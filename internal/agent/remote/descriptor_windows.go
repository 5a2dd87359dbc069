package remote

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
)

func sendFile(*net.UnixConn, []byte, *os.File) error {
	return errors.New("Windows cannot pass an open file to another process through a socket: drive the agent in this process")
}

func receive(conn *net.UnixConn) (line, rest []byte, f *os.File, err error) {
	buffer := make([]byte, 16<<10)
	for {
		n, err := conn.Read(buffer)
		if err != nil {
			return nil, nil, nil, err
		}
		line = append(line, buffer[:n]...)
		if i := bytes.IndexByte(line, '\n'); i >= 0 {
			return line[:i], line[i+1:], nil, nil
		}
		if len(line) > longestRequest {
			return nil, nil, nil, fmt.Errorf("it is longer than %d bytes", longestRequest)
		}
	}
}
