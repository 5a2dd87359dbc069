package appspec

import (
	"slices"
	"strings"
	"testing"
)

func TestCheckTarget(t *testing.T) {
	const body = "\nhooks:\n  AfterInstall:\n    - timeout: 5\n"
	for _, c := range []struct{ name, head, target, rule, refusal string }{
		{"its own", "version: 0.0\nos: linux", "linux", "", "EC2-104"},
		{"the other", "version: 0.0\nos: windows", "linux", "EC2-007", "EC2-007"},
		{"none", "version: 0.0\nos: Windows", "linux", "", "EC2-006"},
		{"the version comes first", "version: 1\nos: windows", "linux", "EC2-007", "EC2-003"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, diagnostics := Parse("x", []byte(c.head+body))
			target := CheckTarget(f, Target{System: c.target})
			if got := rulesOf(target); len(got) > 1 || c.rule != "" != slices.Contains(got, c.rule) {
				t.Errorf("got %q, want %q", got, c.rule)
			}
			if len(target) > 0 && placed(target[0]) != "EC2-007 error 2:5-12" {
				t.Errorf("got %s", placed(target[0]))
			}
			if d, _ := Refusal(append(diagnostics, target...)); d.Rule != c.refusal {
				t.Errorf("refused for %s, want %s", d.Rule, c.refusal)
			}
		})
	}
}

func TestCheckTargetSaysNothingOfWhatIsNotKnown(t *testing.T) {
	f, _ := Parse("x", []byte(server("permissions:\n  - {object: /srv, owner: bob, group: team}\nhooks:\n  ApplicationStop:\n    - location: a.sh\n  AfterAllowTraffic:\n    - location: a.sh\n")))
	if got := CheckTarget(f, Target{}); len(got) != 0 {
		t.Errorf("got %q", placedAll(got))
	}
	if CheckTarget(nil, Target{System: "linux"}) != nil {
		t.Error("no file has diagnostics")
	}
	if got := CheckTarget(&File{OS: String{Value: "linux", Kind: Text, Pos: Pos{2, 5}, End: Pos{2, 10}}}, Target{System: "windows"}); len(got) != 1 {
		t.Errorf("a file that was not parsed gives %q", placedAll(got))
	}
}

func TestCheckTargetAccounts(t *testing.T) {
	f, _ := Parse("x", []byte(server("permissions:\n  - {object: /a, owner: bob, group: team}\n  - {object: /b, owner: root, group: root}\n  - {object: /c, owner: 0, mode: 644}\n")))
	got := CheckTarget(f, Target{Users: []string{"root", "alice"}})
	if want := []string{"EC2-073 error 4:25-28"}; !slices.Equal(placedAll(got), want) {
		t.Errorf("got %q, want %q", placedAll(got), want)
	}
	got = CheckTarget(f, Target{Users: []string{"root", "alice"}, Groups: []string{"root"}})
	if len(got) != 2 || placed(got[1]) != "EC2-073 error 4:37-41" || got[1].Agent != "ArgumentError: can't find group for team" {
		t.Errorf("got %+v", got)
	}
}

func TestCheckTargetEvents(t *testing.T) {
	var text strings.Builder
	text.WriteString(server("hooks:\n"))
	for _, event := range append(Events(), "Nonsense") {
		text.WriteString("  " + event + ": [{location: a.sh, timeout: 5}]\n")
	}
	f, _ := Parse("x", []byte(text.String()))
	for _, c := range []struct {
		target Target
		want   []string
	}{
		{Target{Deployment: InPlaceBalanced}, nil},
		{Target{Deployment: BlueGreen}, nil},
		{Target{Deployment: InPlace}, []string{"EC2-108 warning 4:3-21", "EC2-108 warning 5:3-20", "EC2-108 warning 11:3-21", "EC2-108 warning 12:3-20"}},
		{Target{Deployment: BlueGreenReplacement, Advice: true}, []string{"EC2-108 warning 4:3-21", "EC2-108 warning 5:3-20", "EC2-120 warning 6:3-18"}},
		{Target{Advice: true}, []string{"EC2-120 warning 4:3-21", "EC2-120 warning 5:3-20", "EC2-120 warning 6:3-18"}},
	} {
		if got := placedAll(CheckTarget(f, c.target)); !slices.Equal(got, c.want) {
			t.Errorf("%+v: got %q, want %q", c.target, got, c.want)
		}
	}
	got := CheckTarget(f, Target{Deployment: InPlace})
	if got[3].Message != "AfterAllowTraffic does not run in an in-place deployment without a load balancer" ||
		got[3].Help != "It runs in: an in-place deployment with a load balancer; a blue/green deployment; a blue/green deployment on the replacement instances." {
		t.Errorf("got %+v", got[3])
	}
}

// TestRuns holds Runs to the guide's table, one row an event.
func TestRuns(t *testing.T) {
	types := []DeploymentType{InPlace, InPlaceBalanced, BlueGreen, BlueGreenOriginal, BlueGreenReplacement, ""}
	for event, want := range map[string]string{
		"BeforeBlockTraffic": "-xxx-x", "BlockTraffic": "-xxx-x", "AfterBlockTraffic": "-xxx-x",
		"ApplicationStop": "xxx-xx", "DownloadBundle": "xxx-xx", "BeforeInstall": "xxx-xx", "Install": "xxx-xx",
		"AfterInstall": "xxx-xx", "ApplicationStart": "xxx-xx", "ValidateService": "xxx-xx",
		"BeforeAllowTraffic": "-xx-xx", "AllowTraffic": "-xx-xx", "AfterAllowTraffic": "-xx-xx",
		"AfterAllowTestTraffic": "------", "afterinstall": "------",
	} {
		got := ""
		for _, d := range types {
			if d.Runs(event) {
				got += "x"
			} else {
				got += "-"
			}
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", event, got, want)
		}
	}
}
