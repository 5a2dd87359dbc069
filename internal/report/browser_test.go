package report

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// seen is what check.mjs answers.
type seen struct {
	Pages map[string]struct {
		Title                string
		Elements, Attributes []string
		Keys                 []struct {
			What, Name string
			Visible    bool
			Top        float64
		}
		Views map[string]struct {
			Console, Requests, Violations []string
			Overflow                      float64
			Background, Text              string
		}
	}
	Diagrams map[string]struct {
		Error           string
		Bars, Failed    int
		Scripts         int
		Title           string
		Tasks, Sections []string
	}
}

var mermaidBlock = regexp.MustCompile("(?s)```mermaid\n(.*?)```")

// look has a headless Chromium open pages and draw diagrams.
func look(t *testing.T, runs map[string]*Findings) (seen seen) {
	t.Helper()
	node, chromium := program(t, "node"), program(t, "chromium", "chromium-browser", "google-chrome")
	tools := filepath.Join("testdata", "browser")
	if _, err := os.Stat(filepath.Join(tools, "node_modules", "axe-core")); err != nil {
		absent(t, "node", "the tools are not installed; run: npm ci --prefix internal/report/testdata/browser")
	}
	type request struct {
		Address string   `json:"address"`
		Views   []string `json:"views"`
	}
	pages, texts, diagrams := map[string]request{}, map[string]string{}, map[string]string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery == "jenkins" {
			w.Header().Set("Content-Security-Policy", "sandbox; default-src 'none'; img-src 'self'; style-src 'self';")
		}
		fmt.Fprint(w, texts[strings.TrimPrefix(r.URL.Path, "/")])
	}))
	t.Cleanup(server.Close)
	for name, f := range runs {
		texts[name] = written(t, HTML, f)
		views := []string{"light"}
		if name == "rollback" || name == "many" {
			views = []string{"light", "dark", "narrow", "jenkins"}
		}
		pages[name] = request{server.URL + "/" + name, views}
		for i, block := range mermaidBlock.FindAllStringSubmatch(written(t, Markdown, f), -1) {
			diagrams[fmt.Sprintf("%s %d", name, i)] = block[1]
		}
	}
	shots := t.ArtifactDir()
	asked, err := json.Marshal(map[string]any{"chromium": chromium, "screenshots": shots, "pages": pages, "diagrams": diagrams})
	file := filepath.Join(t.TempDir(), "request.json")
	if err == nil {
		err = os.WriteFile(file, asked, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	check := exec.CommandContext(ctx, node, filepath.Join(tools, "check.mjs"), file)
	check.Stderr = os.Stderr
	answer, err := check.Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(answer, &seen); err != nil {
		t.Fatal(err)
	}
	return seen
}

// program finds a program of the machine, by the first of its names.
func program(t *testing.T, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	absent(t, names[0], "there is no "+names[0])
	return ""
}

// absent skips a test for what the machine lacks, unless it has to be there.
func absent(t *testing.T, name, why string) {
	t.Helper()
	if slices.Contains(strings.Split(os.Getenv("CODEDEPLOY_STEPS_TEST_REQUIRE"), ","), name) {
		t.Fatal(why)
	}
	t.Skip(why)
}

func TestInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a minute")
	}
	runs := pages()
	found := look(t, runs)
	for name := range runs {
		page := found.Pages[name]
		for view, v := range page.Views {
			where := name + ", " + view
			if len(v.Violations) > 0 {
				t.Errorf("%s: axe finds %s", where, strings.Join(v.Violations, "\n"))
			}
			if len(v.Console) > 0 && view != "jenkins" { // there the browser tells that it left out the style
				t.Errorf("%s: the console says %q", where, v.Console)
			}
			if asked := slices.DeleteFunc(v.Requests, func(a string) bool { return strings.HasSuffix(a, "/favicon.ico") }); len(asked) != 1 { // browsers ask for that one by themselves
				t.Errorf("%s: it asked for %q", where, v.Requests)
			}
			if v.Overflow > 0 {
				t.Errorf("%s: the page is %v wider than the window", where, v.Overflow)
			}
			if name == "rollback" && (!strings.Contains(v.Text, "curl: (7) refused") || !strings.Contains(v.Text, "Look at its last words.")) {
				t.Errorf("%s: the failure can't be read in\n%s", where, v.Text)
			}
		}
		top := 0.0
		for _, k := range page.Keys {
			if k.Name == "" || !k.Visible || k.Top < top {
				t.Errorf("%s: the key Tab leads to %+v, after %v", name, k, top)
			}
			top = k.Top
		}
		for _, a := range page.Attributes {
			if strings.HasPrefix(a, "on") || a == "src" || a == "style" {
				t.Errorf("%s: some element has %s", name, a)
			}
		}
	}
	var keys []string
	for _, k := range found.Pages["rollback"].Keys {
		keys = append(keys, k.Name)
	}
	if want := []string{
		"https://ci.example/acme/shop/runs/7", "d-BACK00001", "Timeline of d-BAD000001", "Lifecycle events of d-BAD000001 by target", "ValidateService failed on i-0a",
		"d-BAD000001", "Timeline of d-BACK00001", "Lifecycle events of d-BACK00001 by target", "Steps of the run",
	}; !slices.Equal(keys, want) {
		t.Errorf("the key Tab leads through %q, not %q", keys, want)
	}
	light, dark := found.Pages["many"].Views["light"].Background, found.Pages["many"].Views["dark"].Background
	if light != "rgb(255, 255, 255)" || dark != "rgb(13, 17, 23)" {
		t.Errorf("the page is %s in a light browser, %s in a dark one", light, dark)
	}
	if e, plain := found.Pages["hostile"].Elements, found.Pages["rollback"].Elements; slices.ContainsFunc(e, func(name string) bool {
		return !slices.Contains(plain, name) && !slices.Contains([]string{"ul", "li", "br"}, name)
	}) {
		t.Errorf("hostile text made elements: %q", e)
	}

	for name, d := range found.Diagrams {
		if d.Error != "" || d.Bars == 0 || d.Scripts > 0 || len(d.Tasks) != d.Bars {
			t.Errorf("Mermaid and %s: %+v", name, d)
		}
	}
	d := found.Diagrams["rollback 0"]
	if d.Bars != 2 || d.Failed != 1 || !slices.Contains(trimmed(d.Tasks), "✕ ValidateService 12s") || !slices.Equal(trimmed(d.Sections), []string{"i-0a"}) {
		t.Errorf("%+v", d)
	}
	for i, n := range nasty {
		d, ok := found.Diagrams[fmt.Sprintf("hostile %d", i)]
		if want := collapse(Clean(n)); !ok || !strings.Contains(collapse(strings.Join(d.Sections, "\n")), want) || !strings.Contains(collapse(d.Title), want) {
			t.Errorf("Mermaid shows %q as %+v", n, d)
		}
	}
}

func trimmed(texts []string) (out []string) {
	for _, text := range texts {
		out = append(out, strings.TrimSpace(text))
	}
	return out
}

// collapse leaves out spaces and case of a text, which a diagram may break.
func collapse(s string) string { return strings.Join(strings.Fields(s), "") }
