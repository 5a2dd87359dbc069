package deploy

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/codedeploy-steps/codedeploy-steps/internal/awsconf"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// connected refuses a revision on GitHub if the application does not have the
// connection that --github-account names. No operation of the API gives an
// application one: the console does (integrations-partners-github.md).
func (in *Inputs) connected(ctx context.Context, env *step.Env, c *awsconf.Clients, application string, location *types.RevisionLocation) error {
	if in.GitHubAccount == "" || location.GitHubLocation == nil {
		return nil
	}
	out, err := c.CodeDeploy.GetApplication(ctx, &codedeploy.GetApplicationInput{ApplicationName: &application})
	switch {
	case awsconf.IsCode(err, "AccessDenied", "AccessDeniedException"):
		env.Warn("whether application %s has the connection %s to GitHub is not known: the credentials lack codedeploy:GetApplication", application, in.GitHubAccount)
		return nil
	case err != nil:
		return c.Explain(err, "look at application %s", application)
	case out.Application.LinkedToGitHub && aws.ToString(out.Application.GitHubAccountName) == in.GitHubAccount:
		return nil
	}
	has := "none"
	if name := aws.ToString(out.Application.GitHubAccountName); name != "" {
		has = name
	}
	known := ""
	if names, err := c.CodeDeploy.ListGitHubAccountTokenNames(ctx, &codedeploy.ListGitHubAccountTokenNamesInput{}); err == nil && len(names.TokenNameList) > 0 {
		known = " Connections of the account in this region: " + strings.Join(names.TokenNameList, ", ") + "."
	}
	return step.Errorf(step.Refused, "application %s does not have the connection %q to GitHub, but %s", application, in.GitHubAccount, has).
		Do("Choose it once in the CodeDeploy console: Deploy application, My application is stored in GitHub, Connect to GitHub.%s", known)
}
