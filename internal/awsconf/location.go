package awsconf

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/codedeploy-steps/codedeploy-steps/bundle"
	"github.com/codedeploy-steps/codedeploy-steps/internal/revision"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// RevisionLocation reads the input --revision as the API wants it.
func RevisionLocation(text string) (*types.RevisionLocation, error) {
	if text == "" {
		return nil, step.Errorf(step.Misused, "--revision is not set").
			Do("Give s3://bucket/key, as the outputs of push have it, or pass --outputs to both steps.")
	}
	l, err := revision.ParseLocation(text)
	if err != nil {
		return nil, step.Errorf(step.Misused, "--revision: %w", err)
	}
	if l.IsGitHub() {
		return &types.RevisionLocation{RevisionType: types.RevisionLocationTypeGitHub,
			GitHubLocation: &types.GitHubLocation{Repository: &l.Repository, CommitId: &l.Commit}}, nil
	}
	s3 := &types.S3Location{Bucket: &l.Bucket, Key: &l.Key, BundleType: types.BundleType(l.Type)}
	if l.Version != "" {
		s3.Version = &l.Version
	}
	if l.ETag != "" {
		s3.ETag = &l.ETag
	}
	return &types.RevisionLocation{RevisionType: types.RevisionLocationTypeS3, S3Location: s3}, nil
}

// LocationText writes a location of the API as text.
func LocationText(r *types.RevisionLocation) string {
	switch {
	case r == nil:
		return ""
	case r.S3Location != nil:
		l := r.S3Location
		return revision.Location{Bucket: aws.ToString(l.Bucket), Key: aws.ToString(l.Key), Version: aws.ToString(l.Version),
			ETag: aws.ToString(l.ETag), Type: bundle.Type(l.BundleType)}.String()
	case r.GitHubLocation != nil:
		return revision.Location{Repository: aws.ToString(r.GitHubLocation.Repository), Commit: aws.ToString(r.GitHubLocation.CommitId)}.String()
	}
	return string(r.RevisionType)
}
