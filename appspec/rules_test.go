package appspec

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// A ruleCase is a text and all that Parse says about it: rule, severity, and
// the place from its first to after its last character.
type ruleCase struct {
	name string
	text string
	want []string
}

// server puts the two lines that every AppSpec has before a body, which so
// begins in line 3.
func server(body string) string { return "version: 0.0\nos: linux\n" + body }

// hook puts a body below a script, at line 6.
func hook(body string) string {
	return server("hooks:\n  AfterInstall:\n    - location: a.sh\n      " + body + "\n")
}

// permission puts a body into a permission that changes something, at line 6.
func permission(body string) string {
	return server("permissions:\n  - object: /srv/app\n    owner: bob\n    " + strings.ReplaceAll(body, "\n", "\n    ") + "\n")
}

// placed gives a diagnostic as rule tables write it.
func placed(d Diagnostic) string {
	if !d.Range.Start.IsKnown() {
		return fmt.Sprintf("%s %s", d.Rule, d.Severity)
	}
	return fmt.Sprintf("%s %s %d:%d-%d", d.Rule, d.Severity, d.Range.Start.Line, d.Range.Start.Column, d.Range.End.Column)
}

func placedAll(diagnostics []Diagnostic) []string {
	var all []string
	for _, d := range diagnostics {
		all = append(all, placed(d))
	}
	return all
}

// ruleCases returns all tables; the agent's own answers to them are recorded
// in testdata/agent.tsv.
func ruleCases() []ruleCase {
	return slices.Concat(textCases(), topCases(), fileCases(), permissionCases(), aclCases(), hookCases(), vectorCases())
}

func TestRules(t *testing.T) {
	names := map[string]bool{}
	for _, c := range ruleCases() {
		if names[c.name] {
			t.Errorf("two cases are named %q", c.name)
		}
		names[c.name] = true
		t.Run(c.name, func(t *testing.T) {
			_, diagnostics := Parse("appspec.yml", []byte(c.text))
			if got := placedAll(diagnostics); !slices.Equal(got, c.want) {
				t.Errorf("text:\n%s\ngot  %q\nwant %q", c.text, got, c.want)
			}
			for _, d := range diagnostics {
				if d.Message == "" || d.File != "appspec.yml" {
					t.Errorf("incomplete: %+v", d)
				}
			}
		})
	}
}

