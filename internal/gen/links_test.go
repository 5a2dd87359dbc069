package main

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

var (
	fence       = regexp.MustCompile("(?ms)^ *```.*?^ *```[^\n]*$")
	span        = regexp.MustCompile("`+[^`\n]*`+")
	link        = regexp.MustCompile(`\]\(([^)\s]*)(?: "[^"]*")?\)`)
	title       = regexp.MustCompile(`(?m)^#{1,6} +(.+?) *#*$`)
	anchorNames = regexp.MustCompile(`<a id="([^"]+)"></a>`)
	inLink      = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
)

// anchors are the names by which a page's headings are linked to, as GitHub
// makes them: lower case, without punctuation, hyphens for spaces, -1 and so on
// for a heading that comes again. A page may name places itself.
func anchors(text string) map[string]bool {
	all := map[string]bool{}
	seen := map[string]int{}
	text = fence.ReplaceAllString(text, "")
	for _, m := range anchorNames.FindAllStringSubmatch(text, -1) {
		all[m[1]] = true
	}
	for _, m := range title.FindAllStringSubmatch(text, -1) {
		name := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r):
				return unicode.ToLower(r)
			}
			return -1
		}, inLink.ReplaceAllString(m[1], "$1"))
		n := seen[name]
		seen[name]++
		if n > 0 {
			name = fmt.Sprintf("%s-%d", name, n)
		}
		all[name] = true
	}
	return all
}

// page is a text in Markdown with the names of its places.
type page struct {
	text    string
	anchors map[string]bool
}

// pages are the repository's Markdown pages for people, by their paths.
func pages(t *testing.T) map[string]page {
	t.Helper()
	root := os.DirFS(filepath.Join("..", ".."))
	all := map[string]page{}
	take := func(name string) {
		text, err := fs.ReadFile(root, name)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = page{string(text), anchors(string(text))}
	}
	top, err := fs.Glob(root, "*.md")
	if err != nil || len(top) == 0 {
		t.Fatalf("no pages at the root: %v", err)
	}
	for _, name := range top {
		take(name)
	}
	if err := fs.WalkDir(root, "docs", func(name string, d fs.DirEntry, err error) error {
		if err == nil && path.Ext(name) == ".md" {
			take(name)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

// broken says what is wrong with the links of a page. There is a file if exists says so.
func broken(name string, all map[string]page, exists func(string) bool) []string {
	var wrong []string
	for _, m := range link.FindAllStringSubmatch(span.ReplaceAllString(fence.ReplaceAllString(all[name].text, ""), ""), -1) {
		to, anchor, anchored := strings.Cut(m[1], "#")
		if strings.Contains(to, "://") || strings.HasPrefix(to, "mailto:") {
			continue
		}
		target := name
		if to != "" {
			target = path.Join(path.Dir(name), to)
		}
		switch p, known := all[target]; {
		case strings.HasPrefix(to, "/") || strings.HasPrefix(target, ".."):
			wrong = append(wrong, m[1]+" leads out of the repository")
		case !known && !exists(target):
			wrong = append(wrong, m[1]+": there is no "+target)
		case anchored && !p.anchors[anchor]:
			wrong = append(wrong, m[1]+": "+target+" has no such heading")
		}
	}
	return wrong
}

// Links between pages lead somewhere, to the heading that they name.
func TestLinks(t *testing.T) {
	all := pages(t)
	for _, name := range []string{"README.md", "docs/architecture.md", "docs/reference/steps.md"} {
		if all[name].text == "" {
			t.Errorf("%s is not looked at", name)
		}
	}
	for name := range all {
		for _, w := range broken(name, all, func(target string) bool {
			_, err := os.Stat(filepath.Join("..", "..", filepath.FromSlash(target)))
			return err == nil
		}) {
			t.Errorf("%s: %s", name, w)
		}
	}
}

// What the check finds, and what it leaves alone.
func TestBrokenLinks(t *testing.T) {
	one := "# One\n## `two` & [three](x)\n# One\n```\n# Four\n```\n<a id=\"five\"></a>\n"
	for _, c := range []struct{ text, want string }{
		{"[x](a.md) [x](a.md#one) [x](a.md#one-1) [x](a.md#two--three) [x](a.md#five) [x](https://a/b#c) `[x](no.md)`", ""},
		{"[x](../LICENSE)", ""},
		{"```\n[x](no.md)\n```", ""},
		{"[x](no.md)", "no.md: there is no docs/no.md"},
		{"[x](a.md#four)", "a.md#four: docs/a.md has no such heading"},
		{"![x](../../y.png)", "../../y.png leads out of the repository"},
		{"[x](/docs/a.md)", "/docs/a.md leads out of the repository"},
		{"# Here\n[x](#here) [x](#there)", "#there: docs/b.md has no such heading"},
	} {
		all := map[string]page{"docs/a.md": {one, anchors(one)}, "docs/b.md": {c.text, anchors(c.text)}}
		got := strings.Join(broken("docs/b.md", all, func(name string) bool { return name == "LICENSE" }), "; ")
		if got != c.want {
			t.Errorf("%q: got %q, want %q", c.text, got, c.want)
		}
	}
}
