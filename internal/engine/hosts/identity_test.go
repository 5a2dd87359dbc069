package hosts

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Lines of /proc/self/mountinfo as they are found in each place.
const (
	dockerVFS = `282 46 254:0 /var/lib/docker/vfs/dir/e9a2 / rw,relatime master:1 - ext4 /dev/vda rw,discard
283 282 0:153 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw
300 282 254:0 /var/lib/docker/containers/067e/hostname /etc/hostname rw,relatime - ext4 /dev/vda rw,discard
`
	dockerOverlay = `612 540 0:60 / / rw,relatime master:300 - overlay overlay rw,lowerdir=/var/lib/docker/overlay2/l/AA:/var/lib/docker/overlay2/l/BB,upperdir=/var/lib/docker/overlay2/51c0/diff,workdir=/var/lib/docker/overlay2/51c0/work
640 612 8:1 /var/lib/docker/containers/067e/hostname /etc/hostname rw,relatime - ext4 /dev/sda1 rw
`
	podmanOverlay = `700 650 0:70 / / rw,nodev,relatime - overlay overlay rw,lowerdir=/g/overlay/l/AA,upperdir=/g/overlay/faef/diff,workdir=/g/overlay/faef/work,userxattr
720 700 0:45 /containers/overlay-containers/274f/userdata/hostname /etc/hostname rw,nosuid,nodev,relatime - tmpfs tmpfs rw,size=3250708k
`
	podmanFuse = `700 650 0:70 / / rw,nodev,noatime - fuse.fuse-overlayfs fuse-overlayfs rw,user_id=0,group_id=0
720 700 0:45 /containers/overlay-containers/274f/userdata/hostname /etc/hostname rw,nosuid,nodev,relatime - tmpfs tmpfs rw,size=3250708k
`
	bare = `26 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda1 rw,discard
21 26 0:20 / /proc rw,relatime - proc proc rw
`
	bareRenamed = `29 1 8:2 / / rw,relatime shared:1 - ext4 /dev/sda2 rw,discard
`
	bareSnapshot = `26 1 0:31 /@/.snapshots/2/snapshot / rw,relatime shared:1 - btrfs /dev/vda2 rw,subvol=/@/.snapshots/2/snapshot
`
)

func TestIdentity(t *testing.T) {
	type place struct{ mounts, id string }
	for name, c := range map[string]struct {
		one, other place
		same       bool
	}{
		"Docker, two containers":                       {place{dockerVFS, ""}, place{other(dockerVFS, "067e"), ""}, false},
		"Docker, one container":                        {place{dockerVFS, ""}, place{dockerVFS, ""}, true},
		"Docker, a hook makes a machine-id":            {place{dockerVFS, ""}, place{dockerVFS, "aa\n"}, true},
		"Docker, two containers with their image's id": {place{dockerVFS, "aa\n"}, place{other(dockerVFS, "067e"), "aa\n"}, false},
		"Docker with overlays, two containers":         {place{dockerOverlay, ""}, place{other(dockerOverlay, "51c0"), ""}, false},
		"podman, two containers of a pod's hostname":   {place{podmanOverlay, ""}, place{other(podmanOverlay, "faef"), ""}, false},
		"podman without the kernel's overlays":         {place{podmanFuse, ""}, place{other(podmanFuse, "274f"), ""}, false},
		"a machine, then a container on it":            {place{bare, "aa\n"}, place{dockerVFS, ""}, false},
		"a machine that was booted again":              {place{bare, "aa\n"}, place{bareRenamed, "aa\n"}, true},
		"a machine that boots another snapshot":        {place{bareSnapshot, "aa\n"}, place{other(bareSnapshot, "2"), "aa\n"}, true},
		"two machines":                                 {place{bare, "aa\n"}, place{bare, "bb\n"}, false},
		"no Linux":                                     {place{}, place{}, true},
		"lines that are none":                          {place{"1 2 3 /x /etc/hostname\n- - -\n\n", ""}, place{}, true},
	} {
		t.Run(name, func(t *testing.T) {
			one, two := identityOf(c.one.mounts, c.one.id), identityOf(c.other.mounts, c.other.id)
			if (one == two) != c.same {
				t.Errorf("%s and %s; the same: want %t", one, two, c.same)
			}
		})
	}
	if identity() != identity() {
		t.Error("this machine is not itself")
	}
}

// other has another container's or snapshot's name in the place of one.
func other(mounts, name string) string {
	return strings.ReplaceAll(mounts, "/"+name+"/", "/0ther/")
}

// What an agent knows goes when its machine is another one, and only then.
func TestRecognize(t *testing.T) {
	here := "one"
	dir := t.TempDir()
	told := 0
	use := func(kind Kind) {
		t.Helper()
		m := &inProcess{dir: dir, kind: kind, identity: func() string { return here }, replaced: func() error { told++; return nil }}
		if _, err := m.ready(nil); err != nil {
			t.Fatal(err)
		}
	}
	pointer := filepath.Join(dir, "agent", "deployment-root", "deployment-instructions", "g_last_successful_install")
	closed := filepath.Join(dir, "agent", "deployment-root", "g", "d-1", "deployment-archive", "closed")
	install := func() {
		t.Helper()
		for _, path := range []string{pointer, filepath.Join(closed, "file")} {
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chmod(closed, 0o500); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.Chmod(closed, 0o700) })
	}
	want := func(what string, knows bool, times int) {
		t.Helper()
		_, err := os.Stat(pointer)
		if (err == nil) != knows || told != times {
			t.Errorf("%s: knows of the installation: %t, want %t; told %d times, want %d", what, err == nil, knows, told, times)
		}
	}

	use(Host)
	want("new", false, 0)
	here = "two"
	use(Host)
	want("another one, to which nothing was deployed", false, 0)
	install()
	use(Host)
	want("the same", true, 0)
	here = "three"
	use(Host)
	want("another one", false, 1)
	use(Host)
	want("the same again", false, 1)

	install()
	if err := os.Remove(filepath.Join(dir, "machine")); err != nil {
		t.Fatal(err)
	}
	use(Host)
	want("without a record", true, 1)
	here = "four"
	use(Directory)
	want("a folder is on every machine", true, 1)
}
