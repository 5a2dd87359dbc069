package report

import (
	"encoding/xml"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
)

var zero = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// timed gives events their times: on a target one after the other, targets and
// deployments a little apart.
func timed(events []event.Event) []event.Event {
	next, order := map[string]time.Time{}, 0
	created := map[string]time.Time{}
	last := zero
	out := slices.Clone(events)
	for i, e := range out {
		switch e := e.(type) {
		case event.Deployment:
			if created[e.ID].IsZero() {
				created[e.ID], order = last, 0
			}
			e.Created, e.Revision = created[e.ID], "s3://releases/shop/12ab.zip?etag=34cd"
			if e.Status == "Succeeded" || e.Status == "Failed" || e.Status == "Stopped" {
				last = last.Add(time.Second)
				e.Ended = last
			}
			out[i] = e
		case event.Lifecycle:
			if e.Status == "Skipped" || e.Status == "Pending" {
				continue
			}
			key := e.Deployment + "\x00" + e.Target
			if next[key].IsZero() {
				next[key] = created[e.Deployment].Add(time.Duration(order%40) * 700 * time.Millisecond)
				order++
			}
			e.Began = next[key]
			if e.Status != "InProgress" {
				next[key] = next[key].Add(time.Duration(e.Took))
			}
			if next[key].After(last) {
				last = next[key]
			}
			out[i] = e
		}
	}
	return out
}

// thousand is a deployment of 1,000 targets, of which some failed in two ways.
func thousand() []event.Event {
	const id = "d-MANY00001"
	d := event.Deployment{ID: id, Application: "shop", Group: "web", Config: "CodeDeployDefault.HalfAtATime", Status: "InProgress"}
	events := []event.Event{started("deploy"), d}
	for i := range 1000 {
		target := fmt.Sprintf("i-%017x", i)
		for j, name := range hooks {
			switch {
			case i%100 == 7 && name == "ValidateService":
				events = append(events, hook(id, target, name, "Failed", 2, failedScript))
			case i == 500 && name == "BeforeInstall":
				events = append(events, hook(id, target, name, "Failed", 1, &event.Failure{Code: "ScriptTimedOut", Script: "scripts/before.sh", Message: "it took longer than 1 s"}))
			case i == 500 && j > 1:
				events = append(events, hook(id, target, name, "Skipped", 0))
			default:
				events = append(events, hook(id, target, name, "Succeeded", 0.5+float64(i%7)*0.2+float64(j)))
			}
		}
		status := "Succeeded"
		if i%100 == 7 || i == 500 {
			status = "Failed"
		}
		events = append(events, event.Target{Deployment: id, ID: target, Status: status})
	}
	d.Status, d.Overview = "Succeeded", &event.Overview{Succeeded: 989, Failed: 11}
	return append(events, d, done("deploy", "d-MANY00001 Succeeded: 989 of 1000", 40))
}

// pages are the runs that pages and their browser tests are made of.
func pages() map[string]*Findings {
	back := timed(failedRelease())
	for i, e := range back {
		if d, ok := e.(event.Deployment); ok && d.Rollback {
			d.RollbackOf, d.Description = "d-BAD000001", "rollback"
			back[i] = d
		}
	}
	build := Build{Repository: "acme/shop", Commit: "0123456789abcdef0123456789abcdef01234567", Ref: "main", Actor: "octocat", URL: "https://ci.example/acme/shop/runs/7"}
	runs := map[string]*Findings{}
	for name, events := range map[string][]event.Event{
		"good": append(timed(goodRelease()), event.Output{Name: "bundle-digest", Value: "12ab"}), "rollback": back, "many": timed(thousand()),
		"stopped": timed(stories()[2].events), "findings": stories()[3].events, "hostile": timed(hostileRelease()), "nothing": nil,
	} {
		runs[name] = &Findings{Version: "v1.2.3", Build: build}
		for _, e := range events {
			runs[name].History.Add(e)
			if d, ok := e.(event.Diagnostic); ok {
				runs[name].Found = append(runs[name].Found, d)
			}
		}
	}
	runs["rollback"].Failure = stories()[1].failure
	runs["stopped"].Failure = stories()[2].failure
	runs["findings"].Failure = stories()[3].failure
	runs["nothing"].Failure = &Failure{Text: "there is nothing to go back to", Remedy: "Name a revision.", Code: 1}
	evil := strings.Join(nasty, "")
	runs["hostile"].Failure = &Failure{Text: evil, Remedy: evil, Code: 1}
	runs["hostile"].Version, runs["hostile"].Build = evil, Build{evil, evil, evil, `https://x/"onclick="y` + evil, evil}
	return runs
}

