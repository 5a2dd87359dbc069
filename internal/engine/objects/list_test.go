package objects

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"go.etcd.io/bbolt"
)

// fill puts keys without content; those in deleted get a delete marker above.
func fill(t testing.TB, s *Store, keys, deleted []string) {
	t.Helper()
	err := s.update(func(tx *bbolt.Tx, useless *[]string) error {
		rows, record, err := versionRows(tx, "releases")
		if err != nil {
			return err
		}
		for _, key := range keys {
			if err := insert(rows, record, &version{Object: Object{Key: key}}, useless); err != nil {
				return err
			}
		}
		for _, key := range deleted {
			if err := insert(rows, record, &version{Object: Object{Key: key, DeleteMarker: true}}, useless); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// model is what a listing must give, from its definition.
func model(keys []string, prefix, delimiter, after string) []string {
	var list []string
	for _, key := range keys {
		rest, ok := strings.CutPrefix(key, prefix)
		if !ok {
			continue
		}
		name := key
		if delimiter != "" {
			if before, _, found := strings.Cut(rest, delimiter); found {
				name = prefix + before + delimiter
			}
		}
		if key > after && name != after {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func TestListingAgainstModel(t *testing.T) {
	s := openStore(t, t.TempDir())
	if err := s.CreateBucket("releases"); err != nil {
		t.Fatal(err)
	}
	if err := s.setVersioning("releases", versioningEnabled); err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	letters := []string{"a", "b", "/", "//", "\x00", "\x01", "ü", "\u07ff", "\U0010ffff", "-"}
	word := func(most int) string {
		var w string
		for range random.IntN(most + 1) {
			w += letters[random.IntN(len(letters))]
		}
		return w
	}
	seen := map[string]bool{}
	for range 400 {
		if w := word(6); w != "" {
			seen[w] = true
		}
	}
	var all, current, deleted []string
	for key := range seen {
		all = append(all, key)
		if random.IntN(4) == 0 {
			deleted = append(deleted, key)
		} else {
			current = append(current, key)
		}
	}
	fill(t, s, append(all, current...), deleted) // some have two versions
	for range 600 {
		l := listing{prefix: word(2), after: word(3), limit: 1 + random.IntN(7)}
		if random.IntN(2) == 0 {
			l.delimiter = letters[random.IntN(4)]
		}
		want := model(current, l.prefix, l.delimiter, l.after)
		var got []string
		start := l
		for {
			p, _, err := s.list("releases", l)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range p.entries {
				got = append(got, e.name())
			}
			if !p.truncated {
				break
			}
			l.after = p.entries[len(p.entries)-1].name()
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%+q: got\n%q\nwant\n%q", fmt.Sprint(start), got, want)
		}
	}
}

func TestSDKListing(t *testing.T) {
	x := newSite(t)
	keys := []string{"a b+c", "app/1.zip", "app/2.zip", "lib/x", "z&<>\"'", "ü\n"}
	for _, key := range keys {
		x.put(key, "x")
	}
	pages := s3.NewListObjectsV2Paginator(x.client, &s3.ListObjectsV2Input{Bucket: aws.String("releases")}, func(o *s3.ListObjectsV2PaginatorOptions) { o.Limit = 2 })
	var got []string
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range page.Contents {
			got = append(got, *o.Key)
			if *o.Size != 1 || *o.ETag != `"9dd4e461268c8034f5c8564e155c67a6"` || o.LastModified.IsZero() || o.StorageClass != types.ObjectStorageClassStandard {
				t.Errorf("%+v", o)
			}
		}
	}
	if !slices.Equal(got, keys) {
		t.Errorf("got %q, want %q", got, keys)
	}
	out, err := x.client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{
		Bucket: aws.String("releases"), Delimiter: aws.String("/"), EncodingType: types.EncodingTypeUrl, StartAfter: aws.String("a"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if *out.KeyCount != 5 || len(out.CommonPrefixes) != 2 || *out.CommonPrefixes[0].Prefix != "app/" || *out.Contents[0].Key != "a%20b%2Bc" {
		t.Errorf("%+v", out)
	}
	old, err := x.client.ListObjects(t.Context(), &s3.ListObjectsInput{Bucket: aws.String("releases"), Prefix: aws.String("app/"), MaxKeys: aws.Int32(1)})
	if err != nil || len(old.Contents) != 1 || !*old.IsTruncated || *old.NextMarker != "app/1.zip" {
		t.Errorf("%+v, %v", old, err)
	}
	for _, path := range []string{
		"?list-type=2&max-keys=x", "?list-type=2&max-keys=-1", "?list-type=2&continuation-token=%20", "?list-type=2&continuation-token=", "?list-type=2&encoding-type=x",
	} {
		if a := x.raw("GET", "/releases"+path, "", nil, nil); a.code != errInvalidArgument {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
	if a := x.raw("GET", "/releases?list-type=2&max-keys=0", "", nil, nil); a.status != 200 || strings.Contains(a.body, "<IsTruncated>true") {
		t.Errorf("no keys: %d %s", a.status, a.body)
	}
}
