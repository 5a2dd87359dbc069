package sandbox

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// Machines have mounts of all kinds. The tests whose names end in Arranged run in a mount namespace in which
// SANDBOX_TEST_MOUNTS holds some.
func TestMountsOfTheMachine(t *testing.T) {
	if ownRights() != asRoot {
		t.Skip("only root can arrange mounts")
	}
	for user, id := range map[string]int{"root": 0, "an ordinary user": nobody} {
		t.Run(user, func(t *testing.T) {
			dir := shownFolder(t)
			if err := os.Chmod(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.Chown(dir, id, id); err != nil {
				t.Fatal(err)
			}
			cmd := act(t, readableProgram(t), "arrange mounts", "SANDBOX_TEST_MOUNTS="+dir, fmt.Sprintf("SANDBOX_TEST_ID=%d", id), "TMPDIR="+dir, "HOME="+dir)
			cmd.Args = []string{cmd.Path, "-test.v", "-test.run=Arranged$"}
			cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
			report(t, cmd)
		})
	}
}

func arrangeMounts() {
	if err := arrange(os.Getenv("SANDBOX_TEST_MOUNTS")); err != nil {
		fmt.Println("arrange mounts:", err)
		return
	}
	var id int
	if _, err := fmt.Sscan(os.Getenv("SANDBOX_TEST_ID"), &id); err != nil {
		fmt.Println(err)
		return
	}
	if id != 0 {
		if err := syscall.Setresgid(id, id, id); err != nil {
			fmt.Println(err)
			return
		}
		if err := syscall.Setresuid(id, id, id); err != nil {
			fmt.Println(err)
			return
		}
	}
	env := []string{}
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, actVariable+"=") {
			env = append(env, v)
		}
	}
	fmt.Println(unix.Exec("/proc/self/exe", os.Args, env))
}

