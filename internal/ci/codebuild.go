package ci

import (
	"net/url"
	"strings"
)

// codebuild is AWS CodeBuild, and CodePipeline, which starts it (AWS CodeBuild
// User Guide: "Environment variables in build environments"). It takes
// findings as report files and outputs as exported-variables, which the
// buildspec reads from the file of --dotenv; the log is plain. A build has
// credentials of its own, so there is no token.
type codebuild struct{ known }

func detectCodeBuild(v variables) System {
	if v("CODEBUILD_BUILD_ID") == "" {
		return nil
	}
	return &codebuild{known{
		variables: v, name: "AWS CodeBuild", workspace: "CODEBUILD_SRC_DIR", repository: "CODEBUILD_SOURCE_REPO_URL", commit: "CODEBUILD_RESOLVED_SOURCE_VERSION",
		ref: "CODEBUILD_WEBHOOK_HEAD_REF CODEBUILD_WEBHOOK_TRIGGER CODEBUILD_SOURCE_VERSION", run: "CODEBUILD_BUILD_ID", url: "CODEBUILD_PUBLIC_BUILD_URL", actor: "CODEBUILD_INITIATOR",
	}}
}

// Build takes what CodeBuild puts before names off them, and names the build's
// page in the console. A source from S3, as CodePipeline gives it, is no branch.
func (c *codebuild) Build() Build {
	b := c.known.Build()
	for _, prefix := range []string{"branch/", "tag/"} {
		b.Ref = strings.TrimPrefix(b.Ref, prefix)
	}
	if strings.HasPrefix(b.Ref, "arn:") || b.Ref == b.Commit {
		b.Ref = ""
	}
	// arn:PARTITION:codebuild:REGION:ACCOUNT:build/PROJECT:UUID
	if arn := strings.Split(c.variables("CODEBUILD_BUILD_ARN"), ":"); b.URL == "" && len(arn) == 7 && arn[1] == "aws" {
		b.URL = "https://" + arn[3] + ".console.aws.amazon.com/codesuite/codebuild/" + arn[4] + "/projects/" +
			url.PathEscape(strings.TrimPrefix(arn[5], "build/")) + "/build/" + url.PathEscape(b.Run)
	}
	return b
}