func textCases() []ruleCase {
	return []ruleCase{
		{"byte order mark and a tab", "\ufeffversion: 0.0\nos: linux\nfiles:\n\t- source: /\n\t  destination: /srv/app\n", []string{"YAML-005 error 1:1-1", "YAML-003 error 4:1-2"}},
		{"empty", "", []string{"YAML-001 error 1:1-1"}},
		{"only a comment", "# nothing\n", []string{"YAML-001 error 1:1-1"}},
		{"null", "~\n", []string{"YAML-001 error 1:1-1"}},
		{"false", "no\n", []string{"YAML-001 error 1:1-1"}},
		{"colon twice", server("files: a: b\n"), []string{"YAML-002 error 3:9-10"}},
		{"closing bracket", server("files: [\n"), []string{"YAML-002 error 3:9-9"}},
		{"mistake before what the scanner meets", server("hooks:\n  AfterInstall:\n    - location: a.sh\n- a\n      timeout: 5\n"), []string{"YAML-002 error 6:1-2"}},
		{"tab indents", server("hooks:\n\tAfterInstall:\n"), []string{"YAML-003 error 4:1-2"}},
		{"tab after spaces", server("files:\n  - source: /\n  \tdestination: /x\n"), []string{"YAML-003 error 5:3-4"}},
		{"tab after a colon", "version: 0.0\nos:\tlinux\nfiles:\n  - {source: /, destination: /srv/x}\n", []string{"YAML-004 warning 2:4-5"}},
		{"tab before a comment", server("files:\n  - source: /\n\t# all of it\n    destination: /srv/x\n"), []string{"YAML-003 error 5:1-2"}},
		{"tab in an empty line", server("files:\n\t\n  - {source: /, destination: /srv/x}\n"), []string{"YAML-003 error 4:1-2"}},
		{"tabs in an empty line of a list", server("files:\n  - source: /\n    destination: /srv/x\n\t\nhooks:\n  AfterInstall: [{location: a.sh}]\n"), []string{"YAML-003 error 6:1-2"}},
		{"tab before a comment in brackets", server("files: [\n\t# all of it\n  {source: /, destination: /srv/x}]\n"), nil},
		{"tab before a comment after spaces", server("files:\n  - source: /\n    destination: /srv/x\n      \t# x\n"), nil},
		{"tab in a block of text", server("files:\n  - source: |-\n      a\n\t\n      b\n    destination: /srv/x\n"), []string{"YAML-003 error 6:1-2"}},
		{"tab before a second comment", server("files:\n# all\n\t# of it\n  - {source: /, destination: /srv/x}\n"), []string{"YAML-003 error 5:1-2"}},
		{"tab before a second comment, after brackets", server("files: [{source: /, destination: /srv/x}]\n# all\n\t# of it\n"), []string{"YAML-003 error 5:1-2"}},
		{"tab before a second comment in brackets", server("files: [\n# all\n\t# of it\n  {source: /, destination: /srv/x}]\n"), nil},
		{"tabs in a text that looks like comments", server("files:\n  - source: |-\n      # all\n      \t# of it\n    destination: /srv/x\n"), nil},
		{"empty mapping", "{}\n", []string{"EC2-001 error 1:1-2", "YAML-021 error 1:1-2"}},
		{"tabs in JSON", "{\n\t\"version\": 0.0,\n\t\"os\": \"linux\",\n\t\"files\": [{\"source\": \"/\", \"destination\": \"/srv/x\"}]\n}\n", nil},
		{"byte order mark", "\ufeffversion: 0.0\nos: linux\nfiles: [{source: /, destination: /srv/x}]\n", []string{"YAML-005 error 1:1-1"}},
		{"byte order mark before JSON", "\ufeff{version: 0.0, os: linux, files: [{source: /, destination: /srv/x}]}\n", []string{"YAML-005 warning 1:1-1"}},
		{"byte order mark before a comment", "\ufeff# x\nversion: 0.0\nos: linux\nfiles: [{source: /, destination: /srv/x}]\n", []string{"YAML-005 warning 1:1-1"}},
		{"UTF-16", "\xff\xfev\x00e\x00r\x00", []string{"YAML-006 error 1:1-1"}},
		{"UTF-16 without a mark", "v\x00e\x00r\x00s\x00", []string{"YAML-006 error 1:1-1"}},
		{"Latin-1 in a comment", server("# caf\xe9 \n"), []string{"YAML-006 error 3:6-7"}},
		{"byte out of place", server("# \x80\n"), []string{"YAML-006 error 3:3-4"}},
		{"overlong", server("# \xc0\x80\n"), []string{"YAML-006 error 3:3-4"}},
		{"surrogate", server("# \xed\xa0\x80\n"), []string{"YAML-006 error 3:3-4"}},
		{"cut off", server("# \xe2\x82"), []string{"YAML-006 error 3:3-4"}},
		{"control character", server("# \x1b[2J\n"), []string{"YAML-007 error 3:3-4"}},
		{"CRLF", "version: 0.0\r\nos: linux\r\nfiles: [{source: /, destination: /srv/x}]\r\n", []string{"YAML-008 warning 1:13-13"}},
		{"no-break space after a colon", "version: 0.0\nos: \u00a0linux\nfiles: [{source: /, destination: /srv/x}]\n", []string{"YAML-009 error 2:5-11", "EC2-006 error 2:5-11"}},
		{"no-break space indents", server("files:\n\u00a0 - source: /\n    destination: /x\n"), []string{"YAML-009 error 4:1-2"}},
		{"no space after the first colon", "version:0.0\nos: linux\n", []string{"YAML-010 error 1:1-9"}},
		{"no space after the last colon", "version: 0.0\nos:linux\n", []string{"YAML-010 error 2:1-4"}},
		{"no space after any colon", "version:0.0", []string{"YAML-010 error 1:1-9"}},
		{"no space in a file", server("files:\n  - source:/a\n    destination: /x\n"), []string{"YAML-010 error 4:5-12"}},
		{"no space in a script", server("hooks:\n  AfterInstall:\n    - location:a.sh\n"), []string{"YAML-010 error 5:7-16"}},
		{"no space after the document's end", "  version: 0.0\nos:linux\n", []string{"YAML-021 error 1:3-10", "YAML-010 error 2:1-4"}},
		{"event twice", server("hooks:\n  AfterInstall:\n    - location: a.sh\n  AfterInstall:\n    - location: b.sh\n"), []string{"YAML-011 error 6:3-15"}},
		{"section twice", server("files: [{source: /, destination: /srv/x}]\nfiles: [{source: /, destination: /srv/y}]\n"), []string{"YAML-011 error 4:1-6"}},
		{"key of a script twice", hook("timeout: 5\n      timeout: 6"), []string{"YAML-011 error 7:7-14"}},
		{"list", "- version: 0.0\n- os: linux\n", []string{"YAML-012 error 1:1-2"}},
		{"single value", "just words\n", []string{"YAML-012 error 1:1-11"}},
		{"second document", server("files: [{source: /, destination: /srv/x}]\n---\nos: x\n"), []string{"YAML-013 warning 4:1-4"}},
		{"first line is indented", "  version: 0.0\nos: linux\n", []string{"YAML-021 error 1:3-10", "YAML-013 warning 2:1-10"}},
		{"alias", server("files:\n  - source: &s /a\n    destination: /srv/x\n  - source: *s\n    destination: /srv/y\n"), []string{"YAML-014 warning 4:13-18", "YAML-014 warning 6:13-15"}},
		{"date", hook("runas: 2024-01-31"), []string{"YAML-015 warning 6:14-24", "EC2-124 warning 6:14-24"}},
		{"object tag", server("hooks: !ruby/object:Foo {}\n"), []string{"EC2-009 warning 3:1-6", "YAML-016 error 3:8-9"}},
		{"value begins with !", hook("runas: !bob"), []string{"YAML-016 error 6:14-18"}},
		{"plain tag", hook("runas: !!str bob"), nil},
		{"key below its dash", server("files:\n  - source: a\n  destination: /b\n"), []string{"YAML-018 error 5:3-14"}},
		{"keys below their dash", server("permissions:\n  - object: /b\n  owner: x\n  mode: 644\n"), []string{"YAML-018 error 5:3-8"}},
		{"value begins with *", permission("pattern: **"), []string{"YAML-019 error 6:14-16"}},
		{"value begins with @", hook("runas: @bob"), []string{"YAML-019 error 6:14-18"}},
		{"unknown alias", hook("runas: *bob"), []string{"YAML-019 error 6:14-18"}},
	}
}