func written(t *testing.T, format Format, f *Findings) string {
	t.Helper()
	text, err := format(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestPagesAreAsTheyWere(t *testing.T) {
	for name, f := range pages() {
		if name == "hostile" {
			continue // too long to be looked at; its own tests are below
		}
		golden(t, name+".html", strings.Replace(written(t, HTML, f), string(pageStyle), "", 1))
		golden(t, "page-"+name+".md.txt", written(t, Markdown, f))
		if name != "many" {
			golden(t, "deployment-"+name+".junit.xml", written(t, JUnit, f))
		}
	}
}

// A page of 1,000 targets, or of hostile ones, is no more than a browser likes.
func TestPagesAreBounded(t *testing.T) {
	for name, f := range pages() {
		if html, md := written(t, HTML, f), written(t, Markdown, f); len(html) > 1<<19 || len(md) > pageLimit {
			t.Errorf("%s: %d bytes of HTML, %d of Markdown", name, len(html), len(md))
		}
	}
	many := pages()["many"]
	page := written(t, HTML, many)
	for _, want := range []string{"989 targets", "10 targets", "and 939 more", "ValidateService failed on i-00000000000000007 and on 9 more", "BeforeInstall failed on i-000000000000001f4"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if len(page) > 40_000 {
		t.Errorf("%d bytes", len(page))
	}
}

// What a page is made of is known, whatever foreign text is in it.
func TestForeignTextBringsNoMarkup(t *testing.T) {
	elements := map[string]bool{}
	attributes := map[string]bool{}
	page := written(t, HTML, pages()["hostile"])
	for _, tag := range regexp.MustCompile(`<(/?[^\s>]*)([^>]*)>`).FindAllStringSubmatch(page, -1) {
		elements[strings.TrimPrefix(tag[1], "/")] = true
		for _, a := range regexp.MustCompile(`([^\s="]+)(?:="[^"]*")?`).FindAllStringSubmatch(tag[2], -1) {
			attributes[a[1]] = true
		}
	}
	for name := range elements {
		if !strings.Contains(" !DOCTYPE html head meta title style body header main footer section h1 h2 h3 p dl div dt dd time strong span details summary pre table caption thead tbody tr th td ul li br a svg desc defs pattern rect line text g ", " "+name+" ") {
			t.Errorf("there is an element %q", name)
		}
	}
	for name := range attributes {
		if strings.HasPrefix(strings.ToLower(name), "on") || name == "src" || name == "style" {
			t.Errorf("there is an attribute %q", name)
		}
	}
	if found := obeys(page); len(found) > 0 {
		t.Errorf("a runner or a terminal would obey %q", found)
	}
	for _, n := range nasty {
		if want := string(text(n)); !strings.Contains(page, want) {
			t.Errorf("%q is not shown as %q", n, want)
		}
	}
}

func TestOnlyAddressesOfTheWebAreLinks(t *testing.T) {
	for address, want := range map[string]safe{
		"https://ci.example/?a=1&b=\"": `<a rel="noreferrer" href="https://ci.example/?a=1&amp;b=&#34;">https://ci.example/?a=1&amp;b=&#34;</a>`,
		"javascript:alert(1)":          "javascript:alert(1)",
		" https://x":                   " https://x",
		"":                             "",
	} {
		if got := link(address); got != want {
			t.Errorf("%q is %s, not %s", address, got, want)
		}
	}
}

// A page loads nothing, for it may lie anywhere.
func TestPagesNeedNothingBesides(t *testing.T) {
	for name, f := range pages() {
		page := written(t, HTML, f)
		if name == "hostile" {
			continue // its text is full of them; its elements and attributes are looked at above
		}
		for _, bad := range []string{"<script", "<link", "<img", "<iframe", "@import", " src=", " style=", "url(h", "url(/"} {
			if strings.Contains(page, bad) {
				t.Errorf("%s: there is %s", name, bad)
			}
		}
	}
}

func TestAnArtefactIsTheSameEachTime(t *testing.T) {
	for name := range pages() {
		for kind, format := range DeploymentFormats() {
			if written(t, format, pages()[name]) != written(t, format, pages()[name]) {
				t.Errorf("%s as %s differs from one time to the next", name, kind)
			}
		}
	}
}

func TestDeploymentsAsJUnit(t *testing.T) {
	type suites struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Suites   []struct {
			Name    string `xml:"name,attr"`
			Tests   int    `xml:"tests,attr"`
			Skipped int    `xml:"skipped,attr"`
			Cases   []struct {
				Name    string `xml:"name,attr"`
				Class   string `xml:"classname,attr"`
				Time    string `xml:"time,attr"`
				Failure *struct {
					Message string `xml:"message,attr"`
					Text    string `xml:",chardata"`
				} `xml:"failure"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	read := func(name string) (s suites) {
		if err := xml.Unmarshal([]byte(written(t, JUnit, pages()[name])), &s); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return s
	}
	s := read("rollback")
	// Two deployments, each with itself and two targets.
	if len(s.Suites) != 6 || s.Tests != 1+2+1+1+4+4 || s.Failures != 2 {
		t.Fatalf("%d suites, %d tests, %d failures", len(s.Suites), s.Tests, s.Failures)
	}
	failed := s.Suites[1].Cases[1]
	if failed.Name != "ValidateService" || failed.Class != "shop.web.i-0a" || failed.Time != "12.000" || failed.Failure == nil ||
		failed.Failure.Message != failedScript.Message || !strings.Contains(failed.Failure.Text, "curl: (7) refused") || !strings.Contains(failed.Failure.Text, "Try it by hand.") {
		t.Errorf("%+v", failed)
	}
	if s.Suites[2].Skipped != 1 {
		t.Errorf("the target that was skipped: %+v", s.Suites[2])
	}
	if c := s.Suites[4].Cases[0].Class; c != "shop.web.rollback.i-0a" {
		t.Errorf("a rollback's tests are mixed with those of the deployment: %s", c)
	}
	if s := read("many"); s.Tests != 1+4*1000 || s.Failures != 11 {
		t.Errorf("1,000 targets: %d tests, %d failures", s.Tests, s.Failures)
	}
	if s := read("nothing"); s.Tests != 1 {
		t.Errorf("a run without a deployment: %d tests", s.Tests)
	}
	read("hostile")
}
