package revision

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/codedeploy-steps/codedeploy-steps/bundle"
)

// Location is where a revision lies: in S3, or at a commit on GitHub.
// Its text form is s3://bucket/key?versionId=…&etag=… or
// github://owner/repository@commit.
type Location struct {
	Bucket, Key   string
	Version, ETag string
	Type          bundle.Type

	Repository, Commit string // owner/repository; GitHub only
}

// IsGitHub says if the revision is a commit on GitHub.
func (l Location) IsGitHub() bool { return l.Repository != "" }

// String gives the text form. A bundle type that the key's name does not tell
// is carried along.
func (l Location) String() string {
	if l.IsGitHub() {
		return "github://" + l.Repository + "@" + l.Commit
	}
	q := url.Values{}
	if l.Version != "" {
		q.Set("versionId", l.Version)
	}
	if l.ETag != "" {
		q.Set("etag", l.ETag)
	}
	if t, ok := bundle.TypeOf(l.Key); l.Type != "" && (!ok || t != l.Type) {
		q.Set("bundleType", string(l.Type))
	}
	u := url.URL{Scheme: "s3", Host: l.Bucket, Path: "/" + l.Key, RawQuery: q.Encode()}
	return u.String()
}

var gitHubRule = regexp.MustCompile(`^github://([\w.-]+/[\w.-]+)@([0-9a-zA-Z._/-]+)$`)

// ParseLocation reads the text form.
func ParseLocation(s string) (Location, error) {
	if strings.HasPrefix(s, "github://") {
		m := gitHubRule.FindStringSubmatch(s)
		if m == nil {
			return Location{}, fmt.Errorf("%q is not of the form github://owner/repository@commit", s)
		}
		return Location{Repository: m[1], Commit: m[2]}, nil
	}
	u, err := url.Parse(s)
	if err != nil || u.User != nil || u.Scheme != "s3" || u.Host == "" || len(u.Path) < 2 {
		return Location{}, fmt.Errorf("%q is not of the form s3://bucket/key?versionId=…&etag=… or github://owner/repository@commit", s)
	}
	if u.Fragment != "" || strings.HasSuffix(s, "#") {
		return Location{}, fmt.Errorf("%q: write a # of the key as %%23", s)
	}
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return Location{}, fmt.Errorf("%q: %w; write a ? of the key as %%3F", s, err)
	}
	for name := range q {
		if name != "versionId" && name != "etag" && name != "bundleType" {
			return Location{}, fmt.Errorf("%q: %s is neither versionId, etag nor bundleType; write a ? of the key as %%3F", s, name)
		}
	}
	l := Location{Bucket: u.Host, Key: u.Path[1:], Version: q.Get("versionId"), ETag: strings.Trim(q.Get("etag"), `"`)}
	if name := q.Get("bundleType"); name != "" {
		if l.Type, err = bundle.ParseType(name); err != nil {
			return Location{}, err
		}
		return l, nil
	}
	t, ok := bundle.TypeOf(l.Key)
	if !ok {
		return Location{}, fmt.Errorf("%q: the key's ending tells no bundle type (.zip, .tar, .tgz, .tar.gz); add &bundleType=zip", s)
	}
	l.Type = t
	return l, nil
}
