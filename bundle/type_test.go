package bundle

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func TestParseType(t *testing.T) {
	for _, typ := range types {
		if got, err := ParseType(string(typ)); err != nil || got != typ {
			t.Errorf("ParseType(%q) = %q, %v", typ, got, err)
		}
	}
	for _, s := range []string{"", "ZIP", "tar.gz", "rar", "YAML"} {
		if got, err := ParseType(s); err == nil {
			t.Errorf("ParseType(%q) = %q, want an error", s, got)
		}
	}
}

func TestTypeOf(t *testing.T) {
	for path, want := range map[string]Type{
		"a.zip": Zip, "dir.tar/b.ZIP": Zip, "x.tar": Tar, "x.tgz": TGZ, "x.tar.gz": TGZ, "x.TAR.GZ": TGZ, ".zip": Zip,
		"x": "", "x.gz": "", "zip": "", "x.zip/y": "", "x.jar": "", "": "",
	} {
		got, ok := TypeOf(path)
		if got != want || ok != (want != "") {
			t.Errorf("TypeOf(%q) = %q, %v, want %q", path, got, ok, want)
		}
	}
}

func TestIdentify(t *testing.T) {
	oneFile := []made{file("a", "x")}
	tarball := tarOf(oneFile...)
	old := bytes.Clone(tarball) // seventh edition: no magic word
	copy(old[257:265], make([]byte, 8))
	fixTarChecksum(old)
	for about, c := range map[string]struct {
		b    []byte
		want Type
		says string
	}{
		"zip":                  {zipOf(oneFile...), Zip, ""},
		"zip without entries":  {zipOf(), Zip, ""},
		"tar":                  {tarball, Tar, ""},
		"old tar":              {old, Tar, ""},
		"tar without entries":  {tarOf(), Tar, ""},
		"tgz":                  {gzipOf(tarball), TGZ, ""},
		"gzip of text":         {gzipOf([]byte("text")), "", "no tar is in it"},
		"cut gzip":             {gzipOf(tarball)[:5], "", ""},
		"xz":                   {[]byte("\xfd7zXZ\x00rest"), "", "xz"},
		"rar":                  {[]byte("Rar!\x1a\x07rest"), "", "RAR"},
		"text":                 {[]byte(strings.Repeat("text ", 300)), "", "neither"},
		"zeros, but not a tar": {make([]byte, 600), "", "neither"},
		"nothing":              {nil, "", "empty"},
	} {
		got, err := Identify(bytes.NewReader(c.b), int64(len(c.b)))
		switch {
		case got != c.want:
			t.Errorf("%s: Identify = %q, %v, want %q", about, got, err, c.want)
		case c.want == "" && (!errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), c.says)):
			t.Errorf("%s: error is %v, want one with %q", about, err, c.says)
		}
	}
	if _, err := Identify(bytes.NewReader(tarball), int64(len(tarball))+1<<20); err != nil {
		t.Errorf("only the beginning should be read, but: %v", err)
	}
}

func fixTarChecksum(b []byte) {
	copy(b[148:156], "        ")
	sum := 0
	for _, c := range b[:512] {
		sum += int(c)
	}
	for i := range 6 {
		b[148+i] = byte('0' + sum>>(3*(5-i))&7)
	}
	b[154], b[155] = 0, ' '
}

func TestListIsInTheArchivesOrder(t *testing.T) {
	entries := []made{file("b", "12"), folder("d"), file("a", "1"), link("d/l", "../a"), {name: "run", mode: 0o700}, file("b", "123")}
	for typ, b := range map[Type][]byte{Zip: zipOf(entries...), Tar: tarOf(entries...), TGZ: gzipOf(tarOf(entries...))} {
		list, err := List(bytes.NewReader(b), int64(len(b)), typ)
		must(t, err)
		want := []Entry{{Name: "b", Mode: 0o644, Size: 2}, {Name: "d", Mode: modeFolder}, {Name: "a", Mode: 0o644, Size: 1},
			{Name: "d/l", Mode: modeLink, Link: "../a"}, {Name: "run", Mode: 0o755}, {Name: "b", Mode: 0o644, Size: 3}}
		for i := range want {
			if i >= len(list) || list[i] != want[i] {
				t.Errorf("%s: entries are\n%v, want\n%v", typ, list, want)
				break
			}
		}
	}
}

func TestErrorsShowOddPathsQuoted(t *testing.T) {
	for path, want := range map[string]string{
		"web/index.html": "web/index.html: why", "grüße 世界": "grüße 世界: why", "a\n::error::b": `"a\n::error::b": why`, "esc\x1b[2J": `"esc\x1b[2J": why`,
		"caf\xe9": `"caf\xe9": why`, "": `"": why`, " ::x": `" ::x": why`, "bidi\u202etxt": `"bidi\u202etxt": why`,
	} {
		if got := (&PathError{Path: path, Reason: "why"}).Error(); got != want {
			t.Errorf("error is %s, want %s", got, want)
		}
	}
}
