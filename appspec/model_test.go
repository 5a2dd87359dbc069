package appspec

import (
	"fmt"
	"testing"
	"time"
)

func TestEffectiveScalars(t *testing.T) {
	for _, c := range []struct {
		written string
		kind    Kind
		value   string
	}{
		{"0644", Int, "420"}, {"0100", Int, "64"}, {"07777", Int, "4095"}, {"08", Text, "08"}, {"0o17", Text, "0o17"}, {"0600", Int, "384"},
		{"2:00", Int, "7200"}, {"1:2:3", Int, "3723"}, {"-1:30", Int, "-1800"}, {"1:60", Text, "1:60"}, {"2:00.5", Float, "7230.0"},
		{"1_000", Int, "1000"}, {"1,000", Int, "1000"}, {"1__0", Text, "1__0"}, {"1_", Text, "1_"}, {"0x1F", Int, "31"}, {"0b11", Int, "3"}, {"+5", Int, "5"},
		{"1h", Text, "1h"}, {"off", Bool, "false"}, {"no", Bool, "false"}, {"yEs", Bool, "true"}, {"y", Text, "y"}, {"~", Null, ""}, {"nUll", Null, ""},
		{"0.0", Float, "0.0"}, {"-0.0", Float, "-0.0"}, {".5", Float, "0.5"}, {"5.", Float, "5.0"}, {"1.5e3", Text, "1.5e3"}, {"1.5e+3", Float, "1500.0"},
		{"1.0e+20", Float, "1.0e+20"}, {"0.00001", Float, "1.0e-05"}, {".", Text, "."}, {"-.", Text, "-."}, {".inf", Float, "Infinity"}, {".NaN", Float, "NaN"},
		{":sym", Symbol, "sym"}, {`:"a"`, Symbol, "a"}, {"2024-01-31", Date, "2024-01-31"}, {"2024-1-1", Date, "2024-1-1"}, {"2024-13-01", Text, "2024-13-01"},
		{"2024-01-31 10:00:00", Date, "2024-01-31 10:00:00"}, {"12345678901234567890123", Int, "12345678901234567890123"},
		{`"0644"`, Text, "0644"}, {"'yes'", Text, "yes"}, {"!!str 5", Text, "5"}, {"!!int '5'", Int, "5"}, {"!!float 5", Float, "5.0"},
		{"[a, 1, ~]", List, `["a", 1, nil]`}, {"{a: b}", Mapping, `{"a"=>"b"}`},
	} {
		f, _ := Parse("x", []byte(server("file_exists_behavior: "+c.written+"\n")))
		if f == nil {
			t.Errorf("%s: not read", c.written)
			continue
		}
		if v := f.FileExistsBehavior; v.Kind != c.kind || v.Value != c.value || v.Pos != (Pos{3, 23}) {
			t.Errorf("%s is kind %d, %q at %v; want kind %d, %q at 3:23", c.written, v.Kind, v.Value, v.Pos, c.kind, c.value)
		}
	}
}

func TestEffectiveTimeouts(t *testing.T) {
	for written, seconds := range map[string]int64{
		"": 3600, "~": 3600, "300": 300, "0600": 384, "2:00": 7200, "1h": 1, "5 min": 5, "5.9": 5, `"300"`: 300, "1_0": 10, `" 7"`: 7, "no": 3600,
		"99999999999999999999": 1<<63 - 1,
	} {
		f, _ := Parse("x", []byte(hook("timeout: "+written)))
		script := f.Hook("AfterInstall")[0]
		if script.Seconds != seconds {
			t.Errorf("timeout: %s is %d seconds, want %d", written, script.Seconds, seconds)
		}
		if script.Timeout() <= 0 || seconds < 1e9 && script.Timeout() != time.Duration(seconds)*time.Second {
			t.Errorf("timeout: %s is %v", written, script.Timeout())
		}
	}
}

func TestEffectiveModes(t *testing.T) {
	for written, want := range map[string]string{
		"644": "644 0644", "0644": "420 0420", `"0644"`: "0644 0644", "0100": "064 0064", "4755": "4755 4755", "7": "007 0007", "''": "000 0000", "": " none",
		"u+x": "u+x none", `"04755"`: "04755 none",
	} {
		f, _ := Parse("x", []byte(permission("mode: "+written)))
		p := f.Permissions[0]
		bits, ok := p.Bits()
		got := fmt.Sprintf("%s %04o", p.Mode.Value, bits)
		if !ok {
			got = p.Mode.Value + " none"
		}
		if got != want {
			t.Errorf("mode: %s is %q, want %q", written, got, want)
		}
	}
}

