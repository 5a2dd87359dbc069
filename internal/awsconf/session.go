package awsconf

import (
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/codedeploy-steps/codedeploy-steps/internal/ci"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// What STS takes in names of sessions and values of tags; whoever names a
// branch may have chosen what stands in them.
var (
	notInSessionName = regexp.MustCompile(`[^\w+=,.@-]`)
	notInTag         = regexp.MustCompile(`[^\p{L}\p{Z}\p{N}_.:/=+\-@]`)
)

// sessionName tells in CloudTrail which run acted.
func sessionName(env *step.Env) string {
	name := "codedeploy-steps"
	if b := env.Build; b.Run != "" {
		name += "-" + b.Repository + "-" + b.Run
	}
	name = notInSessionName.ReplaceAllString(name, "-")
	return name[:min(len(name), 64)]
}

// sessionTags tell policies which run acts.
func sessionTags(b ci.Build) []types.Tag {
	var tags []types.Tag
	for _, tag := range []struct{ key, value string }{
		{"Repository", b.Repository}, {"Ref", b.Ref}, {"Commit", b.Commit}, {"Run", b.Run}, {"Actor", b.Actor},
	} {
		value := []rune(notInTag.ReplaceAllString(tag.value, "-"))
		if len(value) > 0 {
			tags = append(tags, types.Tag{Key: aws.String(tag.key), Value: aws.String(string(value[:min(len(value), 256)]))})
		}
	}
	return tags
}