func topCases() []ruleCase {
	const files = "files: [{source: /, destination: /srv/x}]\n"
	return []ruleCase{
		{"smallest", server(files), nil},
		{"two platforms", server("resources: []\n"), []string{"YAML-020 error 3:1-10"}},
		{"no platform", "version: 0.0\n", []string{"YAML-021 error 1:1-8"}},
		{"resources of something else", "AWSTemplateFormatVersion: x\nResources:\n  A: {Type: AWS::S3::Bucket}\n", []string{"YAML-021 error 2:1-10"}},
		{"ECS", "version: 0.0\nResources:\n  - TargetService:\n      Type: AWS::ECS::Service\n", []string{"ECS-006 error 3:5-18"}},
		{"Lambda", "version: 0.0\nresources:\n  - f:\n      type: AWS::Lambda::Function\n", []string{"LAM-005 error 3:5-6"}},
		{"hooks of ECS", "version: 0.0\nHooks:\n  - BeforeInstall: f\n", []string{"ECS-002 error 1:1-8"}},
		{"section in upper case", server("Hooks:\n  AfterInstall:\n    - location: a.sh\n"), []string{"YAML-022 error 3:1-6"}},
		{"OS in upper case", "version: 0.0\nOS: linux\n" + files, []string{"YAML-022 error 2:1-3"}},
		{"version in upper case", "Version: 0.0\nos: linux\n" + files, []string{"YAML-022 error 1:1-8"}},
		{"unknown section", server(files + "hook: x\n"), []string{"YAML-023 warning 4:1-5"}},
		{"key of an item at the top", server("files:\n- source: /\ndestination: /srv/x\n"), []string{"EC2-023 error 4:3-12", "YAML-023 warning 5:1-12"}},
		{"no version", "os: linux\n" + files, []string{"EC2-001 error 1:1-3"}},
		{"version null", "version:\nos: linux\n" + files, []string{"EC2-001 error 1:1-8"}},
		{"version quoted", "version: \"0.0\"\nos: linux\n" + files, []string{"EC2-002 error 1:10-15"}},
		{"version with an exponent", "version: 0.0e0\nos: linux\n" + files, []string{"EC2-002 error 1:10-15"}},
		{"version 1.0", "version: 1.0\nos: linux\n" + files, []string{"EC2-003 error 1:10-13"}},
		{"version true", "version: true\nos: linux\n" + files, []string{"EC2-003 error 1:10-14"}},
		{"version list", "version: [0.0]\nos: linux\n" + files, []string{"EC2-003 error 1:10-11"}},
		{"version 0", "version: 0\nos: linux\n" + files, []string{"EC2-004 warning 1:10-11"}},
		{"version -0.0", "version: -0.0\nos: linux\n" + files, []string{"EC2-004 warning 1:10-14"}},
		{"version .0", "version: .0\nos: linux\n" + files, []string{"EC2-004 warning 1:10-12"}},
		{"version 00", "version: 00\nos: linux\n" + files, []string{"EC2-004 warning 1:10-12"}},
		{"no os", "version: 0.0\n" + files, []string{"EC2-005 error 1:1-8"}},
		{"os null", "version: 0.0\nos: ~\n" + files, []string{"EC2-005 error 2:1-3"}},
		{"os Linux", "version: 0.0\nos: Linux\n" + files, []string{"EC2-006 error 2:5-10"}},
		{"os symbol", "version: 0.0\nos: :linux\n" + files, []string{"EC2-006 error 2:5-11"}},
		{"does nothing", server(""), []string{"EC2-008 warning 1:1-8"}},
		{"empty sections", server("files:\nhooks: {}\npermissions: []\n"),
			[]string{"EC2-008 warning 1:1-8", "EC2-009 warning 3:1-6", "EC2-009 warning 4:1-6", "EC2-009 warning 5:1-12"}},
		{"file exists lower case", server(files + "file_exists_behavior: overwrite\n"), []string{"EC2-034 error 4:23-32"}},
		{"file exists false", server(files + "file_exists_behavior: no\n"), []string{"EC2-034 error 4:23-25"}},
		{"file exists null", server(files + "file_exists_behavior:\n"), nil},
		{"errors of all sections in file order", "os: x\nhooks: []\nversion: 1\n", []string{"EC2-006 error 1:5-6", "EC2-100 error 2:8-9", "EC2-003 error 3:10-11"}},
	}
}

