package policy_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"

	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/steps"
	"github.com/codedeploy-steps/codedeploy-steps/steps/engine"
)

var update = flag.Bool("update", false, "write the golden files anew")

// ask runs the program with the words of a line, in which quotes hold together.
func ask(t *testing.T, line string) (code step.Code, out, errs string) {
	t.Helper()
	var args []string
	for _, m := range regexp.MustCompile(`'([^']*)'|(\S+)`).FindAllStringSubmatch(line, -1) {
		args = append(args, m[1]+m[2])
	}
	var stdout, stderr bytes.Buffer
	code = engine.Program().Run(t.Context(), step.Process{
		Args: args, Stdout: &stdout, Stderr: &stderr, Getenv: func(string) string { return "" }, Dir: t.TempDir(), Width: func() int { return 80 },
	})
	return code, stdout.String(), stderr.String()
}

const (
	ireland  = " --account 123456789012 --region eu-west-1"
	beijing  = " --account 123456789012 --region cn-north-1"
	oregon   = " --account 123456789012 --region us-gov-west-1"
	web      = " --application web --deployment-group production"
	releases = " --s3-bucket releases"
)

func TestPolicies(t *testing.T) {
	for name, line := range map[string]string{
		"release":                  "release" + ireland + web + releases,
		"release-china":            "release" + beijing + web + releases,
		"release-govcloud":         "release" + oregon + web + releases,
		"release-eusc":             "release --account 123456789012 --region eusc-de-east-1" + web + releases,
		"release-secret":           "release --account 123456789012 --region us-isob-east-1" + web + releases,
		"push":                     "push" + ireland + " --application web" + releases,
		"push-options":             "push" + ireland + " --application web --s3-prefix ci --s3-versioned --s3-tags team=web --s3-acl bucket-owner-full-control --s3-kms-key 1234abcd-12ab-34cd-56ef-1234567890ab" + releases,
		"push-template":            "push --account 123456789012 --s3-key {ref}/$app-{digest}.{type} --s3-kms-key arn:aws:kms:eu-west-1:210987654321:key/1234abcd" + releases,
		"register":                 "register" + ireland + " --application web",
		"deploy":                   "deploy" + ireland + web,
		"deploy-wait":              "deploy --wait --deployment-config CodeDeployDefault.OneAtATime" + ireland + web,
		"deploy-left-running":      "deploy --wait --on-cancel leave --on-timeout leave" + ireland + web,
		"deploy-from-github":       "deploy --github-account octo" + oregon + web,
		"deploy-by-reference":      "deploy --wait --github-account octo --by service-authorization" + beijing + web,
		"deploy-waits-its-turn":    "deploy --if-busy wait" + ireland + web,
		"deploy-stops-others":      "deploy --if-busy stop" + ireland + web,
		"wait":                     "wait" + ireland + web,
		"wait-stopping":            "wait --on-cancel stop" + ireland + web,
		"rollback":                 "rollback" + beijing + web + releases,
		"rollback-versioned":       "rollback --s3-versioned --wait=false" + ireland + web + releases,
		"stop":                     "stop" + oregon + web,
		"stop-only":                "stop --wait=false" + ireland + web,
		"revisions-list":           "revisions list" + ireland + " --application web" + releases,
		"revisions-show":           "revisions show" + ireland + " --application web" + releases,
		"revisions-download":       "revisions download --s3-kms-key arn:aws-cn:kms:cn-north-1:123456789012:key/k --s3-versioned" + beijing + " --application web" + releases,
		"revisions-prune":          "revisions prune" + ireland + " --application web" + releases,
		"revisions-prune-delete":   "'revisions prune' --delete --s3-versioned" + oregon + " --application web" + releases,
		"push-deploy-wait":         "push register deploy wait" + ireland + " --application 'web-*' --deployment-group *" + releases,
		"chain":                    "--next-role arn:aws:iam::210987654321:role/deploy --role-tags --account 123456789012",
		"chain-with-a-step":        "register --next-role arn:aws-us-gov:iam::210987654321:role/deploy" + oregon + " --application web",
		"trust-github":             "trust github --account 123456789012 --repository acme/app --environment production",
		"trust-github-branch":      "trust github --account 123456789012 --repository acme@123456/app@456789 --branch refs/heads/main",
		"trust-github-tags":        "trust github --repository acme/app --tag 'v*'" + beijing,
		"trust-github-environment": "trust github --repository acme/app --environment 'EU: live' --issuer https://github.acme.example/_services/token" + oregon,
		"trust-gitlab":             "trust gitlab --account 123456789012 --repository acme/shop/app --branch main",
		"trust-gitlab-own":         "trust gitlab --repository acme/app --tag 'v1.*' --issuer https://gitlab.acme.example/ --oidc-audience https://gitlab.acme.example" + beijing,
		"trust-bitbucket":          "trust bitbucket --account 123456789012 --organization acme --repository {0c0de000-1111-2222-3333-444444444444} --environment 0c0de000-5555-6666-7777-888888888888 --oidc-audience ari:cloud:bitbucket::workspace/0c0de000-9999-2222-3333-444444444444",
		"trust-bitbucket-any-step": "trust bitbucket --organization acme --repository 0c0de000-1111-2222-3333-444444444444 --oidc-audience ari:cloud:bitbucket::workspace/0c0de000-9999-2222-3333-444444444444" + oregon,
		"trust-circleci":           "trust circleci --account 123456789012 --organization 0c0de000-1111-2222-3333-444444444444 --project 0c0de000-5555-6666-7777-888888888888 --repository github.com/acme/app --branch main",
		"trust-buildkite":          "trust buildkite --organization acme --project app --branch 'release/*'" + beijing,
		"trust-azure":              "trust azure --account 123456789012 --organization-id 0c0de000-1111-2222-3333-444444444444 --organization acme --project shop --service-connection 'aws production'",
		"trust-jenkins":            "trust jenkins --account 123456789012 --issuer https://jenkins.acme.example/oidc --job https://jenkins.acme.example/job/app/job/main",
		"trust-role":               "trust role --principal arn:aws-cn:iam::123456789012:role/ci --role-tags",
	} {
		t.Run(name, func(t *testing.T) {
			code, out, errs := ask(t, "policy "+line)
			if code != step.OK || errs != "" {
				t.Fatalf("%d: %s%s", code, out, errs)
			}
			check(t, out, strings.HasPrefix(name, "trust"))
			golden := filepath.Join("testdata", "policies", name+".json")
			if *update {
				if err := os.MkdirAll(filepath.Dir(golden), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(golden, []byte(out), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if out != string(want) {
				t.Errorf("%s is\n%s", golden, out)
			}
			// Whatever else is said, standard output is the policy.
			if _, out, _ := ask(t, "policy "+line+" --verbose"); out != string(want) {
				t.Errorf("with --verbose it is\n%s", out)
			}
			// The same, as an event.
			_, line, _ := ask(t, "policy "+line+" --format json")
			var event struct {
				Event  string
				Policy any
			}
			var document any
			if err := json.Unmarshal([]byte(line), &event); err != nil || event.Event != "policy" || json.Unmarshal(want, &document) != nil || !reflect.DeepEqual(document, event.Policy) {
				t.Errorf("%v: %s", err, line)
			}
		})
	}
}

func TestWhatIsRefused(t *testing.T) {
	full := ireland + web + releases
	for _, test := range []struct{ line, want string }{
		{"", "which steps? None is named"},
		{"publish" + full, `no step is called "publish"`},
		{"relase" + full, `no step is called "relase"; did you mean release?`},
		{"validate bundle" + full, "validate, bundle: nothing there calls AWS"},
		{"release --region eu-west-1" + web + releases, "--account is not set"},
		{"release --account 1234" + web, `--account "1234" is no account`},
		{"release --account '*' --region eu-west-1" + web, "IAM takes no wildcard for an account"},
		{"release --account 123456789012 --region '*'" + web, "IAM takes no wildcard for a region"},
		{"release --account 123456789012" + web + releases, "--region is not set\n  Name what the role may act on; the region may be AWS_REGION.\n"},
		{"release --partition aws" + beijing + web, "--partition aws has no region cn-north-1, which is in aws-cn"},
		{"release --deployment-group p" + ireland + releases, "--application is not set"},
		{"wait --application web" + ireland, "--deployment-group is not set"},
		{"release" + ireland + web, "--s3-bucket is not set"},
		{"release --s3-bucket '*'" + ireland + web, `--s3-bucket "*" can't be the name of a bucket`},
		{"release --application 'a:b' --deployment-group p" + ireland, `--application "a:b" can't be a name`},
		{"revisions download" + ireland + releases, "--application is not set"},
		{"push --s3-kms-key alias/releases" + full, "IAM allows no action on a key by its alias"},
		{"--next-role deploy --account 123456789012", `--next-role "deploy" is not the ARN of a role`},
		{"trust", "which system? None is named\n  There are role, github, gitlab, bitbucket, circleci, buildkite, azure, jenkins.\n"},
		{"trust travis --account 123456789012", `which system? "travis" is none that is known`},
		{"release", "--account, --application, --region, --deployment-group and --s3-bucket are not set\n  Name what the role may act on; an account is 12 digits; the region may be AWS_REGION; a wildcard, such as 'web-*', stands for several.\n"},
		{"push --s3-kms-key k", "--account, --s3-bucket, --application and --region are not set"},
		{"release --deployment-config '' --s3-prefix ''" + full, "--deployment-config and --s3-prefix are empty\n  Are variables not set?"},
		{"trust github", "GitHub Actions: --account, --repository and one of --branch, --environment, --tag are not set"},
		{"trust azure --project p", "Azure Pipelines: --account, --organization, --service-connection and --organization-id are not set"},
		{"trust bitbucket", "Bitbucket Pipelines: --account, --repository, --organization and --oidc-audience are not set"},
		{"trust jenkins", "--account, --job and --issuer are not set"},
		{"trust role", "--principal is not set"},
		{"trust gihub", "did you mean github?\n  There are role, github, gitlab, bitbucket, circleci, buildkite, azure, jenkins.\n"},
		{"trust bitbucket --account 123456789012 --organization acme --repository r --oidc-audience a --environment ''", "--environment is empty"},
		{"trust bitbucket --account 123456789012 --organization acme --repository r --oidc-audience a --environment {}", `--environment "{}" names nothing`},
		{"trust github --account 123456789012 --repository acme/app --branch refs/heads/ --tag v1", `--branch "refs/heads/" names nothing`},
		{"trust github --account 123456789012 --repository acme/app --environment ' '", `--environment " " names nothing`},
		{"trust github --account 123456789012 --repository acme/ --branch main", "is not of the form OWNER/NAME"},
		{"trust gitlab --account 123456789012 --repository acme//app --branch main", "is not of the form GROUP/PROJECT"},
		{"trust buildkite --account 123456789012 --organization acme --project app --branch main --oidc-audience ' '", `--oidc-audience " " names nothing`},
		{"trust github --repository acme/app --branch main", "--account is not set"},
		{"trust github --account 123456789012 --branch main", "GitHub Actions: --repository is not set"},
		{"trust github --account 123456789012 --repository app --branch main", `--repository "app" is not of the form OWNER/NAME`},
		{"trust github --account 123456789012 --repository 'a/b:c' --branch main", "is not of the form OWNER/NAME"},
		{"trust github --account 123456789012 --repository acme/app", "any job of the repository could act as the role"},
		{"trust github --account 123456789012 --repository acme/app --branch main --environment production", "--branch and --environment: a subject names one of them"},
		{"trust github --account 123456789012 --repository 'acme/*' --branch main", "a wildcard there lets jobs act as the role that others than you decide on"},
		{"trust github --account 123456789012 --repository acme/app --environment 'prod*'", "a wildcard there lets jobs"},
		{"trust github --account 123456789012 --repository acme/app --branch '*'", "lets everybody act as the role who may push one"},
		{"trust github --account 123456789012 --repository acme/app --branch 're*se'", "lets everybody act as the role who may push one"},
		{"trust github --account 123456789012 --repository acme/app --branch 'mai?'", "lets everybody act as the role who may push one"},
		{"trust github --account 123456789012 --repository acme/app --tag '**'", "lets everybody act as the role who may push one"},
		{"trust github --account 123456789012 --repository acme/app --branch '${aws:username}'", "${…} is a variable of IAM's policies"},
		{"trust github --account 123456789012 --repository acme/app --branch main --issuer http://github.example/token", "is not the address of an issuer"},
		{"trust github --account 123456789012 --repository acme/app --branch main --issuer https://*.example/token", "is not the address of an issuer"},
		{"trust gitlab --account 123456789012 --repository acme/app --environment production", "GitLab's subject names the branch or tag, and no environment"},
		{"trust bitbucket --account 123456789012 --organization acme --repository r --branch main", "Bitbucket's subject names no branch"},
		{"trust bitbucket --account 123456789012 --organization acme --repository r", "--oidc-audience is not set"},
		{"trust circleci --account 123456789012 --organization o --project '*' --repository github.com/a/b --branch main", "a wildcard there"},
		{"trust circleci --account 123456789012 --project p --repository github.com/a/b --branch main", "CircleCI: --organization is not set"},
		{"trust buildkite --account 123456789012 --organization acme --branch main", "Buildkite: --project is not set"},
		{"trust azure --account 123456789012 --organization acme --project p --service-connection s", "Azure Pipelines: --organization-id is not set"},
		{"trust azure --account 123456789012 --organization acme --project p --branch main", "the subject names the service connection"},
		{"trust jenkins --account 123456789012 --job https://ci.example/job/a", "--issuer is not set"},
		{"trust jenkins --account 123456789012 --issuer https://ci.example/oidc --job 'https://ci.example/job/*'", "a wildcard there"},
		{"trust role --principal '*'", "A wildcard is not taken"},
		{"trust role --principal arn:aws:iam::123456789012:root", "is not the ARN of a role"},
	} {
		code, out, errs := ask(t, "policy "+test.line)
		if code != step.Misused || out != "" || !strings.Contains(errs, test.want) {
			t.Errorf("%s: %d\n%s%s", test.line, code, out, errs)
		}
	}
}

// Every operation that a step may call has its action in that step's policy.
func TestEveryCallIsAllowed(t *testing.T) {
	actions := map[string]string{
		"S3 HeadObject": "s3:GetObject", "S3 CreateMultipartUpload": "s3:PutObject", "S3 UploadPart": "s3:PutObject", "S3 CompleteMultipartUpload": "s3:PutObject",
	}
	operations := reflect.TypeFor[*codedeploy.Client]()
	for _, s := range steps.All(nil) {
		if len(s.Calls) == 0 {
			continue
		}
		everything := " --github-account octo --delete --on-cancel stop --if-busy wait --wait" + ireland + web + releases
		_, out, errs := ask(t, "policy "+s.Name+everything)
		if errs != "" {
			t.Errorf("%s: %s", s.Name, errs)
		}
		for _, call := range s.Calls {
			service, operation, _ := strings.Cut(call.Operation, " ")
			want := strings.ToLower(service) + ":" + operation
			if a := actions[call.Operation]; a != "" {
				want = a
			}
			if !strings.Contains(out, `"`+want+`"`) {
				t.Errorf("%s calls %s and may not %s:\n%s", s.Name, call.Operation, want, out)
			}
			if _, ok := operations.MethodByName(operation); service == "CodeDeploy" && !ok {
				t.Errorf("%s: CodeDeploy has no operation %s", s.Name, operation)
			}
		}
	}
}

// The partitions are those of the SDK, and so are their regions.
func TestPartitions(t *testing.T) {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/aws/aws-sdk-go-v2").Output()
	if err != nil {
		t.Skip("the SDK's source is not at hand: ", err)
	}
	text, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "internal", "endpoints", "awsrulesfn", "partitions.json"))
	if err != nil {
		t.Fatal(err)
	}
	var list struct {
		Partitions []struct {
			ID      string
			Regions map[string]any
		}
	}
	if err := json.Unmarshal(text, &list); err != nil || len(list.Partitions) < 7 {
		t.Fatal(err, len(list.Partitions))
	}
	var ids []string
	for _, p := range list.Partitions {
		ids = append(ids, p.ID)
		for region := range p.Regions {
			if strings.HasSuffix(region, "-global") {
				continue
			}
			_, out, errs := ask(t, "policy register --application web --account 123456789012 --region "+region)
			if want := "arn:" + p.ID + ":codedeploy:" + region + ":123456789012:application:web"; !strings.Contains(out, want) {
				t.Errorf("%s: no %s in %s%s", region, want, out, errs)
			}
		}
	}
	slices.Sort(ids)
	for _, f := range step.Fields(find(t, "policy").New()) {
		if f.Name == "partition" && !slices.Equal(slices.Sorted(slices.Values(f.Enum)), ids) {
			t.Errorf("--partition takes %q, the SDK has %q", f.Enum, ids)
		}
	}
}

func find(t *testing.T, name string) step.Step {
	for _, s := range engine.Program().Steps {
		if s.Name == name {
			return s
		}
	}
	t.Fatal("no step ", name)
	return step.Step{}
}
