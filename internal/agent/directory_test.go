package agent

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// folderAgent stands for an instance that is a folder, where hooks are checked
// and not run.
func folderAgent(t *testing.T, files map[string]string) (a *Agent, notes *[]string) {
	a, _ = newAgent(t, files)
	a.Machine.Root = filepath.Join(t.TempDir(), "instance")
	a.Machine.CheckHooks = true
	a.Machine.Dir = "/"
	must(t, os.Mkdir(a.Machine.Root, 0o755))
	notes = new([]string)
	a.Output = func(l Line) { *notes = append(*notes, l.Stream+": "+l.Text) }
	a.want(t, command("d-1", "DownloadBundle"), Succeeded, "")
	return a, notes
}

func TestFolderStandsForTheMachine(t *testing.T) {
	a, notes := folderAgent(t, map[string]string{
		"appspec.yml": head + "files:\n- source: /\n  destination: /srv/app\npermissions:\n- object: /srv/app\n  pattern: a\n  mode: 604\n  owner: nosuchuser\n",
		"a":           "A", "d/x": "X",
	})
	a.want(t, command("d-1", "Install"), Succeeded, "")
	text, err := os.ReadFile(filepath.Join(a.Machine.Root, "srv/app/d/x"))
	if err != nil || string(text) != "X" {
		t.Error(string(text), err)
	}
	if info, err := os.Stat(filepath.Join(a.Machine.Root, "srv/app/a")); err != nil || runtime.GOOS != "windows" && info.Mode() != 0o604 {
		t.Error(info.Mode(), err)
	}
	if len(*notes) != 1 || !strings.Contains((*notes)[0], "note: the owner of /srv/app/a is not set") {
		t.Error(*notes)
	}
	cleanup, err := os.ReadFile(a.cleanupFile("g"))
	must(t, err)
	if !strings.Contains(string(cleanup), "/srv/app/a\n") || strings.Contains(string(cleanup), a.Machine.Root) {
		t.Errorf("%q", cleanup)
	}
	again := command("d-2", "DownloadBundle")
	a.want(t, again, Succeeded, "")
	a.want(t, command("d-2", "Install"), Succeeded, "")
}

func TestNoLinkLeadsOutOfTheFolder(t *testing.T) {
	outside := t.TempDir()
	secret := filepath.Join(outside, "secret")
	must(t, os.WriteFile(secret, []byte("s"), 0o600))
	for _, test := range []struct {
		name    string
		prepare func(root string) error
		files   map[string]string
		message string // "" for success
	}{
		{name: "a folder of the instance is a link", prepare: func(root string) error { return os.Symlink(outside, filepath.Join(root, "srv")) }, message: "srv"},
		{name: "a relative link that climbs", prepare: func(root string) error {
			return os.Symlink("../../../../../../../../"+outside, filepath.Join(root, "srv"))
		}, message: "srv"},
		{name: "a file is a link", prepare: func(root string) error {
			return errors.Join(os.Mkdir(filepath.Join(root, "srv"), 0o755), os.Symlink(secret, filepath.Join(root, "srv", "a")))
		}, message: "srv/a"},
		{name: "a destination that climbs", files: map[string]string{"appspec.yml": head + "files:\n- source: a\n  destination: /../../../" + outside + "\n"}},
		{name: "a folder of the revision is a link", files: map[string]string{"l": "->" + outside}},
		{name: "the AppSpec's source climbs", files: map[string]string{"appspec.yml": head + "files:\n- source: ../../../../../../../.." + secret + "\n  destination: /srv\n"}, message: "secret"},
	} {
		t.Run(test.name, func(t *testing.T) {
			files := map[string]string{"appspec.yml": head + "files:\n- source: /\n  destination: /srv\n", "a": "A"}
			for name, text := range test.files {
				files[name] = text
			}
			a, _ := folderAgent(t, files)
			if test.prepare != nil {
				must(t, test.prepare(a.Machine.Root))
			}
			r := a.Execute(t.Context(), command("d-1", "Install"))
			if (r.Code == Succeeded) != (test.message == "") || !strings.Contains(r.Message, test.message) {
				t.Errorf("%+v", r)
			}
			entries, _ := os.ReadDir(outside)
			text, _ := os.ReadFile(secret)
			if len(entries) != 1 || string(text) != "s" {
				t.Fatalf("something outside changed: %v, %q", entries, text)
			}
			for _, copied := range []string{"srv/l/secret", "srv/secret"} {
				if f, err := os.OpenInRoot(a.Machine.Root, copied); err == nil {
					f.Close()
					t.Errorf("%s was copied from outside", copied)
				}
			}
		})
	}
}

