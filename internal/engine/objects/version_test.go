package objects

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func (x *site) delete(key, version string) *s3.DeleteObjectOutput {
	x.Helper()
	in := &s3.DeleteObjectInput{Bucket: aws.String("releases"), Key: aws.String(key)}
	if version != "" {
		in.VersionId = aws.String(version)
	}
	out, err := x.client.DeleteObject(x.Context(), in)
	if err != nil {
		x.Fatal(err)
	}
	return out
}

// A key's life: unversioned, versioned, suspended, with what S3 keeps of each.
func TestVersions(t *testing.T) {
	x := newSite(t)
	ctx := t.Context()
	x.put("k", "null 1")
	x.put("k", "null 2")
	_, err := x.client.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{
		Bucket: aws.String("releases"), VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled},
	})
	if err != nil {
		t.Fatal(err)
	}
	status, err := x.client.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: aws.String("releases")})
	if err != nil || status.Status != types.BucketVersioningStatusEnabled {
		t.Fatalf("status %v, %v", status, err)
	}
	one, two := *x.put("k", "one").VersionId, *x.put("k", "two").VersionId
	for version, want := range map[string]string{"": "two", two: "two", one: "one", "null": "null 2"} {
		content, get := x.get("k", version)
		if content != want {
			t.Errorf("version %q is %q, want %q", version, content, want)
		}
		if version != "" && aws.ToString(get.VersionId) != version {
			t.Errorf("version %q calls itself %q", version, aws.ToString(get.VersionId))
		}
	}
	marker := x.delete("k", "")
	if !aws.ToBool(marker.DeleteMarker) || marker.VersionId == nil {
		t.Fatalf("no marker: %+v", marker)
	}
	a := x.raw("GET", "/releases/k", "", nil, nil)
	if a.status != 404 || a.code != ErrNoSuchKey || a.header.Get("x-amz-delete-marker") != "true" {
		t.Errorf("deleted: %d %s %v", a.status, a.body, a.header)
	}
	a = x.raw("HEAD", "/releases/k?versionId="+*marker.VersionId, "", nil, nil)
	if a.status != 405 || a.header.Get("x-amz-delete-marker") != "true" {
		t.Errorf("the marker itself: %d %v", a.status, a.header)
	}
	if content, _ := x.get("k", one); content != "one" {
		t.Errorf("below the marker: %q", content)
	}
	x.delete("k", *marker.VersionId)
	if content, _ := x.get("k", ""); content != "two" {
		t.Errorf("without the marker: %q", content)
	}
	x.delete("k", two)
	if content, _ := x.get("k", ""); content != "one" {
		t.Errorf("without the newest: %q", content)
	}
	x.setVersioningStatus(versioningSuspended)
	if out := x.put("k", "null 3"); aws.ToString(out.VersionId) != "null" {
		t.Errorf("suspended, the version is %q", aws.ToString(out.VersionId))
	}
	if got := x.versions(); got != "k null latest, k "+one {
		t.Errorf("versions: %s", got)
	}
	if out := x.delete("k", ""); aws.ToString(out.VersionId) != "null" || !aws.ToBool(out.DeleteMarker) {
		t.Errorf("suspended, the marker is %+v", out)
	}
	if got := x.versions(); got != "k null deleted latest, k "+one {
		t.Errorf("versions: %s", got)
	}
	x.delete("k", "null")
	x.delete("k", one)
	x.delete("k", one) // S3 says yes to that too
	if n := len(x.blobs()); n != 0 {
		t.Errorf("%d files left of a key without versions", n)
	}
	if _, err := x.client.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: aws.String("releases")}); err != nil {
		t.Error(err)
	}
}

