package revision

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/codedeploy-steps/codedeploy-steps/bundle"
)

func TestLocationText(t *testing.T) {
	for text, want := range map[string]Location{
		"s3://b/k.zip":                             {Bucket: "b", Key: "k.zip", Type: bundle.Zip},
		"s3://b/a/b/k.tar":                         {Bucket: "b", Key: "a/b/k.tar", Type: bundle.Tar},
		"s3://b/k.tar.gz":                          {Bucket: "b", Key: "k.tar.gz", Type: bundle.TGZ},
		"s3://b.c-d/k.tgz?versionId=v.1_x":         {Bucket: "b.c-d", Key: "k.tgz", Version: "v.1_x", Type: bundle.TGZ},
		"s3://b/k.zip?etag=0123abcd-2&versionId=v": {Bucket: "b", Key: "k.zip", Version: "v", ETag: "0123abcd-2", Type: bundle.Zip},
		"s3://b/k?bundleType=tgz":                  {Bucket: "b", Key: "k", Type: bundle.TGZ},
		"s3://b/k.zip?bundleType=tar":              {Bucket: "b", Key: "k.zip", Type: bundle.Tar},
		"s3://b/a%20b/c%23d%3Fe%25f+g.zip":         {Bucket: "b", Key: "a b/c#d?e%f+g.zip", Type: bundle.Zip},
		"s3://b//leading.zip":                      {Bucket: "b", Key: "/leading.zip", Type: bundle.Zip},
		"s3://b/%E5%90%8D%E5%89%8D.zip":            {Bucket: "b", Key: "名前.zip", Type: bundle.Zip},
		"github://owner/repo@0123abc":              {Repository: "owner/repo", Commit: "0123abc"},
		"github://o.w-n/r_e@refs/heads/main":       {Repository: "o.w-n/r_e", Commit: "refs/heads/main"},
	} {
		got, err := ParseLocation(text)
		if err != nil || got != want {
			t.Errorf("%s is read as %+v, %v", text, got, err)
		}
		if again, err := ParseLocation(got.String()); err != nil || again != want {
			t.Errorf("%s is written as %s and read as %+v, %v", text, got, again, err)
		}
		if got.IsGitHub() != strings.HasPrefix(text, "github") {
			t.Errorf("%s: GitHub is %v", text, got.IsGitHub())
		}
	}
}

func TestLocationAsPeopleTypeIt(t *testing.T) {
	for text, want := range map[string]Location{
		`s3://b/a b.zip`:              {Bucket: "b", Key: "a b.zip", Type: bundle.Zip},
		`s3://b/名前.zip`:               {Bucket: "b", Key: "名前.zip", Type: bundle.Zip},
		`s3://b/K.ZIP?etag="abc"`:     {Bucket: "b", Key: "K.ZIP", ETag: "abc", Type: bundle.Zip},
		`s3://b/k.zip?etag=%22abc%22`: {Bucket: "b", Key: "k.zip", ETag: "abc", Type: bundle.Zip},
		`s3://b/k.zip?versionId=null`: {Bucket: "b", Key: "k.zip", Version: "null", Type: bundle.Zip},
	} {
		if got, err := ParseLocation(text); err != nil || got != want {
			t.Errorf("%s is read as %+v, %v", text, got, err)
		}
	}
}

func TestWrongLocations(t *testing.T) {
	for text, says := range map[string]string{
		"":                               "not of the form",
		"k.zip":                          "not of the form",
		"s3:/b/k.zip":                    "not of the form",
		"s3://b":                         "not of the form",
		"s3://b/":                        "not of the form",
		"s3:///k.zip":                    "not of the form",
		"https://b.s3.amazonaws.com/k":   "not of the form",
		"s3://user@b/k.zip":              "not of the form",
		"s3://b/100%.zip":                "not of the form",
		"s3://b/k":                       "tells no bundle type",
		"s3://b/k.rar":                   "bundleType=zip",
		"s3://b/k.zip?bundleType=rar":    "it is zip, tar or tgz",
		"s3://b/k.zip?versionID=1":       "versionID is neither versionId",
		"s3://b/what?.zip":               "%3F",
		"s3://b/k.zip?etag=%":            "%3F",
		"s3://b/a#1.zip":                 "%23",
		"s3://b/k.zip#":                  "%23",
		"github://owner@0123":            "github://owner/repository@commit",
		"github://owner/repo":            "github://owner/repository@commit",
		"github://owner/repo@":           "github://owner/repository@commit",
		"github://a/b/c@0":               "github://owner/repository@commit",
		"github://owner/repo@a b":        "github://owner/repository@commit",
		"github://owner/repo@0\n::x":     "github://owner/repository@commit",
		"github://owner/re;po@0123abcde": "github://owner/repository@commit",
	} {
		if l, err := ParseLocation(text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q is read as %+v; the error is %v", text, l, err)
		}
	}
}

func TestAnyKeySurvivesItsText(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	const letters = "ab/ .#?%&=+;:@~\"'\\<>|*()[]{}é名🚀\t\n\x00"
	pick := func(n int) string {
		var b strings.Builder
		for range r.IntN(n) {
			b.WriteRune([]rune(letters)[r.IntN(len([]rune(letters)))])
		}
		return b.String()
	}
	for range 20000 {
		l := Location{Bucket: "b-1.x", Key: pick(12) + "k", Version: pick(6), ETag: strings.Trim(pick(6), `"`),
			Type: []bundle.Type{bundle.Zip, bundle.Tar, bundle.TGZ}[r.IntN(3)]}
		if r.IntN(2) == 0 {
			l.Key += ".zip"
		}
		text := l.String()
		if strings.ContainsAny(text, "\r\n\x00 ") {
			t.Fatalf("%+v is written as %q: no line of an outputs file", l, text)
		}
		if got, err := ParseLocation(text); err != nil || got != l {
			t.Fatalf("%+v is written as %s and read as %+v, %v", l, text, got, err)
		}
	}
}

func FuzzLocation(f *testing.F) {
	for _, seed := range []string{"s3://b/k.zip?versionId=v&etag=e", "s3://b/a%20b.tgz", "github://o/r@0", "s3://b/k?bundleType=tar", "s3://b:1/%2F.zip", "s3://[::1]/k.zip", "s3://b/k.zip?etag=%22%22x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		l, err := ParseLocation(s)
		if err != nil || !utf8.ValidString(s) {
			return
		}
		if got, err := ParseLocation(l.String()); err != nil || got != l {
			t.Errorf("%q is read as %+v, written as %s, read as %+v, %v", s, l, l, got, err)
		}
	})
}
