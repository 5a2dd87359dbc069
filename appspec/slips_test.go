package appspec

import (
	"fmt"
	"strings"
	"testing"
)

// TestSlips: who types too little, or pastes too much, is shown the line where
// that is, and what to write.
func TestSlips(t *testing.T) {
	files := "files:\n  - source: /\n    destination: /srv/x\n"
	tests := []struct{ name, text, at, help string }{
		{"no space after the dash", server("files:\n  -source: /\n    destination: /srv/x\n"), "YAML-002 4:3-10", "Put one space after the dash: - source: …"},
		{"no space after the dash of a script", server("hooks:\n  AfterInstall:\n    -location: a.sh\n      timeout: 5\n"), "YAML-002 5:5-14", "Put one space after the dash: - location: …"},
		{"no space after the only dash", server("hooks:\n  AfterInstall:\n    -location: a.sh\n"), "EC2-101 5:5-20", "Put one space after the dash: - location: …"},
		{"no space after all dashes", server("files:\n  -source: /\n  -destination: /srv/x\n"), "EC2-020 4:3-13", "Put one space after the dash: - source: …"},
		{"no space after the dash of a permission", server("permissions:\n  -object: /srv/x\n"), "EC2-051 4:3-18", "Put one space after the dash: - object: …"},
		{"a dash of an office program", server("files:\n  – source: /\n    destination: /srv/x\n"), "YAML-002 4:3-11", "Write a hyphen and a space: - source: …"},
		{"os without a colon", "version: 0.0\nos linux\n" + files, "YAML-002 2:1-3", "Write os: linux"},
		{"version without a colon", "version 0.0\nos: linux\n" + files, "YAML-002 1:1-8", "Write version: 0.0"},
		{"section without a colon", server(strings.Replace(files, ":", "", 1)), "YAML-002 3:1-6", "Write files:"},
		{"event without a colon", server("hooks:\n  AfterInstall # later\n    - location: a.sh\n"), "YAML-002 4:3-15", "Write AfterInstall:"},
		{"location without a colon", server("hooks:\n  AfterInstall:\n    - location a.sh\n      timeout: 5\n"), "YAML-002 5:7-15", "Write location: a.sh"},
		{"destination without a colon", server("files:\n  - source: /\n    destination /srv/x\n"), "YAML-002 5:5-16", "Write destination: /srv/x"},
		{"equals signs", "version = 0.0\nos = linux\n", "YAML-012 1:1-8", "Write version: 0.0"},
		{"wide colons", "version： 0.0\nos： linux\n", "YAML-012 1:1-8", "Write version: 0.0"},
		{"quote not closed", server("files:\n  - source: \"/\n    destination: /srv/x\nhooks:\n  AfterInstall:\n    - location: a.sh\n"), "YAML-002 4:13-15", "Close it at the end of the value"},
		{"quote not closed before another", server("files:\n  - source: '/\n    destination: '/srv/x'\n"), "YAML-002 4:13-15", "Close it at the end of the value"},
		{"quote closed by a backslash", "version: 0.0\nos: windows\nfiles:\n  - source: \"\\\"\n    destination: \"c:\\temp\"\n", "YAML-002 4:13-16", "Write the value without quotes"},
		{"quote in brackets not closed", "{\"version\": 0.0, \"os\": \"linux}\n", "YAML-002 1:24-31", "Close it at the end of the value"},
		{"text after a quote", server("files:\n  - source: \"/a\" b\n    destination: /srv/x\n"), "YAML-002 4:18-19", "Put all of the value into the quotes"},
		{"backslash in double quotes", "version: 0.0\nos: windows\nfiles:\n  - source: a\n    destination: \"c:\\inetpub\"\n", "YAML-002 5:21-22", "Write the value without quotes"},
		{"backslash and u in double quotes", "version: 0.0\nos: windows\nfiles:\n  - source: a\n    destination: \"c:\\users\"\n", "YAML-002 5:21-22", "Write the value without quotes"},
		{"colon in a value", server("hooks:\n  AfterInstall:\n    - location: a.sh: b\n"), "YAML-002 5:21-22", "Quote it: \"a.sh: b\"."},
		{"two keys in a line", server("hooks:\n  AfterInstall:\n    - location: a.sh timeout: 5\n"), "YAML-002 5:22-29", "Begin it in a line of its own"},
		{"pattern in brackets", server("permissions:\n  - object: /srv/x\n    except: [*.sh, b]\n"), "YAML-019 5:14-18", "Quote it: \"*.sh\"."},
		{"alias in brackets that does not exist", server("permissions:\n  - object: /srv/x\n    except: [*sh]\n"), "YAML-002 5:14-15", "quote it"},
		{"merge not finished", server("files:\n  - source: /\n<<<<<<< HEAD\n    destination: /srv/x\n=======\n    destination: /srv/y\n>>>>>>> b\n"), "YAML-002 5:1-13", "Keep one of the two versions"},
		{"fence", "```yaml\n" + server(files) + "```\n", "YAML-002 1:1-8", "Remove the lines of ```."},
		{"fence at the end", server(files) + "```\n", "YAML-002 6:1-4", "Remove the lines of ```."},
		{"comment of another language", server("// all\n" + files), "YAML-002 3:1-7", "Begin comments with #."},
		{"stray line", "cat > appspec.yml <<EOF\n" + server(files), "YAML-002 1:1-24", "remove the line"},
		{"no comma", "{\n \"version\": 0.0\n \"os\": \"linux\"\n}\n", "YAML-002 3:6-7", "Close the { of line 1, or put a comma"},
		{"section at the dash", server(files + "  hooks:\n    AfterInstall:\n      - location: a.sh\n"), "YAML-002 6:3-8", "Begin it in the first column"},
		{"event at the dash", server("hooks:\n  AfterInstall:\n    - location: a.sh\n    ApplicationStart:\n      - location: b.sh\n"), "YAML-002 6:5-21", "2 spaces before ApplicationStart"},
		{"section in an entry", server(files + "    hooks:\n      AfterInstall:\n        - location: a.sh\n"), "EC2-040 6:5-10", "begin it in the first column"},
		{"event at the top", server(files + "hooks:\nAfterInstall:\n  - location: a.sh\n"), "EC2-009 6:1-6", ""},
		{"script twice", server("hooks:\n  AfterInstall:\n    - location: a.sh\n      location: b.sh\n"), "YAML-011 6:7-15", "begin an item of its own for it: - location: …"},
		{"timeout twice", server("hooks:\n  AfterInstall:\n    - location: a.sh\n      timeout: 5\n      timeout: 6\n"), "YAML-011 7:7-14", "Remove one of the two."},
		{"typographic quotes", server("files:\n  - source: /\n    destination: ‘/srv/x’\n"), "EC2-027 5:18-26", "Write plain quotes"},
		{"section in hooks", server("hooks:\n  files:\n    - source: /\n      destination: /srv/x\n"), "EC2-105 4:3-8", "begin it in the first column"},
		{"event in a script", server("hooks:\n  AfterInstall:\n    - location: a.sh\n      ApplicationStart:\n        - location: b.sh\n"), "EC2-119 6:7-23", "indent it like the other events"},
		{"permissions in files", server(files + "    owner: root\n"), "EC2-040 6:5-10", "It belongs into an entry of permissions"},
		{"list of sources", server("files:\n  - source: [a, b]\n    destination: /srv/x\n"), "EC2-024 4:13-14", "write an entry for each"},
		{"comment before JSON", "// all\n{\"version\":\"0.0\"}\n", "YAML-012 1:1-7", "Begin comments with #."},
		{"mode of five digits", permission("mode: 00644"), "EC2-061 6:11-16", "Write mode: 644."},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, found := Parse("appspec.yml", []byte(test.text))
			if len(found) == 0 {
				t.Fatal("nothing is found")
			}
			d := found[0]
			if got := fmt.Sprintf("%s %d:%d-%d", d.Rule, d.Range.Start.Line, d.Range.Start.Column, d.Range.End.Column); got != test.at {
				t.Errorf("first is %s, not %s", got, test.at)
			}
			if !strings.Contains(d.Help, test.help) {
				t.Errorf("the help %q does not say %q", d.Help, test.help)
			}
			if t.Failed() {
				t.Logf("all that is found: %q", formatted(found))
			}
		})
	}
}