func arrange(dir string) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return err
	}
	in := func(name string) string { return filepath.Join(dir, name) }
	for _, name := range []string{"disk", "state", "alias", "lower", "upper", "work", "overlay"} {
		if err := os.Mkdir(in(name), 0o777); err != nil {
			return err
		}
		if err := os.Chmod(in(name), 0o777); err != nil {
			return err
		}
	}
	if err := unix.Mount("tmpfs", in("disk"), "tmpfs", 0, "mode=0777"); err != nil {
		return err
	}
	if err := os.Mkdir(in("disk/inner"), 0o777); err != nil {
		return err
	}
	if err := unix.Mount("tmpfs", in("disk/inner"), "tmpfs", 0, "mode=0777"); err != nil {
		return err
	}
	for name, text := range map[string]string{
		"disk/file": "on a disk", "disk/inner/file": "on an inner disk", "state/db": secretWords, "covered": "covered", "cover": "cover",
	} {
		if err := os.WriteFile(in(name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	if err := unix.Mount(in("state"), in("alias"), "", unix.MS_BIND, ""); err != nil {
		return err
	}
	if err := unix.Mount(in("cover"), in("covered"), "", unix.MS_BIND, ""); err != nil {
		return err
	}
	options := "lowerdir=" + in("lower") + ",upperdir=" + in("upper") + ",workdir=" + in("work")
	return unix.Mount("overlay", in("overlay"), "overlay", 0, options)
}

func arranged(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("SANDBOX_TEST_MOUNTS")
	if dir == "" {
		t.Skip("runs as a part of TestMountsOfTheMachine")
	}
	return dir
}

func TestInnerMountsArranged(t *testing.T) {
	dir := arranged(t)
	i := makeInstance(t, Config{Dir: filepath.Join(dir, "i"), Hide: []string{filepath.Join(dir, "state")}})
	t.Log(i.Isolation)
	if got := i.must(t, "cd "+dir+" && cat disk/file && echo && cat disk/inner/file && echo && cat covered"); got != "on a disk\non an inner disk\ncover" {
		t.Errorf("%q", got)
	}
	if r := i.run(t, "cat "+dir+"/alias/db || cat "+dir+"/state/db"); r.Code == 0 {
		t.Errorf("hidden, but seen under another name: %s", r.Out)
	}
	i.must(t, "cd "+dir+" && echo new >disk/new && echo new >disk/inner/new && echo more >covered")
	for _, name := range []string{"disk/new", "disk/inner/new"} {
		if exists(filepath.Join(dir, name)) {
			t.Errorf("%s is on the machine", name)
		}
	}
	if b, _ := os.ReadFile(filepath.Join(dir, "covered")); string(b) != "cover" {
		t.Errorf("a mounted file was written to: %q", b)
	}
	changes, err := Changes(i.Dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range changes {
		got = append(got, c.Kind+" "+strings.TrimPrefix(c.Path, dir+"/"))
	}
	if want := []string{"changed covered", "added disk/inner/new", "added disk/new"}; !reflect.DeepEqual(got, want) {
		t.Errorf("changes: %q", got)
	}
}

func TestInMemoryArranged(t *testing.T) {
	dir := arranged(t)
	at := filepath.Join(dir, "overlay/i")
	i := makeInstance(t, Config{Dir: at})
	if !i.Volatile {
		t.Fatal("an overlay wrote to an overlay")
	}
	if !strings.Contains(strings.Join(i.Isolation, "\n"), "in memory") {
		t.Errorf("not said: %q", i.Isolation)
	}
	i.must(t, "echo x >/srv/file; rm -rf /usr/local/share; mkdir /usr/local/share; echo y >/usr/local/share/y; echo z >/z")
	changes, err := Changes(at)
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]string{}
	for _, c := range changes {
		kinds[c.Path] = c.Kind
	}
	for _, path := range []string{"/srv/file", "/usr/local/share/y", "/z"} {
		if kinds[path] != Added {
			t.Errorf("%s: %q", path, kinds[path])
		}
	}
	if exists("/srv/file") || exists("/z") {
		t.Error("it is on the machine")
	}
	if err := i.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, state, err := Find(at); state != Replaced || err != nil {
		t.Errorf("after its end: %v, %v", state, err)
	}
	if _, err := Changes(at); err == nil {
		t.Error("changes of what is lost")
	}
	again, err := Start(t.Context(), Config{Dir: at})
	if err != nil {
		t.Fatal(err)
	}
	if got := again.must(t, "ls /srv /z 2>&1 | grep -c -e ^file$ -e '^/z$'; true"); got != "0" {
		t.Error("files came back from memory")
	}
}

func TestAlsoKnownAs(t *testing.T) {
	mounts := []mount{
		{"/", "ext4", "8:1", "/"},
		{"/home", "ext4", "8:2", "/"},
		{"/mnt/again", "ext4", "8:2", "/user"},
		{"/proc", "proc", "0:5", "/"},
		{"/srv/state", "ext4", "8:1", "/var/state"},
	}
	for _, c := range []struct{ hide, want []string }{
		{[]string{"/home/user/.aws"}, []string{"/home/user/.aws", "/mnt/again/.aws"}},
		{[]string{"/home/other/.aws"}, []string{"/home/other/.aws"}},
		{[]string{"/var/state"}, []string{"/srv/state", "/var/state"}},
		{[]string{"/var/state/deep"}, []string{"/srv/state/deep", "/var/state/deep"}},
		{[]string{"/srv/state/db"}, []string{"/srv/state/db", "/var/state/db"}},
		{nil, nil},
	} {
		if got := alsoKnownAs(c.hide, mounts); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q: %q, want %q", c.hide, got, c.want)
		}
	}
}

func TestLayerOf(t *testing.T) {
	w := walls{mounts: []mount{{Path: "/"}, {Path: "/home"}, {Path: "/work/a/b"}, {Path: "/work/a/b/c"}}}
	for path, want := range map[string][2]string{
		"/etc/x":           {"/etc", "/etc"},
		"/home/user/.aws":  {"/home", "/home"},
		"/work/state":      {"/work", "/work/state"},
		"/work/a/x/y":      {"/work", "/work/a/x"},
		"/work/a/b/x/y":    {"/work/a/b", "/work/a/b/x"},
		"/work/a/b/c/d/e":  {"/work/a/b/c", "/work/a/b/c"},
		"/work/elsewhere":  {"/work", "/work/elsewhere"},
		"/workaround/else": {"/workaround", "/workaround"},
	} {
		w.Rights = asRoot
		if got := w.layerOf(path); got != want[0] {
			t.Errorf("root: %s is in %s, want %s", path, got, want[0])
		}
		w.Rights = asSingle
		if got := w.layerOf(path); got != want[1] {
			t.Errorf("user: %s is in %s, want %s", path, got, want[1])
		}
	}
}

func FuzzParseStat(f *testing.F) {
	f.Add("1 (systemd) S 0 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 77 1 2")
	f.Add("9 (a) b (c) Z 0 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 78")
	f.Add("")
	f.Add("1 (x) S 0")
	f.Fuzz(func(t *testing.T, s string) {
		if _, state, err := parseStat(s); err == nil && state == 0 {
			t.Errorf("%q has no state", s)
		}
	})
}

func TestParseStat(t *testing.T) {
	for stat, want := range map[string]uint64{
		"1 (systemd) S 0 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 77 1 2":  77,
		"9 (a) S 1) Z 0 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 78 1 2":   78,
		"9 (a\nb) S 0 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 79 1 2 3 4": 79,
	} {
		if got, _, err := parseStat(stat); err != nil || got != want {
			t.Errorf("%q: %d, %v", stat, got, err)
		}
	}
	for _, stat := range []string{"", "1 (x", "1 (x) S", "1 (x) S 0 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 no"} {
		if _, _, err := parseStat(stat); err == nil {
			t.Errorf("%q: no error", stat)
		}
	}
}