func fileCases() []ruleCase {
	file := func(source, destination string) string {
		return server("files:\n  - source: " + source + "\n    destination: " + destination + "\n")
	}
	return []ruleCase{
		{"files a mapping", server("files:\n  source: /\n  destination: /srv/x\n"), []string{"EC2-020 error 4:3-12"}},
		{"files a word", server("files: all\n"), []string{"EC2-020 error 3:8-11"}},
		{"file null", server("files:\n  -\n"), []string{"EC2-021 error 4:4-4"}},
		{"file a word", server("files:\n  - build\n"), []string{"EC2-021 error 4:5-10"}},
		{"no source", server("files:\n  - destination: /srv/x\n"), []string{"EC2-022 error 4:5-24"}},
		{"source null", file("", "/srv/x"), []string{"EC2-022 error 4:5-11"}},
		{"no destination", server("files:\n  - source: /\n"), []string{"EC2-023 error 4:5-14"}},
		{"destination null", file("/", "~"), []string{"EC2-023 error 5:5-16"}},
		{"source a number", file("5", "/srv/x"), []string{"EC2-024 error 4:13-14"}},
		{"destination false", file("/", "no"), []string{"EC2-024 error 5:18-20"}},
		{"source empty", file("''", "/srv/x"), []string{"EC2-025 warning 4:13-15"}},
		{"destination empty", file("/", "''"), []string{"EC2-026 error 5:18-20"}},
		{"destination relative", file("/", "srv/x"), []string{"EC2-027 error 5:18-23"}},
		{"destination at home", file("/", "~/x"), []string{"EC2-027 error 5:18-21"}},
		{"destination variable", file("/", "/srv/$APP"), []string{"EC2-027 warning 5:18-27"}},
		{"destination of Windows on Linux", file("/", `c:\temp`), []string{"EC2-027 error 5:18-25"}},
		{"destination on Windows", "version: 0.0\nos: windows\nfiles:\n  - source: \\\n    destination: c:\\temp\n", nil},
		{"destination with escapes", "version: 0.0\nos: windows\nfiles:\n  - source: \\\n    destination: \"c:\\temp\"\n", []string{"EC2-036 warning 5:18-27"}},
		{"source climbs", file("../x", "/srv/x"), []string{"EC2-030 error 4:13-17"}},
		{"source climbs in the middle", file("a/../../x", "/srv/x"), []string{"EC2-030 error 4:13-22"}},
		{"file exists in an entry", server("files:\n  - source: /\n    destination: /srv/x\n    file_exists_behavior: OVERWRITE\n"), []string{"EC2-035 error 6:5-25"}},
		{"source with a backslash", file(`a\b`, "/srv/x"), []string{"EC2-036 warning 4:13-16"}},
		{"unknown key of a file", server("files:\n  - source: /\n    destination: /srv/x\n    mode: 1\n"), []string{"EC2-040 warning 6:5-9"}},
		{"destination shared", file("a", "/tmp/"), []string{"EC2-041 warning 5:18-23"}},
		{"destination shared, overwriting", file("a", "/tmp/") + "file_exists_behavior: OVERWRITE\n", nil},
	}
}

