package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Files in an instance's folder.
const (
	identityName = "instance.json" // written by the maker: which process is the first one
	factsName    = "facts.json"    // written behind the walls: what was built
	logName      = "instance.log"  // what the first process and its program say
)

// identity tells one process from all others, also from a later one that got its number.
type identity struct {
	PID     int
	Started uint64 // in clock ticks since boot, field 22 of /proc/PID/stat
	Boot    string // the machine's boot id
	PIDs    string // the pid namespace that PID is a number of
	Life    string // made up anew for each first process, and repeated in its facts
	Folder  string // device and number of the instance's folder: a copy of it is another machine's disk
}

func identify(pid int) (identity, error) {
	started, state, err := processStart(pid)
	if err != nil {
		return identity{}, err
	}
	if state == 'Z' || state == 'X' {
		return identity{}, os.ErrProcessDone
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return identity{}, err
	}
	pids, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return identity{}, err
	}
	return identity{PID: pid, Started: started, Boot: string(bytes.TrimSpace(boot)), PIDs: pids}, nil
}

func processStart(pid int) (ticks uint64, state byte, err error) {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0, 0, err
	}
	return parseStat(string(b))
}

// parseStat reads proc_pid_stat(5). The second field, a name in parentheses, may hold blanks and parentheses.
func parseStat(stat string) (ticks uint64, state byte, err error) {
	end := strings.LastIndexByte(stat, ')')
	if end < 0 {
		return 0, 0, fmt.Errorf("process status %q has no name", stat)
	}
	fields := strings.Fields(stat[end+1:])
	const third, start = 3, 22
	if len(fields) <= start-third {
		return 0, 0, fmt.Errorf("process status has %d fields after the name, no start time", len(fields))
	}
	ticks, err = strconv.ParseUint(fields[start-third], 10, 64)
	return ticks, fields[0][0], err
}

func writeIdentity(dir string, pid int, life string) error {
	id, err := identify(pid)
	if err != nil {
		return fmt.Errorf("identify the first process: %w", err)
	}
	id.Life = life
	if id.Folder, err = folderNumber(dir); err != nil {
		return err
	}
	return writeJSON(filepath.Join(dir, identityName), id)
}

// readIdentity reads which process is the first one of a folder's instance. For
// a copy of the folder there is none.
func readIdentity(dir string) (identity, error) {
	var id identity
	if err := readJSON(filepath.Join(dir, identityName), &id); err != nil {
		return identity{}, err
	}
	number, err := folderNumber(dir)
	if err == nil && number != id.Folder {
		id.PID = 0
	}
	return id, err
}

func folderNumber(dir string) (string, error) {
	var st unix.Stat_t
	if err := unix.Stat(dir, &st); err != nil {
		return "", fmt.Errorf("look at %s: %w", dir, err)
	}
	return fmt.Sprintf("%d:%d", st.Dev, st.Ino), nil
}

// alive tells whether the very process of id runs.
func (id identity) alive() bool {
	if id.PID == 0 {
		return false
	}
	now, err := identify(id.PID)
	now.Life, now.Folder = id.Life, id.Folder
	return err == nil && now == id
}

// facts is what was built behind the walls.
type facts struct {
	Life     string
	Rights   rights
	Volatile bool
	BaseFD   int             // if Volatile: the first process's descriptor of the folder in memory
	Layers   []string        // paths that have an overlay
	Hidden   []string        // paths that were taken away
	Seeds    map[string]seed // files that were put there, so that they count as changes only once they differ
	Lacks    []string        // Instance.Isolation
}

func readFacts(dir string) (facts, error) {
	var f facts
	err := readJSON(filepath.Join(dir, factsName), &f)
	return f, err
}

// Find tells what has become of the instance of a folder. The instance is nil if it is Gone.
func Find(dir string) (*Instance, State, error) {
	dir, err := filepath.EvalSymlinks(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, Gone, nil
	} else if err != nil {
		return nil, Gone, err
	}
	id, err := readIdentity(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, Gone, nil
	} else if err != nil {
		return nil, Gone, err
	}
	f, err := readFacts(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, Gone, err
	}
	built := err == nil
	i := &Instance{Dir: dir, Socket: filepath.Join(dir, socketName), Volatile: f.Volatile, Isolation: f.Lacks}
	switch {
	case id.alive() && f.Life == id.Life:
		i.PID = id.PID
		return i, Running, nil
	case id.alive():
		return nil, Gone, fmt.Errorf("instance %s: %w", dir, ErrMaking)
	case !built:
		return nil, Gone, nil
	case f.Volatile:
		return i, Replaced, nil
	}
	return i, Rebooted, nil
}

// writeJSON writes so that a reader finds the old content or the new, never half.
func writeJSON(path string, v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".new", b, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

func readJSON(path string, v any) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	return nil
}