// versions tells all versions and markers in order.
func (x *site) versions() string {
	x.Helper()
	p, _, err := x.list("releases", listing{versions: true, limit: maxList})
	if err != nil {
		x.Fatal(err)
	}
	var list []string
	for _, e := range p.entries {
		text := e.Key + " " + shownVersion(e.VersionID)
		if e.DeleteMarker {
			text += " deleted"
		}
		if e.latest {
			text += " latest"
		}
		list = append(list, text)
	}
	return strings.Join(list, ", ")
}

func TestListVersionsPages(t *testing.T) {
	x := newSite(t)
	x.setVersioningStatus(versioningEnabled)
	var want []string
	for _, key := range []string{"a", "b/1", "b/2", "c"} {
		one, two := *x.put(key, "1").VersionId, *x.put(key, "2").VersionId
		want = append(want, key+" "+two, key+" "+one)
	}
	marker := x.delete("c", "")
	want = append(want[:6], "c "+*marker.VersionId+" deleted", want[6], want[7])
	var got []string
	var key, version *string
	for {
		out, err := x.client.ListObjectVersions(t.Context(), &s3.ListObjectVersionsInput{
			Bucket: aws.String("releases"), MaxKeys: aws.Int32(1), KeyMarker: key, VersionIdMarker: version,
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range out.Versions {
			got = append(got, *v.Key+" "+*v.VersionId)
		}
		for _, v := range out.DeleteMarkers {
			got = append(got, *v.Key+" "+*v.VersionId+" deleted")
		}
		if !*out.IsTruncated {
			break
		}
		key, version = out.NextKeyMarker, out.NextVersionIdMarker
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	out, err := x.client.ListObjectVersions(t.Context(), &s3.ListObjectVersionsInput{Bucket: aws.String("releases"), Delimiter: aws.String("/")})
	if err != nil || len(out.CommonPrefixes) != 1 || len(out.Versions) != 4 || len(out.DeleteMarkers) != 1 {
		t.Errorf("with a delimiter: %+v, %v", out, err)
	}
	_, err = x.client.ListObjectVersions(t.Context(), &s3.ListObjectVersionsInput{Bucket: aws.String("releases"), KeyMarker: aws.String("a"), VersionIdMarker: aws.String("none")})
	wantAPIError(t, err, errInvalidArgument)
}

// A versioned bucket is emptied page by page: the marker of the next page is a
// version that is gone by then.
func TestEmptyingPageByPage(t *testing.T) {
	x := newSite(t)
	x.put("a", "null")
	x.setVersioningStatus(versioningEnabled)
	for _, key := range []string{"a", "a", "b", "b", "c"} {
		x.put(key, "content")
	}
	x.delete("c", "")
	for size := range int32(4) {
		size++
		pages := s3.NewListObjectVersionsPaginator(x.client, &s3.ListObjectVersionsInput{Bucket: aws.String("releases"), MaxKeys: aws.Int32(size)})
		x.put("d", "one more")
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range page.Versions {
				x.delete(*v.Key, *v.VersionId)
			}
			for _, v := range page.DeleteMarkers {
				x.delete(*v.Key, *v.VersionId)
			}
		}
		if left, _, err := x.list("releases", listing{versions: true, limit: maxList}); err != nil || len(left.entries) != 0 {
			t.Errorf("pages of %d: %d versions are left, %v", size, len(left.entries), err)
		}
		for range 3 {
			x.put("a", "content")
			x.put("b", "content")
		}
	}
}

func TestDeleteObjects(t *testing.T) {
	x := newSite(t)
	x.put("a", "1")
	etag := x.put("b", "2").ETag
	x.put("c", "3")
	in := func(keys ...types.ObjectIdentifier) *s3.DeleteObjectsInput {
		return &s3.DeleteObjectsInput{Bucket: aws.String("releases"), Delete: &types.Delete{Objects: keys}}
	}
	out, err := x.client.DeleteObjects(t.Context(), in(
		types.ObjectIdentifier{Key: aws.String("a")}, types.ObjectIdentifier{Key: aws.String("none")},
		types.ObjectIdentifier{Key: aws.String("b"), ETag: etag}, types.ObjectIdentifier{Key: aws.String("c"), ETag: etag},
	))
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Deleted) != 3 || len(out.Errors) != 1 || *out.Errors[0].Key != "c" || *out.Errors[0].Code != "PreconditionFailed" {
		t.Errorf("deleted %+v, errors %+v", out.Deleted, out.Errors)
	}
	if got := x.versions(); got != "c null latest" {
		t.Errorf("left: %s", got)
	}
	x.setVersioningStatus(versioningEnabled)
	out, err = x.client.DeleteObjects(t.Context(), in(types.ObjectIdentifier{Key: aws.String("c")}))
	if err != nil || len(out.Deleted) != 1 || !*out.Deleted[0].DeleteMarker || out.Deleted[0].DeleteMarkerVersionId == nil {
		t.Errorf("deleted %+v, %v", out, err)
	}
	for name, body := range map[string]string{
		"no XML": "hello", "other XML": "<Remove/>", "nothing": "<Delete/>",
		"too much": "<Delete>" + strings.Repeat("<Object><Key>k</Key></Object>", 1001) + "</Delete>",
		"too long": "<Delete>" + strings.Repeat(" ", maxDocument) + "</Delete>",
	} {
		if a := x.raw("POST", "/releases?delete", "", []byte(body), nil); a.status != 400 || a.code != errMalformedXML {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	a := x.raw("POST", "/releases?delete", "", []byte("<Delete><Object><Key>c</Key></Object></Delete>"), map[string]string{"Content-Md5": md5Of("x")})
	if a.code != errBadDigest {
		t.Errorf("wrong MD5: %d %s", a.status, a.body)
	}
}

func TestDirectCalls(t *testing.T) {
	x := newSite(t)
	x.put("k", "hello")
	file, o, err := x.OpenObject("releases", "k", "")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if o.Bucket != "releases" || o.Key != "k" || o.Size != 5 || o.ETag != "5d41402abc4b2a76b9719d911017c592" || o.VersionID != "" {
		t.Errorf("got %+v", o)
	}
	x.put("k", "other")
	if content, err := io.ReadAll(file); err != nil || string(content) != "hello" {
		t.Errorf("an open file changed under its reader: %q, %v", content, err)
	}
	if _, err := file.Write([]byte("x")); err == nil {
		t.Error("the file is writable")
	}
	for _, test := range []struct {
		bucket, key, version string
		want                 error
	}{
		{"nowhere", "k", "", ErrNoSuchBucket}, {"releases", "none", "", ErrNoSuchKey}, {"releases", "k", "none", ErrNoSuchVersion},
	} {
		if _, err := x.Head(test.bucket, test.key, test.version); !errors.Is(err, test.want) {
			t.Errorf("Head(%q, %q, %q): %v, want %v", test.bucket, test.key, test.version, err, test.want)
		}
		if _, _, err := x.OpenObject(test.bucket, test.key, test.version); !errors.Is(err, test.want) {
			t.Errorf("OpenObject(%q, %q, %q): %v, want %v", test.bucket, test.key, test.version, err, test.want)
		}
	}
	if err := x.CreateBucket("no/slash"); !errors.Is(err, ErrInvalidBucketName) {
		t.Errorf("got %v", err)
	}
}

func TestBucketNames(t *testing.T) {
	for name, good := range map[string]bool{
		"abc": true, "my.bucket-1": true, strings.Repeat("a", 63): true, "0ab": true,
		"ab": false, strings.Repeat("a", 64): false, "Abc": false, "a_b": false, "-abc": false, "abc-": false, ".abc": false,
		"a..b": false, "192.168.0.1": false, "xn--abc": false, "abc-s3alias": false, "ab/c": false, "..": false, "": false, "abü": false,
	} {
		if err := checkBucketName(name); (err == nil) != good {
			t.Errorf("%q: %v", name, err)
		}
	}
}