func permissionCases() []ruleCase {
	return []ruleCase{
		{"permissions on Windows", "version: 0.0\nos: windows\npermissions:\n  - object: c:\\x\n    mode: 644\n", []string{"EC2-050 error 3:1-12"}},
		{"permissions a mapping", server("permissions:\n  object: /x\n"), []string{"EC2-051 error 4:3-13"}},
		{"permission a word", server("permissions:\n  - /x\n"), []string{"EC2-051 error 4:5-7"}},
		{"no object", server("permissions:\n  - mode: 644\n"), []string{"EC2-052 error 4:5-14"}},
		{"object blank", server("permissions:\n  - object: \"  \"\n    mode: 644\n"), []string{"EC2-052 error 4:5-11"}},
		{"object relative", server("permissions:\n  - object: srv\n    mode: 644\n"), []string{"EC2-053 error 4:13-16"}},
		{"pattern a number", permission("pattern: 5"), []string{"EC2-059 error 6:14-15"}},
		{"except a number", permission("except: [5]"), []string{"EC2-059 error 6:14-15"}},
		{"mode too long", permission(`mode: "04755"`), []string{"EC2-060 error 6:11-18"}},
		{"mode with a zero", permission("mode: 0644"), []string{"EC2-061 error 6:11-15"}},
		{"mode with a zero, digit 9", permission("mode: 0755"), []string{"EC2-061 error 6:11-15"}},
		{"mode of zeros", permission("mode: 000"), nil},
		{"mode symbolic", permission("mode: u+x"), []string{"EC2-062 error 6:11-14"}},
		{"mode false", permission("mode: no"), []string{"EC2-060 error 6:11-13"}},
		{"mode list", permission("mode: [7]"), []string{"EC2-062 error 6:11-12"}},
		{"mode short", permission("mode: 7"), []string{"EC2-063 warning 6:11-12"}},
		{"mode empty", permission("mode: ''"), []string{"EC2-063 warning 6:11-13"}},
		{"except a word", permission("except: a"), []string{"EC2-064 error 6:13-14"}},
		{"except a mapping", permission("except: {a: b}"), []string{"EC2-064 error 6:13-14"}},
		{"except false", permission("except: no"), nil},
		{"pattern with a slash", permission("pattern: a/b"), []string{"EC2-065 warning 6:14-17"}},
		{"pattern with a question mark", permission("pattern: a?"), []string{"EC2-066 warning 6:14-16"}},
		{"pattern with two stars", permission("pattern: a**"), []string{"EC2-067 warning 6:14-17"}},
		{"type a word", permission("type: file"), []string{"EC2-068 error 6:11-15"}},
		{"type unknown", permission("type: [link, file]"), []string{"EC2-069 error 6:12-16"}},
		{"type empty", permission("type: []"), []string{"EC2-070 warning 6:5-9"}},
		{"sets nothing", server("permissions:\n  - object: /srv/app\n"), []string{"EC2-074 warning 4:13-21"}},
		{"acls a word", permission("acls: u:bob:rw"), []string{"EC2-075 error 6:11-19"}},
		{"acl a number", permission("acls: [5]"), []string{"EC2-075 error 6:12-13"}},
		{"context without type", permission("context: {range: s0}"), []string{"EC2-080 error 6:5-12", "EC2-089 warning 6:5-12"}},
		{"context a word", permission("context: t"), []string{"EC2-080 error 6:14-15"}},
		{"context a list", permission("context: [t]"), []string{"EC2-080 error 6:14-15"}},
		{"context without range", permission("context: {type: t}"), []string{"EC2-081 error 6:5-12", "EC2-089 warning 6:5-12"}},
		{"context with user", permission("context: {user: u, type: t, range: s0}"), []string{"EC2-089 warning 6:5-12", "EC2-082 warning 6:15-19"}},
		{"context with role", permission("context: {role: u, type: t, range: s0}"), []string{"EC2-089 warning 6:5-12", "EC2-084 warning 6:15-19"}},
		{"unknown key of a permission", permission("modes: 1"), []string{"EC2-085 warning 6:5-10"}},
		{"set-uid and an owner", permission("mode: 4755"), []string{"EC2-086 warning 6:11-15"}},
		{"owner a number", server("permissions:\n  - object: /srv/app\n    owner: 0\n"), []string{"EC2-087 error 5:12-13"}},
	}
}