// TestEscapedSlash: \\/ is a slash in double quotes, to the agent's parser and
// in JSON, though the library does not know it.
func TestEscapedSlash(t *testing.T) {
	for _, text := range []string{
		`{"version": 0.0, "Resources": [{"TargetService": {"Type": "AWS::ECS::Service", "Properties": {"TaskDefinition": "arn:aws:ecs:us-east-1:111122223333:task-definition\/web:1", "LoadBalancerInfo": {"ContainerName": "web", "ContainerPort": 80}}}}]}`,
		server("files:\n  - source: \"\\/\"\n    destination: \"\\/srv\\/x\"\n"),
	} {
		f, found := Parse("appspec.yml", []byte(text))
		if len(found) > 0 {
			t.Fatalf("%q", formatted(found))
		}
		if f.Service != nil && f.Service.TaskDefinition.Value != "arn:aws:ecs:us-east-1:111122223333:task-definition/web:1" {
			t.Errorf("TaskDefinition is %q", f.Service.TaskDefinition.Value)
		}
		if f.Service == nil && f.Files[0].Destination.Value != "/srv/x" {
			t.Errorf("destination is %q", f.Files[0].Destination.Value)
		}
	}
	_, found := Parse("appspec.yml", []byte(server("files:\n  - source: \"\\/\\q\"\n    destination: \"\\/srv\"\n")))
	if len(found) != 1 || found[0].Rule != "YAML-002" {
		t.Errorf("%q", formatted(found))
	}
}
