package push

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// What lies there is not what is asked for if it is encrypted in another way.
func TestEncrypted(t *testing.T) {
	const id, arn = "1234abcd-12ab-34cd-56ef-1234567890ab", "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
	for _, c := range []struct {
		asked, key, has, hasKey string
		want                    bool
	}{
		{"", "", "", "", true},
		{"", "", "aws:kms", arn, true},
		{"AES256", "", "AES256", "", true},
		{"AES256", "", "", "", true}, // a server that knows no encryption
		{"AES256", "", "aws:kms", arn, false},
		{"aws:kms", "", "", "", false},
		{"aws:kms", "", "AES256", "", false},
		{"aws:kms", "", "aws:kms", arn, true},
		{"aws:kms", "", "aws:kms:dsse", arn, false},
		{"aws:kms", id, "aws:kms", arn, true},
		{"aws:kms", arn, "aws:kms", arn, true},
		{"aws:kms", "alias/release", "aws:kms", arn, true},
		{"aws:kms", id[1:], "aws:kms", arn, false},
	} {
		o := Object{Encryption: c.asked, KMSKey: c.key}
		head := &s3.HeadObjectOutput{ServerSideEncryption: types.ServerSideEncryption(c.has)}
		if c.hasKey != "" {
			head.SSEKMSKeyId = aws.String(c.hasKey)
		}
		if got := o.encrypted(head); got != c.want {
			t.Errorf("%+v: %t", c, got)
		}
	}
}