func hookCases() []ruleCase {
	script := func(body string) string {
		return server("hooks:\n  AfterInstall:\n    - " + body + "\n")
	}
	event := func(name string) string {
		return server("hooks:\n  " + name + ":\n    - location: a.sh\n")
	}
	return []ruleCase{
		{"hooks a list", server("hooks:\n  - AfterInstall:\n      - location: a.sh\n"), []string{"EC2-100 error 4:3-4"}},
		{"event a mapping", server("hooks:\n  AfterInstall:\n    location: a.sh\n"), []string{"EC2-101 error 5:5-19"}},
		{"event a word", server("hooks:\n  AfterInstall: a.sh\n"), []string{"EC2-101 error 4:17-21"}},
		{"event null", server("hooks:\n  AfterInstall:\n"), []string{"EC2-008 warning 1:1-8", "EC2-102 warning 4:3-15"}},
		{"script a word", script("a.sh"), []string{"EC2-103 error 5:7-11"}},
		{"script null", script(""), []string{"EC2-103 error 5:6-6"}},
		{"no location", script("timeout: 5"), []string{"EC2-104 error 5:7-17"}},
		{"location blank", script("location: ' '"), []string{"EC2-104 error 5:7-15"}},
		{"unknown event", event("Deploy"), []string{"EC2-105 error 4:3-9"}},
		{"event in lower case", event("beforeinstall"), []string{"EC2-105 error 4:3-16"}},
		{"reserved event", event("Install"), []string{"EC2-106 error 4:3-10"}},
		{"event of ECS", event("AfterAllowTestTraffic"), []string{"EC2-107 error 4:3-24"}},
		{"timeout true", hook("timeout: yes"), []string{"EC2-110 error 6:16-19"}},
		{"timeout false", hook("timeout: no"), []string{"EC2-110 error 6:16-18"}},
		{"timeout list", hook("timeout: [5]"), []string{"EC2-110 error 6:16-17"}},
		{"timeout infinite", hook("timeout: .inf"), []string{"EC2-109 error 6:16-20"}},
		{"timeout null", hook("timeout:"), nil},
		{"timeout with a unit", hook("timeout: 5 min"), []string{"EC2-111 error 6:16-21"}},
		{"timeout fraction", hook("timeout: 5.9"), []string{"EC2-112 warning 6:16-19"}},
		{"timeout quoted", hook("timeout: \"300\""), []string{"EC2-112 warning 6:16-21"}},
		{"timeout too long", hook("timeout: 3601"), []string{"EC2-113 error 6:16-20"}},
		{"timeout in base 60", hook("timeout: 2:00"), []string{"EC2-112 warning 6:16-20", "EC2-113 error 6:16-20"}},
		{"sum too long", hook("timeout: 3000\n    - location: b.sh\n      timeout: 601"), []string{"EC2-114 error 4:3-15"}},
		{"sum too long by default", hook("timeout: 5\n    - location: b.sh"), []string{"EC2-115 warning 4:3-15"}},
		{"no timeouts at all", server("hooks:\n  AfterInstall:\n    - location: a.sh\n    - location: b.sh\n"), nil},
		{"runas on Windows", "version: 0.0\nos: windows\nhooks:\n  AfterInstall:\n    - location: a.bat\n      runas: bob\n", []string{"EC2-116 error 6:14-17"}},
		{"sudo", hook("sudo: no"), []string{"EC2-117 warning 6:7-11"}},
		{"runas empty", hook("runas: ''"), []string{"EC2-118 warning 6:14-16"}},
		{"unknown key of a script", hook("run_as: bob"), []string{"EC2-119 warning 6:7-13"}},
		{"event a boolean", event("off"), []string{"EC2-121 error 4:3-6"}},
		{"location a list", script("location: [a.sh, b]"), []string{"EC2-123 error 5:17-18"}},
		{"location a number", script("location: 5"), []string{"EC2-123 warning 5:17-18"}},
		{"runas a number", hook("runas: 0"), []string{"EC2-124 warning 6:14-15"}},
	}
}
