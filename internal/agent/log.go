package agent

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// eventLog is where the lines of one lifecycle event go: scripts.log of the
// current deployment, the log of all deployments, the tail for the
// diagnostics, and the agent's Output.
type eventLog struct {
	agent   *Agent
	command Command

	mu      sync.Mutex
	scripts *os.File // opened with the first entry of an event that has scripts
	all     *os.File
	tail    logTail
	number  int
	err     error // the first one of writing a file
}

// The log of all deployments is kept in eight files of 64 MiB.
const (
	deploymentsLogSize  = 64 << 20
	deploymentsLogFiles = 8
)

// open makes the logs; an event without scripts leaves none.
func (l *eventLog) open() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.scripts != nil {
		return nil
	}
	var err error
	if l.scripts, err = appendTo(l.agent.scriptsLog(l.command.Spec)); err != nil {
		return err
	}
	name := l.agent.deploymentsLog()
	rotate(name)
	l.all, err = appendTo(name)
	return err
}

func appendTo(file string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return nil, err
	}
	return os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
}

// rotate makes room for a new log once one is full. A log that cannot be moved
// goes on growing: no deployment fails for that.
func rotate(file string) {
	if info, err := os.Stat(file); err != nil || info.Size() < deploymentsLogSize {
		return
	}
	for i := deploymentsLogFiles - 2; i >= 0; i-- {
		from := file
		if i > 0 {
			from = fmt.Sprintf("%s.%d", file, i)
		}
		if err := os.Rename(from, fmt.Sprintf("%s.%d", file, i+1)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return
		}
	}
}

func (l *eventLog) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	err := l.err
	for _, f := range []*os.File{l.scripts, l.all} {
		if f != nil {
			err = errors.Join(err, f.Close())
		}
	}
	l.scripts, l.all = nil, nil
	return err
}

// say logs a line of the agent's own.
func (l *eventLog) say(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.enter(text + "\n")
}

// note tells Output something that the published agent has no words for, and
// so is in no log that it keeps.
func (l *eventLog) note(script, text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.put(script, "note", text)
}

// line logs what a script wrote: a line with its end, or the last one without.
func (l *eventLog) line(script, stream, text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.enter("[" + stream + "]" + text)
	l.put(script, stream, strings.TrimSuffix(text, "\n"))
}

func (l *eventLog) enter(entry string) {
	l.tail.append(entry)
	now := l.agent.now()
	// No line end is added: a script that leaves its last line open has the
	// next entry on the same line.
	l.write(l.scripts, now.Format(time.DateTime)+" "+entry)
	l.write(l.all, fmt.Sprintf("[%s] [%s]%s\n", now.Format("2006-01-02 15:04:05.000"), l.command.Spec.DeploymentID, strings.TrimRight(entry, " \t\r\n\f\v\x00")))
}

func (l *eventLog) write(f *os.File, text string) {
	if f == nil {
		return
	}
	if _, err := f.WriteString(text); err != nil && l.err == nil {
		l.err = fmt.Errorf("write the log of the deployment: %w", err)
	}
}

func (l *eventLog) put(script, stream, text string) {
	l.number++
	if l.agent.Output != nil {
		l.agent.Output(Line{l.command.ID, l.number, l.command.Event, script, stream, text})
	}
}

// lastLines is the log that goes into the diagnostics of a failure.
func (l *eventLog) lastLines() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.tail.String()
}