func TestHooksAreChecked(t *testing.T) {
	needsShell(t)
	outside := filepath.Join(t.TempDir(), "outside.sh")
	must(t, os.WriteFile(outside, []byte("#!/bin/sh\n"), 0o644))
	for _, test := range []struct {
		name, location, script string
		code                   Code
		message                string
	}{
		{"sound", "s.sh", "#!/bin/sh\ntouch $OUT\n", Succeeded, "checked and not run"},
		{"not executable", "s.sh", "echo\n", Succeeded, "checked and not run"},
		{"missing", "t.sh", "", ScriptMissing, "Script does not exist at specified location: "},
		{"no interpreter", "s.sh", "#!/no/such/sh\n", ScriptFailed, "failed with error Errno::ENOENT with message No such file or directory - "},
		{"carriage return", "s.sh", "#!/bin/sh\r\n", ScriptFailed, "Errno::ENOENT"},
		{"folder", "d", "", ScriptFailed, "Errno::EACCES"},
		{"blank", "a b.sh", "", ScriptFailed, "Errno::ENOENT"},
		{"link out of the revision", "l.sh", "", ScriptMissing, "l.sh"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a, notes := folderAgent(t, map[string]string{
				"appspec.yml": head + "hooks:\n  BeforeInstall:\n  - location: " + test.location + "\n",
				"s.sh":        test.script, "d/x": "", "a b.sh": "", "l.sh": "->" + outside,
			})
			a.want(t, command("d-1", "BeforeInstall"), test.code, test.message)
			if test.code == Succeeded && (len(*notes) != 1 || (*notes)[0] != "note: checked, not run") {
				t.Error(*notes)
			}
			if info, err := os.Stat(outside); err != nil || info.Mode() != 0o644 {
				t.Error("a file outside of the revision was changed", err)
			}
		})
	}
}

func TestNothingToRunIsANoop(t *testing.T) {
	a, _ := folderAgent(t, map[string]string{"appspec.yml": head})
	r := a.want(t, command("d-1", "ValidateService"), Succeeded, "Succeeded: ")
	if !r.Noop || r.Message != "Succeeded: " {
		t.Errorf("%+v", r)
	}
}

func TestOwnersOfTheFolder(t *testing.T) {
	a, notes := folderAgent(t, map[string]string{
		"appspec.yml": head + "files:\n- source: a\n  destination: /\npermissions:\n- object: /a\n  owner: web\n  group: www\n", "a": "A",
	})
	must(t, os.Mkdir(filepath.Join(a.Machine.Root, "etc"), 0o755))
	must(t, os.WriteFile(filepath.Join(a.Machine.Root, "etc/passwd"), []byte("root:x:0:0::/:\nweb:x:4242:1::/:\n"), 0o644))
	must(t, os.WriteFile(filepath.Join(a.Machine.Root, "etc/group"), []byte("www:x:4343:\nbad\n"), 0o644))
	a.want(t, command("d-1", "Install"), Succeeded, "")
	if os.Geteuid() != 0 || !idMapped(4242) {
		if len(*notes) != 1 {
			t.Error("nobody was told that the owner is not set")
		}
		return
	}
	info, err := os.Stat(filepath.Join(a.Machine.Root, "a"))
	must(t, err)
	if uid, gid, _ := ownerOf(info); uid != 4242 || gid != 4343 {
		t.Error(uid, gid, *notes)
	}
}
