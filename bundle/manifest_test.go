package bundle

import (
	"crypto/sha256"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func TestManifestTextIsVersionOne(t *testing.T) {
	tree := mustScan(t, files{"b/run me.sh": "#!x", "a": "1", "b/l": "-> ../a", "z/": "", "a.b": ""}.build(t), Options{})
	sum := func(s string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(s))) }
	want := "codedeploy-steps bundle manifest 1\n" +
		"file 0644 1 " + sum("1") + " a\n" +
		"file 0644 0 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 a.b\n" +
		"link 0777 4 " + sum("../a") + " b/l\n" +
		"file 0755 3 " + sum("#!x") + " b/run me.sh\n" +
		"dir 0755 0 - z\n"
	var text strings.Builder
	must(t, tree.WriteText(&text))
	if text.String() != want {
		t.Errorf("text is\n%s\nwant\n%s", text.String(), want)
	}
	if got := tree.Digest(); got != "sha256:"+sum(want) {
		t.Errorf("digest is %s, not that of the text", got)
	}
}

func TestLinksOutside(t *testing.T) {
	link := func(name, target string) Entry { return Entry{Name: name, Mode: modeLink, Link: target} }
	for _, c := range []struct {
		about string
		links []Entry
		want  []string
	}{
		{"next to it", []Entry{link("a", "b")}, nil},
		{"up and down again", []Entry{link("x/y/a", "../../z/b")}, nil},
		{"to the root", []Entry{link("x/a", "..")}, nil},
		{"past the root", []Entry{link("x/a", "../..")}, []string{"x/a"}},
		{"past the root and back", []Entry{link("a", "../here/b")}, []string{"a"}},
		{"absolute", []Entry{link("a", "/etc/passwd")}, []string{"a"}},
		{"on a drive", []Entry{link("a", "C:/x")}, []string{"a"}},
		{"only the link's text stays inside", []Entry{link("a", "d/../x"), link("d", ".")}, []string{"a"}},
		{"only the link's text leaves", []Entry{link("a", "d/../../x"), link("d", "e/f/g")}, nil},
		{"through another link", []Entry{link("a", "b/x"), link("b", "../..")}, []string{"a", "b"}},
		{"itself", []Entry{link("a", "a")}, nil},
		{"round", []Entry{link("a", "b"), link("b", "a/x")}, nil},
	} {
		m := &Manifest{Entries: c.links}
		if got := names(m.LinksOutside()); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: outside are %q, want %q", c.about, got, c.want)
		}
	}
}

func TestCollisions(t *testing.T) {
	m := &Manifest{Entries: []Entry{{Name: "Web/a"}, {Name: "Web/b"}, {Name: "readme"}, {Name: "web/A"}, {Name: "web/b"},
		{Name: "\u00e9"}, {Name: "e\u0301"}, {Name: "E\u0301"}}}
	want := [][2]string{{"Web", "web"}, {"Web/a", "web/A"}, {"Web/b", "web/b"}, {"\u00e9", "e\u0301"}, {"\u00e9", "E\u0301"}}
	if got := m.Collisions(); !reflect.DeepEqual(got, want) {
		t.Errorf("collisions are %q, want %q", got, want)
	}
}
