package push

import (
	"net/url"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/codedeploy-steps/codedeploy-steps/bundle"
	"github.com/codedeploy-steps/codedeploy-steps/internal/ci"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// The object's metadata that name its content, whatever its key, and the type of the archive, which the digest does not tell.
const (
	digestKey = "codedeploy-steps-digest"
	typeKey   = "codedeploy-steps-type"
)

// Object are the inputs that say how S3 keeps the bundle.
type Object struct {
	Encryption   string   `flag:"s3-sse" enum:"AES256,aws:kms,aws:kms:dsse" help:"Server-side encryption: AES256 (SSE-S3), aws:kms or aws:kms:dsse; as the bucket says if empty."`
	KMSKey       string   `flag:"s3-kms-key" help:"ARN or id of the KMS key for aws:kms."`
	BucketKey    *bool    `flag:"s3-bucket-key" help:"Whether KMS encryption goes through an S3 bucket key, which saves calls to KMS; as the bucket says if empty."`
	ACL          string   `flag:"s3-acl" enum:"private,public-read,public-read-write,authenticated-read,aws-exec-read,bucket-owner-read,bucket-owner-full-control" help:"Canned ACL; bucket-owner-full-control for a bucket of another account that still has ACLs."`
	StorageClass string   `flag:"s3-storage-class" help:"Storage class, such as STANDARD_IA."`
	Tags         []string `flag:"s3-tags" help:"Tags of the object, as name=value."`
	Metadata     []string `flag:"s3-metadata" help:"Metadata of the object, as name=value; commit, run and actor of the CI system are added."`
	Owner        string   `flag:"s3-bucket-owner" help:"Account that the bucket has to belong to; the push fails if it is another's."`
	Payer        bool     `flag:"s3-request-payer" help:"Pay for the requests to a bucket whose owner has the requester pay."`
	Accelerate   bool     `flag:"s3-accelerate" help:"Send through S3 Transfer Acceleration."`
	PartsAtOnce  int      `flag:"s3-parts-at-once" default:"3" help:"How many parts are sent at once; each takes memory of the size of a part (5 MiB up to 48 GiB)."`
}

var account = regexp.MustCompile(`^\d{12}$`)

// check refuses what no service would take, before anything is packed.
func (o *Object) check() error {
	switch {
	case o.KMSKey != "" && !strings.HasPrefix(o.Encryption, "aws:kms"):
		return step.Errorf(step.Misused, "--s3-kms-key needs --s3-sse aws:kms or aws:kms:dsse")
	case o.BucketKey != nil && o.Encryption != "aws:kms":
		return step.Errorf(step.Misused, "--s3-bucket-key needs --s3-sse aws:kms")
	case o.Owner != "" && !account.MatchString(o.Owner):
		return step.Errorf(step.Misused, "--s3-bucket-owner %s is no account: 12 digits", o.Owner)
	case o.PartsAtOnce < 1 || o.PartsAtOnce > 100:
		return step.Errorf(step.Misused, "--s3-parts-at-once %d: from 1 to 100", o.PartsAtOnce)
	case len(o.Tags) > 10:
		return step.Errorf(step.Misused, "--s3-tags: S3 takes 10 tags, these are %d", len(o.Tags))
	}
	if _, err := pairs("--s3-tags", o.Tags); err != nil {
		return err
	}
	_, err := o.metadata("", "", ci.Build{})
	return err
}

// pairs reads name=value.
func pairs(input string, list []string) ([][2]string, error) {
	var all [][2]string
	for _, item := range list {
		name, value, ok := strings.Cut(item, "=")
		if !ok || name == "" {
			return nil, step.Errorf(step.Misused, "%s: %q is not of the form name=value", input, item)
		}
		all = append(all, [2]string{name, value})
	}
	return all, nil
}

var metadataName = regexp.MustCompile(`^[A-Za-z0-9-]+$`)

// metadata gives the object's metadata: S3 sends it as headers.
func (o *Object) metadata(digest string, archive bundle.Type, build ci.Build) (map[string]string, error) {
	m := map[string]string{}
	for name, value := range map[string]string{"commit": build.Commit, "run": build.URL, "actor": build.Actor} {
		if value != "" {
			m["codedeploy-steps-"+name] = headerText(value)
		}
	}
	given, err := pairs("--s3-metadata", o.Metadata)
	if err != nil {
		return nil, err
	}
	for _, p := range given {
		if !metadataName.MatchString(p[0]) || strings.EqualFold(p[0], digestKey) || strings.EqualFold(p[0], typeKey) {
			return nil, step.Errorf(step.Misused, "--s3-metadata: %q can't be a name of metadata", p[0]).
				Do("Letters, digits and dashes make one; %s and %s are taken.", digestKey, typeKey)
		}
		m[strings.ToLower(p[0])] = headerText(p[1])
	}
	m[digestKey], m[typeKey] = digest, string(archive)
	return m, nil
}

// encrypted says that an object is as is asked. Servers without encryption tell nothing of AES256, and no answer names a key by its alias.
func (o *Object) encrypted(head *s3.HeadObjectOutput) bool {
	has, key := string(head.ServerSideEncryption), aws.ToString(head.SSEKMSKeyId)
	switch {
	case o.Encryption == "" || o.Encryption == "AES256" && has == "":
		return true
	case has != o.Encryption:
		return false
	}
	return o.KMSKey == "" || strings.Contains(o.KMSKey, "alias/") || key == o.KMSKey || strings.HasSuffix(key, "/"+o.KMSKey)
}

// headerText makes a text fit a header: what is not ASCII is escaped as in a URL.
func headerText(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '%' {
			b.WriteString(url.QueryEscape(string([]byte{c})))
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// upload says all of it in an upload.
func (o *Object) upload(in *s3.PutObjectInput) {
	in.ServerSideEncryption = types.ServerSideEncryption(o.Encryption)
	in.ACL = types.ObjectCannedACL(o.ACL)
	in.StorageClass = types.StorageClass(o.StorageClass)
	in.BucketKeyEnabled = o.BucketKey
	in.SSEKMSKeyId = optional(o.KMSKey)
	in.ExpectedBucketOwner = optional(o.Owner)
	if o.Payer {
		in.RequestPayer = types.RequestPayerRequester
	}
	tags := url.Values{}
	given, _ := pairs("--s3-tags", o.Tags) // check has read them
	for _, p := range given {
		tags.Set(p[0], p[1])
	}
	in.Tagging = optional(tags.Encode())
}

// head says in a question about the object what concerns the bucket.
func (o *Object) head(in *s3.HeadObjectInput) {
	in.ExpectedBucketOwner = optional(o.Owner)
	if o.Payer {
		in.RequestPayer = types.RequestPayerRequester
	}
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return aws.String(s)
}
