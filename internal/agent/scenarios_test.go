package agent

import (
	"fmt"
	"os"
	"os/user"
	"strings"
	"testing"
)

// scenario is a number of deployments to one instance, one after another.
type scenario struct {
	name         string
	root         bool     // needs root, and looks at owners
	users        []string // that the machine must have
	groups       []string
	maxRevisions int
	deployments  []deployment
}

type deployment struct {
	before      []string          // what is done to the target first, see stage.prepare
	files       map[string]string // see deployment.pack
	top         string            // folder of the AppSpec file in the archive
	appspec     string            // without its version and os
	raw         string            // the bundle itself
	bundleType  string            // "" is tar
	behavior    string
	creator     string
	kind        string
	appspecName string
	events      []string
}

func (s scenario) skip(t *testing.T) {
	if s.root && (os.Geteuid() != 0 || groupsDenied()) {
		t.Skip("needs root, and of the machine")
	}
	for _, name := range s.users {
		if _, err := user.Lookup(name); err != nil {
			t.Skip(err)
		}
	}
	for _, name := range s.groups {
		if _, err := user.LookupGroup(name); err != nil {
			t.Skip(err)
		}
	}
}

const head = "version: 0.0\nos: linux\n"

var installing = []string{"DownloadBundle", "Install"}

// install is a deployment of files to the target by way of a files section.
func installOf(section string, files map[string]string, before ...string) deployment {
	return deployment{appspec: head + section, files: files, before: before, events: installing}
}

func (d deployment) with(behavior string) deployment { d.behavior = behavior; return d }

// hook is a deployment whose BeforeInstall runs one script.
func hook(script string, more ...string) deployment {
	return deployment{
		appspec: head + "hooks:\n  BeforeInstall:\n  - location: s.sh\n" + strings.Join(more, ""),
		files:   map[string]string{"s.sh": script},
		events:  []string{"DownloadBundle", "BeforeInstall"},
	}
}

func all(section string) string { return "files:\n- source: /\n  destination: $T\n" + section }

var some = map[string]string{"f.sh": "x", "x": "x", "s/g.sh": "x"}

func copyOf(source, destination string) string {
	return fmt.Sprintf("- source: %s\n  destination: %q\n", source, destination)
}

