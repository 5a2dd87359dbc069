package policy

import (
	"fmt"
	"strings"
)

// provider is a CI system that gives its jobs OIDC tokens. <input> stands for an
// input of policy trust.
type provider struct {
	name, title string
	issuer      string // "" if only --issuer can tell
	audience    string // "" if only --oidc-audience can tell
	// subjects are the forms of the claim sub, each for other inputs.
	subjects []string
	// not says why an input that other systems take narrows nothing here.
	not map[string]string
	// form is what an input looks like, where that is easily mistaken.
	form map[string]string
}

// placeholder is an input in a template.
const placeholder = `<[a-z-]+>`

// audienceOfSTS is what the steps ask for where a job may choose.
const audienceOfSTS = "<sts>"

// providers are those that package ci knows, each with the page that its claims
// are from.
func providers() []provider {
	return []provider{
		{
			// docs.github.com, "OpenID Connect reference": example subject claims,
			// immutable subject claims. The subject of a job with an environment names that alone.
			name: "github", title: "GitHub Actions", issuer: "https://token.actions.githubusercontent.com", audience: audienceOfSTS,
			subjects: []string{"repo:<repository>:environment:<environment>", "repo:<repository>:ref:refs/heads/<branch>", "repo:<repository>:ref:refs/tags/<tag>"},
			form:     map[string]string{"repository": "OWNER/NAME, or OWNER@ID/NAME@ID for a repository with immutable subjects (those made after July 15, 2026)"},
		},
		{
			// docs.gitlab.com, "OpenID Connect (OIDC) Authentication Using ID Tokens": token payload.
			name: "gitlab", title: "GitLab CI/CD", issuer: "https://gitlab.com", audience: audienceOfSTS,
			subjects: []string{"project_path:<repository>:ref_type:branch:ref:<branch>", "project_path:<repository>:ref_type:tag:ref:<tag>"},
			not:      map[string]string{"environment": "GitLab's subject names the branch or tag, and no environment: protect the branch"},
			form:     map[string]string{"repository": "GROUP/PROJECT"},
		},
		{
			// support.atlassian.com, "Integrate Pipelines with resource servers using
			// OIDC", "Deploy on AWS using Bitbucket Pipelines OpenID Connect": the last part is the step's id.
			name: "bitbucket", title: "Bitbucket Pipelines", issuer: "https://api.bitbucket.org/2.0/workspaces/<organization>/pipelines-config/identity/oidc",
			subjects: []string{"{<repository>}:{<environment>}:*", "{<repository>}:*"},
			not: map[string]string{
				"branch": "Bitbucket's subject names no branch: let only that branch deploy to the environment, and name the environment",
				"tag":    "Bitbucket's subject names no tag: name the environment",
			},
			form: map[string]string{
				"organization": "the workspace's name in addresses", "repository": "the repository's UUID", "environment": "the deployment environment's UUID",
				"oidc-audience": "ari:cloud:bitbucket::workspace/UUID, as the repository's settings show it under OpenID Connect",
			},
		},
		{
			// circleci.com/docs, "Using OpenID Connect tokens in jobs": format of the
			// claims of CIRCLE_OIDC_TOKEN_V2. Of the user's id only its length is said:
			// an asterisk would match slashes too, and with them a branch named to look
			// like the rest.
			name: "circleci", title: "CircleCI", issuer: "https://oidc.circleci.com/org/<organization>", audience: "<organization>",
			subjects: []string{
				"org/<organization>/project/<project>/user/" + anyUUID + "/vcs-origin/<repository>/vcs-ref/refs/heads/<branch>",
				"org/<organization>/project/<project>/user/" + anyUUID + "/vcs-origin/<repository>/vcs-ref/refs/tags/<tag>",
			},
			not:  map[string]string{"environment": "CircleCI's subject names no environment: name the branch"},
			form: map[string]string{"organization": "the organization's UUID", "project": "the project's UUID", "repository": "its address, as github.com/OWNER/NAME"},
		},
		{
			// buildkite.com/docs, "OIDC with AWS", "buildkite-agent oidc": claims.
			name: "buildkite", title: "Buildkite", issuer: "https://agent.buildkite.com", audience: audienceOfSTS,
			subjects: []string{
				"organization:<organization>:pipeline:<project>:ref:refs/heads/<branch>:commit:*:step:*",
				"organization:<organization>:pipeline:<project>:ref:refs/tags/<tag>:commit:*:step:*",
			},
			not:  map[string]string{"environment": "Buildkite's subject names no environment: name the branch"},
			form: map[string]string{"organization": "the organization's name in addresses", "project": "the pipeline's name in addresses"},
		},
		{
			// learn.microsoft.com, "Set an Azure Resource Manager workload identity
			// service connection": issuer and subject of a service connection.
			name: "azure", title: "Azure Pipelines", issuer: "https://vstoken.dev.azure.com/<organization-id>", audience: "api://AzureADTokenExchange",
			subjects: []string{"sc://<organization>/<project>/<service-connection>"},
			not: map[string]string{
				"branch":      "the subject names the service connection: let its checks say which branches and pipelines may use it",
				"tag":         "the subject names the service connection: let its checks say which pipelines may use it",
				"environment": "the subject names the service connection: let its checks say which pipelines may use it",
			},
			form: map[string]string{"organization-id": "the organization's UUID", "service-connection": "the service connection's name"},
		},
		{
			// plugins.jenkins.io/oidc-provider: "Accessing AWS". The subject is the job's address.
			name: "jenkins", title: "Jenkins, OpenID Connect Provider plugin", audience: audienceOfSTS,
			subjects: []string{"<job>"},
			not: map[string]string{
				"branch":      "the subject is the job's address, which in a multibranch pipeline ends with the branch: /job/app/job/main/",
				"environment": "the subject is the job's address",
				"tag":         "the subject is the job's address",
			},
			form: map[string]string{"issuer": "as the credential shows it, https://HOST/oidc", "job": "the job's address, https://HOST/job/NAME/"},
		},
	}
}

// anyUUID matches 36 characters, dashes where a UUID has them.
const anyUUID = "????????-????-????-????-????????????"

func providerHelp() string {
	text := "The systems, and the inputs that narrow each one's subject:\n"
	for _, p := range providers() {
		text += fmt.Sprintf("  %-10s %s\n", p.name, strings.Join(p.subjects, "\n             "))
	}
	return text + "  role       the role before it in a chain: --principal"
}