func TestModelHoldsWhatTheAgentReads(t *testing.T) {
	f, diagnostics := Parse("x", []byte(`version: 0.0
os: linux
files:
  - source: build
    destination: /srv/app
file_exists_behavior: RETAIN
permissions:
  - object: " /srv/app "
    pattern: "*.sh"
    except: [a.sh]
    type: [file]
    owner: bob
    group: web
    mode: 755
    acls: ["u:eve:r"]
    context: {name: u, type: t, range: s0}
  - object: /srv
hooks:
  ApplicationStop: []
  AfterInstall:
    - location: " a.sh "
      runas: " bob "
      timeout: 5
    - location: 5
      sudo: yes
  BeforeInstall:
    - {location: b.sh, runas: ~}
`))
	if HasErrors(diagnostics) {
		t.Fatal(placedAll(diagnostics))
	}
	if e := f.Files[0]; e.Source.Value != "build" || e.Destination.Value != "/srv/app" || e.Pos != (Pos{4, 5}) || e.Destination.Pos != (Pos{5, 18}) {
		t.Errorf("files: %+v", e)
	}
	p := f.Permissions[0]
	if p.Object.Value != "/srv/app" || p.Pattern.Value != "*.sh" || p.Except[0].Value != "a.sh" || p.Type != (TypeSet{File: true}) ||
		p.Owner.Value != "bob" || p.Group.Value != "web" || p.ACLs[0].Value != "u:eve:r" || p.Context.Name.Value != "u" || p.Context.Range.Value != "s0" {
		t.Errorf("permission: %+v", p)
	}
	if q := f.Permissions[1]; q.Pattern.Value != "**" || q.Type != (TypeSet{true, true}) || q.Mode.Present() || q.Context != nil || q.ACLs != nil {
		t.Errorf("defaults: %+v", q)
	}
	if len(f.Hooks) != 2 || f.Hooks[0].Name.Value != "AfterInstall" || f.Hooks[1].Name.Value != "BeforeInstall" || f.Hook("ApplicationStop") != nil {
		t.Errorf("hooks: %+v", f.Hooks)
	}
	scripts := f.Hook("AfterInstall")
	if s := scripts[0]; s.Location.Value != "a.sh" || s.RunAs.Value != "bob" || s.Seconds != 5 || s.Sudo || s.Pos != (Pos{21, 7}) {
		t.Errorf("first script: %+v", s)
	}
	if s := scripts[1]; s.Location.Value != "5" || s.RunAs.Present() || s.Seconds != 3600 || !s.Sudo {
		t.Errorf("second script: %+v", s)
	}
	if s := f.Hook("BeforeInstall")[0]; s.RunAs.Present() {
		t.Errorf("runas: ~ is %+v", s.RunAs)
	}
}

func TestLastOfTwoKeysWins(t *testing.T) {
	f, _ := Parse("x", []byte(server("hooks:\n  AfterInstall:\n    - location: a.sh\n  AfterInstall:\n    - location: b.sh\n")))
	if scripts := f.Hook("AfterInstall"); len(scripts) != 1 || scripts[0].Location.Value != "b.sh" {
		t.Errorf("scripts: %+v", scripts)
	}
}

func TestAliasesAndMergeKeysAreFollowed(t *testing.T) {
	f, diagnostics := Parse("x", []byte(server("hooks:\n  AfterInstall:\n    - &s {location: a.sh, timeout: 5}\n    - <<: *s\n      location: b.sh\n    - location: c.sh\n      <<: *s\n")))
	if HasErrors(diagnostics) {
		t.Fatal(placedAll(diagnostics))
	}
	got := ""
	for _, s := range f.Hook("AfterInstall") {
		got += fmt.Sprintf("%s:%d ", s.Location.Value, s.Seconds)
	}
	// Ruby merges where the key stands, so the last one loses its own location.
	if want := "a.sh:5 b.sh:5 a.sh:5 "; got != want {
		t.Errorf("scripts are %q, want %q", got, want)
	}
}