var scenarios = []scenario{
	// Files.
	{name: "a tree with hidden, empty and nested things", deployments: []deployment{
		installOf(all(""), map[string]string{"a": "A", ".h": "H", "d/x": "mode 0600:X", "d/e/": "", "r.sh": "#!/bin/sh\n"}),
	}},
	{name: "paths that are not clean", deployments: []deployment{
		installOf("files:\n"+copyOf("a", "$T//y/./")+copyOf("/d/", "$T/z")+copyOf("./e/f", "$T/q")+copyOf("'d/'", "$T/z2"),
			map[string]string{"a": "A", "d/b": "B", "d/.h": "H", "e/f": "F", "d/sub/x": "X"}),
	}},
	{name: "a path that goes through what is not there", deployments: []deployment{
		installOf("files:\n"+copyOf("a", "$T/x/../y"), map[string]string{"a": "A"}),
	}},
	{name: "a relative destination", deployments: []deployment{
		installOf("files:\n"+copyOf("a", "rel/x"), map[string]string{"a": "A"}),
	}},
	{name: "two files for one place", deployments: []deployment{
		installOf("files:\n"+copyOf("/", "$T")+copyOf("e/f", "$T"), map[string]string{"f": "A", "e/f": "F"}),
	}},
	{name: "one file twice", deployments: []deployment{
		installOf("files:\n"+copyOf("/", "$T")+copyOf("a", "$T"), map[string]string{"a": "A"}),
	}},
	{name: "a file where a folder is made", deployments: []deployment{
		installOf("files:\n"+copyOf("d", "$T")+copyOf("x/d", "$T"), map[string]string{"d/d/z": "A", "x/d": "F"}),
	}},
	{name: "a folder where a file is copied", deployments: []deployment{
		installOf("files:\n"+copyOf("x/d", "$T")+copyOf("d", "$T"), map[string]string{"d/d/z": "A", "x/d": "F"}),
	}},
	{name: "a file is in the way", deployments: []deployment{
		installOf(all(""), map[string]string{"a": "A"}, "file a old"),
	}},
	{name: "a file is overwritten, then cleaned up", deployments: []deployment{
		installOf(all(""), map[string]string{"a": "A"}, "file a old").with("overwrite"),
		installOf("", nil),
	}},
	{name: "a file is retained, then not cleaned up", deployments: []deployment{
		installOf(all("file_exists_behavior: RETAIN\n"), map[string]string{"a": "A", "b": "B"}, "file a old").with("OVERWRITE"),
		installOf("", nil),
	}},
	{name: "a behaviour that does not exist", deployments: []deployment{
		installOf("files:\n"+copyOf("a", "$T"), map[string]string{"a": "A"}).with("wrong"),
		installOf("files:\n"+copyOf("a", "$T"), map[string]string{"a": "A"}, "remove a", "file a old").with("wrong"),
	}},
	{name: "a file for a folder", deployments: []deployment{
		installOf("files:\n"+copyOf("a", "$T/f"), map[string]string{"a": "A"}, "file f old"),
		installOf("files:\n"+copyOf("d", "$T/f"), map[string]string{"d/a": "A"}),
		installOf("files:\n"+copyOf("d", "$T/f/g"), map[string]string{"d/a": "A"}),
	}},
	{name: "a folder at a file's place", deployments: []deployment{
		installOf("files:\n"+copyOf("a", "$T"), map[string]string{"a": "A"}, "folder a").with("OVERWRITE"),
		installOf("", nil),
		installOf("files:\n"+copyOf("b", "$T"), map[string]string{"b": "A"}, "folder b/b").with("OVERWRITE"),
	}},
	{name: "links in the way", deployments: []deployment{
		installOf("files:\n"+copyOf("a", "$T")+copyOf("b", "$T"), map[string]string{"a": "A", "b": "B"}, "link a nowhere"),
		installOf("files:\n"+copyOf("a", "$T"), map[string]string{"a": "A"}, "remove a", "remove nowhere", "link a no/where"),
	}},
	{name: "links of the revision", deployments: []deployment{
		installOf(all(""), map[string]string{"a": "A", "l": "->a", "dl": "->d", "d/x": "X", "dang": "->nowhere"}),
		installOf("", nil),
	}},
	{name: "a link over a file", deployments: []deployment{
		installOf("files:\n"+copyOf("l", "$T"), map[string]string{"a": "A", "l": "->a"}, "file l old").with("OVERWRITE"),
		installOf("files:\n"+copyOf("l", "$T"), map[string]string{"a": "A", "l": "->a"}, "file l old").with("RETAIN"),
	}},
	{name: "a source is missing, then the next deployment repairs", deployments: []deployment{
		installOf("files:\n"+copyOf("a", "$T/n/m")+copyOf("nope", "$T")+copyOf("b", "$T"), map[string]string{"a": "A", "b": "B"}),
		installOf("files:\n"+copyOf("b", "$T"), map[string]string{"b": "B"}),
	}},
	{name: "clean-up leaves what others put there", deployments: []deployment{
		installOf("files:\n"+copyOf("d", "$T/s"), map[string]string{"d/x": "X", "d/e/y": "Y", "d/f/z": "Z"}),
		installOf("files:\n"+copyOf("a", "$T/u"), map[string]string{"a": "A"}, "file s/e/foreign F", "remove s/x", "link s/x nowhere"),
	}},
	{name: "a plan that fails leaves neither old nor new", deployments: []deployment{
		installOf("files:\n"+copyOf("a", "$T/s"), map[string]string{"a": "A"}),
		installOf("files:\n"+copyOf("a", "$T/u")+copyOf("b", "$T"), map[string]string{"a": "A", "b": "B"}, "file b old"),
	}},
	{name: "a destination or source that is not text", deployments: []deployment{
		installOf("files:\n- source: a\n  destination: 12\n", map[string]string{"a": "A"}),
		installOf("files:\n- source: 12\n  destination: $T\n", map[string]string{"12": "A"}),
	}},
	{name: "sources with dots", deployments: []deployment{
		installOf("files:\n"+copyOf("../deployment-archive/a", "$T")+copyOf("''", "$T/e"), map[string]string{"a": "A"}),
	}},

	// Permissions.
	{name: "permissions of all", root: true, users: []string{"nobody"}, groups: []string{"nogroup"}, deployments: []deployment{
		installOf(all("permissions:\n- object: $T\n  mode: 640\n  owner: nobody\n  group: nogroup\n"), some),
	}},
	{name: "permissions by pattern and type", root: true, deployments: []deployment{
		installOf(all("permissions:\n- object: $T\n  pattern: '*.sh'\n  mode: '4755'\n  type: [file]\n- object: $T/s/\n  mode: 700\n"), some),
		installOf(all("permissions:\n- object: $T\n  mode: 711\n  type: [directory]\n"), some),
		installOf(all("permissions:\n- object: $T\n  pattern: 's/*.sh'\n  mode: 711\n"), some),
		installOf(all("permissions:\n- object: $T\n  except: [g.sh, f.sh]\n  mode: 604\n"), some),
		installOf(all("permissions:\n- object: $T\n  except: ['**']\n  mode: 604\n"), some),
		installOf(all("permissions:\n- object: $T\n  pattern: '**.sh'\n  mode: 604\n"), some),
		installOf(all("permissions:\n- object: $T\n  pattern: 'f?'\n  mode: 604\n"), map[string]string{"f1": "1", "f?": "2"}),
		installOf(all("permissions:\n- object: $T\n  except: [$T/x]\n  mode: 604\n  type: [file]\n"), some),
		installOf(all("permissions:\n- object: $T\n  pattern: 'a*b*c'\n  mode: 604\n"), map[string]string{"abc": "", "abcbc": "", "ab": "", "aXbXbXc": "", "ac": ""}),
	}},
	{name: "permissions of one file", root: true, deployments: []deployment{
		installOf(all("permissions:\n- object: $T/x\n  mode: 7\n"), some),
		installOf(all("permissions:\n- object: $T/x\n  mode: 711\n  pattern: x\n"), some),
		installOf(all("permissions:\n- object: $T/x\n  mode: 711\n  except: [a, b]\n"), some),
		installOf(all("permissions:\n- object: $T/x\n  mode: 711\n  type: [directory]\n"), some),
		installOf(all("permissions:\n- object: $T/nope\n  mode: 711\n"), some),
	}},
	{name: "permissions twice", deployments: []deployment{
		installOf(all("permissions:\n- object: $T/x\n  mode: 711\n- object: $T\n  pattern: x\n"), some),
	}},
	{name: "an owner takes setuid away from files", root: true, groups: []string{"adm"}, deployments: []deployment{
		installOf(all("permissions:\n- object: $T\n  mode: 6755\n  group: adm\n"), some),
	}},
	{name: "owners that nobody knows", root: true, deployments: []deployment{
		installOf("files:\n"+copyOf("x", "$T")+"permissions:\n- object: $T\n  mode: 600\n  owner: nosuchuser\n", some),
		installOf("files:\n"+copyOf("x", "$T")+"permissions:\n- object: $T\n  group: nosuchgroup\n", some),
		installOf("files:\n"+copyOf("x", "$T")+"permissions:\n- object: $T\n  owner: 0\n", some),
	}},
	{name: "permissions of a link", deployments: []deployment{
		installOf(all("permissions:\n- object: $T\n  mode: 600\n  pattern: l\n"), map[string]string{"a": "A", "l": "->a"}),
		installOf(all("permissions:\n- object: $T\n  mode: 600\n  pattern: l\n"), map[string]string{"a": "A", "l": "->no"}),
	}},
	{name: "permissions of retained files", deployments: []deployment{
		installOf(all("permissions:\n- object: $T\n  mode: 600\n  type: [file]\n"), some, "file x old").with("RETAIN"),
	}},
	{name: "acls", deployments: []deployment{
		installOf("files:\n"+copyOf("s", "$T/n/m")+"permissions:\n- object: $T\n  type: [file]\n  mode: 750\n  acls: ['bob:rw']\n", some),
		installOf("files:\n"+copyOf("s", "$T/n/m")+"permissions:\n- object: $T\n  type: [directory]\n  acls: ['d:u:bob:rw','g:adm:7','m::rx','d:u::rwx']\n", some),
		installOf("files:\n"+copyOf("s", "$T/n/m")+"permissions:\n- object: $T\n  type: [directory]\n  acls: ['d:u:bob:rw']\n", some),
		installOf("files:\n"+copyOf("s", "$T/n/m")+"permissions:\n- object: $T\n  type: [directory]\n  acls: ['m:5']\n", some),
		installOf("files:\n"+copyOf("s", "$T/n/m")+"permissions:\n- object: $T\n  type: [directory]\n  acls: ['u:bob:-w','default:other::5','default:m::','d:user::rwx','u:b:','u:c:wr','u:d:rrx-','b:']\n", some),
		installOf("files:\n"+copyOf("s", "$T/n/m")+"permissions:\n- object: $T/n/m/g.sh\n  acls: ['d:bob:rw']\n", some),
		installOf("files:\n"+copyOf("s", "$T/n/m")+"permissions:\n- object: $T\n  acls: ['d:bob:rw']\n", some),
		installOf("files:\n"+copyOf("s", "$T/n/m")+"permissions:\n- object: $T\n  type: [file]\n  acls: ['bob:rw']\n", some, "fail"),
	}},
	{name: "what acls of one file leave for the next", deployments: []deployment{
		installOf("files:\n"+copyOf("a", "$T")+copyOf("b", "$T")+"permissions:\n- object: $T\n  acls: ['bob:rw']\n",
			map[string]string{"a": "mode 0640:A", "b": "mode 0755:B"}),
	}},
	{name: "SELinux contexts", deployments: []deployment{
		installOf("files:\n"+copyOf("x", "$T")+"permissions:\n- object: $T\n  context:\n    name: u\n    type: t_t\n    range: s0-s1:c5,c1.c3,c4,c9\n", some),
		installOf("files:\n"+copyOf("x", "$T")+"permissions:\n- object: $T\n  mode: 600\n  context:\n    user: u\n    type: t_t\n    range: s0:c1,c2,c7,c8\n", some),
		installOf("files:\n"+copyOf("x", "$T")+"permissions:\n- object: $T\n  context:\n    type: t_t\n", some),
		installOf("files:\n"+copyOf("x", "$T")+"permissions:\n- object: $T\n  context:\n    type: t_t\n    range: s0\n", some, "fail"),
	}},

	// Hooks.
	{name: "a hook that fails", deployments: []deployment{hook("#!/bin/sh\necho out\nprintf 'a\\r\\n\\n  b \\nlast'\nexit 3\n")}},
	{name: "a hook that succeeds", deployments: []deployment{hook("#!/bin/sh\necho out\n")}},
	{name: "what a hook writes to stderr", deployments: []deployment{hook("#!/bin/sh\necho out; sleep 0.2; echo err >&2; sleep 0.2; printf open; exit 7\n")}},
	{name: "a hook that a signal ends", deployments: []deployment{hook("#!/bin/sh\nkill -9 $$\n")}},
	{name: "no interpreter", deployments: []deployment{hook("#!/nonexistent/sh\n")}},
	{name: "an interpreter with a carriage return", deployments: []deployment{hook("#!/bin/sh\r\nexit 3\r\n")}},
	{name: "a script without an interpreter", deployments: []deployment{hook("mode 0755:echo hi $0; exit 4\n")}},
	{name: "an empty script", deployments: []deployment{hook("")}},
	{name: "a script that is not executable", deployments: []deployment{hook("mode 0640:#!/bin/sh\nls -l $0 | cut -c1-10; exit 4\n")}},
	{name: "a script that is a folder", deployments: []deployment{{
		appspec: head + "hooks:\n  BeforeInstall:\n  - location: d\n", files: map[string]string{"d/x": ""}, events: []string{"DownloadBundle", "BeforeInstall"},
	}}},
	{name: "a script that is missing", deployments: []deployment{{
		appspec: head + "hooks:\n  BeforeInstall:\n  - location: a.sh\n  - location: x/../nope.sh\n  - location: b.sh\n",
		files:   map[string]string{"a.sh": "#!/bin/sh\necho a\n", "b.sh": "#!/bin/sh\necho b\n"}, events: []string{"DownloadBundle", "BeforeInstall"},
	}}},
	{name: "scripts run in order until one fails", deployments: []deployment{{
		appspec: head + "hooks:\n  BeforeInstall:\n  - location: a.sh\n  - location: /b.sh\n  - location: a.sh\n",
		files:   map[string]string{"a.sh": "#!/bin/sh\necho a\n", "b.sh": "#!/bin/sh\necho b\nexit 2\n"}, events: []string{"DownloadBundle", "BeforeInstall"},
	}}},
	{name: "a blank splits a location", deployments: []deployment{{
		appspec: head + "hooks:\n  BeforeInstall:\n  - location: a b.sh\n", files: map[string]string{"a b.sh": "#!/bin/sh\n"}, events: []string{"DownloadBundle", "BeforeInstall"},
	}}},
	{name: "a location that the shell reads", deployments: []deployment{{
		appspec: head + "hooks:\n  BeforeInstall:\n  - location: 's.sh;exit 7'\n",
		files:   map[string]string{"s.sh;exit 7": "#!/bin/sh\n", "s.sh": "#!/bin/sh\necho s.sh\n"}, events: []string{"DownloadBundle", "BeforeInstall"},
	}, {
		appspec: head + "hooks:\n  BeforeInstall:\n  - location: 'a${b}c.sh'\n",
		files:   map[string]string{"a${b}c.sh": "#!/bin/sh\n", "ac.sh": "#!/bin/sh\necho ac.sh\nexit 3\n"}, events: []string{"DownloadBundle", "BeforeInstall"},
	}, {
		appspec: head + "hooks:\n  BeforeInstall:\n  - location: 'a*b.sh'\n", files: map[string]string{"a*b.sh": "#!/bin/sh\nexit 3\n"}, events: []string{"DownloadBundle", "BeforeInstall"},
	}}},
	{name: "the environment of a hook", deployments: []deployment{
		hook("#!/bin/sh\nenv | grep -E '^(LIFECYCLE|DEPLOYMENT|APPLICATION|BUNDLE)' | sort\n[ -t 0 ] || cat; [ -p /dev/stdin ] && echo pipe; exit 1\n"),
	}},
	{name: "runas root", root: true, deployments: []deployment{hook("#!/bin/sh\nid -un; echo $HOME; exit 3\n", "    runas: root\n")}},
	{name: "runas somebody who is not there", root: true, deployments: []deployment{hook("#!/bin/sh\nexit 3\n", "    runas: nosuchuser\n")}},
	{name: "runas with a time-out", root: true, deployments: []deployment{hook("#!/bin/sh\nsleep 9\n", "    runas: root\n    timeout: 1\n")}},
	{name: "runas nothing", root: true, deployments: []deployment{hook("#!/bin/sh\nid -un; exit 3\n", "    runas: ''\n")}},
	{name: "a script of the owner's only with runas", root: true, users: []string{"daemon"}, deployments: []deployment{hook("mode 0700:#!/bin/sh\n", "    runas: daemon\n")}},
	{name: "a hook that takes too long", deployments: []deployment{hook("#!/bin/sh\necho begun; sleep 9\n", "    timeout: 1\n")}},
	{name: "a hook that does not obey", deployments: []deployment{hook("#!/bin/sh\ntrap '' TERM\necho begun; i=0; while [ $i -lt 3 ]; do sleep 0.5; i=$((i+1)); done; touch $T/ended\n", "    timeout: 1\n")}},
	{name: "a child that keeps stdout", deployments: []deployment{hook("#!/bin/sh\necho begun\nsleep 3 2>/dev/null &\n", "    timeout: 1\n")}},
	{name: "a child that keeps stderr", deployments: []deployment{hook("#!/bin/sh\necho begun\nsleep 3 >/dev/null &\nexit 5\n", "    timeout: 1\n")}},
	{name: "a child that keeps both", deployments: []deployment{hook("#!/bin/sh\necho begun\nsleep 3 &\n", "    timeout: 1\n")}},
	{name: "bytes that are no text", deployments: []deployment{
		hook("#!/bin/sh\necho one; printf '\\377\\n'; exit 0\n"),
		hook("#!/bin/sh\nprintf '\\377\\n'; sleep 0.2; i=0; while [ $i -lt 60 ]; do echo 0123456789012345678901234567890123456789 >&2; i=$((i+1)); done; sleep 0.3; exit 0\n"),
		hook("#!/bin/sh\nprintf '\\303\\251\\n'; exit 2\n"),
	}},

	// The end of the log.
	{name: "log tail, many short lines", deployments: []deployment{hook("#!/bin/sh\ni=0; while [ $i -lt 300 ]; do echo line $i; i=$((i+1)); done; exit 1\n")}},
	{name: "log tail, one long line", deployments: []deployment{
		hook(lines(2038) + "exit 1\n"), hook(lines(2039) + "exit 1\n"), hook(lines(2040) + "exit 1\n"), hook(lines(2037) + "exit 1\n"),
	}},
	{name: "log tail, a long line and more", deployments: []deployment{
		hook(lines(2100, 3, 4) + "exit 1\n"), hook(lines(10, 2030, 5) + "exit 1\n"), hook(lines(1000, 1030, 1, 1) + "exit 1\n"),
		hook(lines(1000, 1000, 30, 1000) + "exit 1\n"), hook(lines(500, 500, 500, 480, 10, 6) + "exit 1\n"),
	}},
	{name: "log tail, characters and not bytes", deployments: []deployment{
		hook("#!/bin/sh\ni=0; while [ $i -lt 100 ]; do echo ééééééééééééééééééééééééééé$i; i=$((i+1)); done; exit 1\n"),
	}},

	// Which revision.
	{name: "stop scripts come from the last installation", deployments: []deployment{
		stopping("one"), stopping("two"),
		{appspec: head, files: map[string]string{"x": "three"}, events: []string{"BeforeBlockTraffic", "ApplicationStop", "DownloadBundle", "ApplicationStop", "Install", "ApplicationStop"}},
		{events: []string{"ApplicationStop", "AfterBlockTraffic"}},
	}},
	{name: "a failed start is the last installation all the same", deployments: []deployment{
		{
			appspec: head + "hooks:\n  ApplicationStart:\n  - location: bad.sh\n  ApplicationStop:\n  - location: stop.sh\n",
			files:   map[string]string{"bad.sh": "#!/bin/sh\nexit 1\n", "stop.sh": "#!/bin/sh\necho stop\nexit 9\n"},
			events:  []string{"DownloadBundle", "Install", "ApplicationStart"},
		},
		{events: []string{"ApplicationStop"}},
	}},
	{name: "rollback of a blue/green deployment", deployments: []deployment{
		traffic("one", []string{"DownloadBundle", "Install"}, "", ""),
		traffic("two", []string{"DownloadBundle"}, "", ""),
		traffic("three", []string{"BeforeBlockTraffic", "AfterBlockTraffic", "ApplicationStop", "BeforeAllowTraffic", "AfterAllowTraffic"}, "codeDeployRollback", "BLUE_GREEN"),
		traffic("three", []string{"BeforeBlockTraffic", "BeforeAllowTraffic"}, "codeDeployRollback", "IN_PLACE"),
		traffic("three", []string{"BeforeBlockTraffic", "BeforeAllowTraffic"}, "user", "BLUE_GREEN"),
	}},
	{name: "the other AppSpec name", deployments: []deployment{
		stopping("one"),
		{appspecName: "other.yml", files: map[string]string{"other.yml": head}, events: []string{"ApplicationStop", "DownloadBundle", "BeforeInstall", "Install"}},
		{files: map[string]string{"appspec.yaml": head}, events: []string{"DownloadBundle", "BeforeInstall", "Install"}},
		{appspecName: "nope.yml", appspec: head, events: []string{"DownloadBundle", "BeforeInstall", "Install"}},
	}},
	{name: "no AppSpec file", deployments: []deployment{
		{files: map[string]string{"x": "x"}, events: []string{"ApplicationStop", "DownloadBundle", "BeforeInstall", "Install", "ValidateService"}},
	}},
	{name: "an AppSpec file that is broken", deployments: []deployment{
		{appspec: "version: 0.1\nos: linux\n", events: []string{"DownloadBundle", "BeforeInstall", "Install"}},
		{appspec: "version: 0.0\nos: windows\n", events: []string{"DownloadBundle", "BeforeInstall", "Install"}},
		{appspec: "version: 0.0\n  os: linux\n", events: []string{"DownloadBundle", "BeforeInstall"}},
	}},
	{name: "an event that is none", deployments: []deployment{
		{appspec: head, events: []string{"DownloadBundle", "Foo", "install"}},
	}},
	{name: "events before the download", deployments: []deployment{
		{events: []string{"ApplicationStop", "BeforeInstall", "Install"}},
	}},

	// Bundles.
	{name: "a top folder goes", deployments: []deployment{
		{top: "app-1/", appspec: head + "files:\n" + copyOf("/", "$T"), files: map[string]string{"app-1/a": "A", "app-1/d/x": "X"}, events: installing},
		{files: map[string]string{"app-1/a": "A", "app-1/d/x": "X"}, events: []string{"DownloadBundle", "BeforeInstall"}},
		{top: "app-1/", appspec: head, files: map[string]string{"__MACOSX/a": "A"}, events: []string{"DownloadBundle", "BeforeInstall"}},
		{files: map[string]string{"app-1/not-AppSpec-at-all": "A", "app-1/app-1": "A"}, events: []string{"DownloadBundle", "BeforeInstall"}},
	}},
	{name: "a zip", deployments: []deployment{
		{bundleType: "zip", appspec: head + "files:\n" + copyOf("/", "$T"), files: map[string]string{"a": "A", "d/x": "mode 0750:X"}, events: installing},
	}},
	{name: "the same deployment installs again", deployments: []deployment{
		{appspec: head + "files:\n" + copyOf("/", "$T"), files: map[string]string{"a": "A"}, events: []string{"DownloadBundle", "Install", "Install"}},
	}},
	{name: "damaged archives", deployments: []deployment{
		{raw: "nonsense", events: []string{"DownloadBundle", "BeforeInstall"}},
	}},
	{name: "a type that is none", deployments: []deployment{
		{appspec: head, bundleType: "rar", events: []string{"DownloadBundle"}},
	}},
	{name: "two revisions are kept", maxRevisions: 2, deployments: []deployment{
		installOf("", nil), installOf("", nil), installOf("", nil), {appspec: head, events: []string{"DownloadBundle"}}, {appspec: head, events: []string{"DownloadBundle"}},
	}},
	{name: "one revision is kept", maxRevisions: 1, deployments: []deployment{
		installOf("", nil), installOf("", nil), {appspec: head, events: []string{"DownloadBundle"}}, {appspec: head, events: []string{"DownloadBundle"}},
	}},
}

func stopping(name string) deployment {
	return deployment{
		appspec: head + "hooks:\n  ApplicationStop:\n  - location: stop.sh\n",
		files:   map[string]string{"stop.sh": "#!/bin/sh\necho " + name + " $DEPLOYMENT_ID\n"},
		events:  []string{"ApplicationStop", "DownloadBundle", "BeforeInstall", "Install", "AfterInstall"},
	}
}

func traffic(name string, events []string, creator, kind string) deployment {
	d := deployment{appspec: head + "hooks:\n", files: map[string]string{"s.sh": "#!/bin/sh\necho " + name + "\nexit 1\n"}, events: events, creator: creator, kind: kind}
	for _, e := range []string{"BeforeBlockTraffic", "AfterBlockTraffic", "ApplicationStop", "BeforeAllowTraffic", "AfterAllowTraffic"} {
		d.appspec += "  " + e + ":\n  - location: s.sh\n"
	}
	return d
}

// lines is a script that writes lines of these lengths.
func lines(lengths ...int) string {
	script := "#!/bin/sh\n"
	for i, n := range lengths {
		script += "echo " + strings.Repeat(string(rune('a'+i)), n) + "\n"
	}
	return script
}
