//go:build linux

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/codedeploy-steps/codedeploy-steps/internal/steptest"
)

// guide is a page whose marked examples are run, in their order, in one folder.
type guide struct {
	page     string
	prepare  func(*session)
	account  *account // commands reach an engine as if it were AWS
	examples []example
}

// example is what a marked example has to do. One in sh is run by a shell; a
// workflow is checked by actionlint, and run by act where it has to say
// something; settings become the repository's file.
type example struct {
	name   string
	code   int
	says   []string
	also   map[string]string // variables that the page speaks of
	act    []string          // arguments for act
	before func(*session)    // what a reader did in between
}

// production is what a page needs that has a release to the group production.
var production = &account{groups: []string{"web/production"}, buckets: []string{"my-releases"}}

var guides = []guide{
	{page: "how-to/rolling-web-app.md", account: &account{}, examples: []example{
		{name: "once", says: []string{`"deploymentGroupId"`}},
		{name: "release", says: []string{`web to production, CodeDeployDefault.OneAtATime`, `Succeeded: 2 succeeded`}},
		{name: "workflow"},
		{name: "speed", before: func(s *session) {
			s.write(filepath.Join(s.dir, "app", "page.html"), "another\n", 0o644)
		}, says: []string{`web to production, CodeDeployDefault.HalfAtATime`, `Succeeded: 2 succeeded`}},
		{name: "back", says: []string{`would go back to s3://my-releases/web/`, `rollback  ok    d-\w+ Succeeded: 2 succeeded; back on`}},
	}},
	{page: "how-to/on-premises.md", account: &account{buckets: []string{"my-releases"}}, examples: []example{
		{name: "group", says: []string{`web to office`, `Succeeded: 2 succeeded`}},
		{name: "try", says: []string{`validate  ok`, `app to local`, `added   /srv/hello/page.html`, `was ended`}},
	}},
	{page: "how-to/cross-account.md", account: &account{
		groups: []string{"web/production"}, buckets: []string{"my-releases"},
		assumed: []string{
			"AssumeRoleWithWebIdentity arn:aws:iam::123456789012:role/pipeline by token-of-the-job",
			"AssumeRole arn:aws:iam::210987654321:role/release by pipeline",
			"AssumeRoleWithWebIdentity arn:aws:iam::123456789012:role/pipeline by token-of-the-job",
			"AssumeRoleWithWebIdentity arn:aws:iam::210987654321:role/release by token-of-the-job",
			"AssumeRoleWithWebIdentity arn:aws:iam::210987654321:role/release by token-of-the-job",
		},
	}, examples: []example{
		{name: "chain", says: []string{`web to production`, `Succeeded: 2 succeeded`}},
		{name: "workflow"},
		{name: "shared", says: []string{`push      same`, `Succeeded: 2 succeeded`}},
	}},
	{page: "how-to/monorepo.md", prepare: services, account: &account{
		groups: []string{"api/production", "worker/production"}, buckets: []string{"my-releases"},
	}, examples: []example{
		{name: "settings"},
		{name: "shell", says: []string{`validate  ok    2 files`, `api to production`, `worker to production`}},
		{name: "workflow", says: []string{`would deploy api to production`}, act: []string{"--matrix", "service:api", "--env", "CODEDEPLOY_STEPS_DRY_RUN=true"}},
		{name: "shared", says: []string{`2 file rules`, `4 files`, `Succeeded: 2 succeeded`}},
	}},
	{page: "how-to/pull-request-previews.md", account: &account{
		groups: []string{"web/preview"}, buckets: []string{"my-previews"}, instance: "pr-42",
	}, examples: []example{
		{name: "workflow"},
		{name: "open", says: []string{`web to pr-42`, `Succeeded: 2 succeeded`}, also: map[string]string{"number": "42"}},
		{name: "close", also: map[string]string{"number": "42"}},
	}},
	{page: "how-to/one-at-a-time.md", account: production, examples: []example{
		{name: "wait", says: []string{`web to production`, `Succeeded: 2 succeeded`}},
		{name: "stop", says: []string{`Succeeded: 2 succeeded`}},
		{name: "policy", says: []string{`"codedeploy:ListDeployments"`, `"codedeploy:StopDeployment"`}},
		{name: "workflow"},
	}},
	{page: "how-to/without-an-account.md", examples: []example{
		{name: "release", says: []string{`app to local`, `Succeeded: 2 succeeded`, `added   /srv/hello/page.html`}},
		{name: "broken", code: 1, says: []string{`ValidateService failed`, `rollback  ok`}},
		{name: "end", says: []string{`was ended`}},
		{name: "workflow", says: []string{`1 of kind host`, `Succeeded: 1 succeeded`}},
		{name: "steps", says: []string{`wait      ok    d-\w+ Succeeded: 2 succeeded`}},
		{name: "serve", says: []string{`To deploy with this revision, run:`}},
	}},
	{page: "migration/aws-cli.md", account: production, examples: []example{
		{name: "release", says: []string{`web to production`, `Succeeded: 2 succeeded`}},
		{name: "steps", says: []string{`s3://my-releases/web.zip`, `register  ok`, `Succeeded: 2 succeeded`}},
	}},
	{page: "migration/github-actions.md", examples: []example{{name: "sourcetoad"}, {name: "webfactory"}}},
	{page: "migration/jenkins-plugin.md", account: production, examples: []example{
		{name: "shell", says: []string{`s3://my-releases/releases/web/[0-9a-f]+\.zip`, `Succeeded: 2 succeeded`}},
	}},
	{page: "migration/travis.md", account: production, examples: []example{
		{name: "travis", says: []string{`web to production`, `Succeeded: 2 succeeded`}},
	}},
}

// services makes a repository with two services that share a folder.
func services(s *session) {
	for _, name := range []string{"api", "worker"} {
		s.write(filepath.Join(s.dir, "services", name, "app.txt"), name+"\n", 0o644)
		s.write(filepath.Join(s.dir, "services", name, "appspec.yml"), "version: 0.0\nos: linux\nfiles:\n  - source: app.txt\n    destination: /srv/"+name+"\n", 0o644)
	}
	s.write(filepath.Join(s.dir, "shared", "library.txt"), "shared\n", 0o644)
	s.write(filepath.Join(s.dir, "deploy", "api.yml"), "version: 0.0\nos: linux\nfiles:\n  - source: services/api\n    destination: /srv/api\n  - source: shared\n    destination: /srv/api/shared\n", 0o644)
}

// marked finds a page's marked examples: their names, languages and texts.
var marked = regexp.MustCompile("(?s)<!-- test: ([a-z-]+) -->\n+```([a-z]+)\n(.*?)```")

// Every marked example of the how-to and migration pages does what it is there for.
func TestGuides(t *testing.T) {
	if testing.Short() {
		t.Skip("long: every example of the guides")
	}
	root, err := steptest.Root()
	if err != nil {
		t.Fatal(err)
	}
	unknown := map[string]bool{}
	for _, pattern := range []string{"how-to/*.md", "migration/*.md"} {
		found, err := filepath.Glob(filepath.Join(root, "docs", filepath.FromSlash(pattern)))
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, path := range found {
			unknown[filepath.ToSlash(strings.TrimPrefix(path, filepath.Join(root, "docs")+string(filepath.Separator)))] = true
		}
	}
	for _, g := range guides {
		delete(unknown, g.page)
		text, err := os.ReadFile(filepath.Join(root, "docs", filepath.FromSlash(g.page)))
		if err != nil {
			t.Error(err)
			continue
		}
		t.Run(g.page, func(t *testing.T) { g.run(t, string(text)) })
	}
	for page := range unknown {
		t.Errorf("docs/%s is not among the guides that are tested", page)
	}
}

func (g guide) run(t *testing.T, text string) {
	found := marked.FindAllStringSubmatch(text, -1)
	if n := strings.Count(text, "<!-- test:"); n != len(found) || n != len(g.examples) {
		t.Fatalf("the page marks %d examples, %d of them before a fence; %d are wanted", n, len(found), len(g.examples))
	}
	needSandbox(t)
	s := newSession(t)
	root, err := steptest.Root()
	if err != nil {
		t.Fatal(err)
	}
	for to, from := range map[string]string{"app": "web", "broken": "web-broken"} {
		if err := os.CopyFS(filepath.Join(s.dir, to), os.DirFS(filepath.Join(root, "testdata", "revisions", from))); err != nil {
			t.Fatal(err)
		}
	}
	s.program()
	if g.prepare != nil {
		g.prepare(s)
	}
	env := map[string]string{}
	if g.account != nil {
		env = g.account.open(s)
	}
	for i, want := range g.examples {
		name, language, text := found[i][1], found[i][2], found[i][3]
		if name != want.name {
			t.Fatalf("example %d is %s, not %s", i, name, want.name)
		}
		if want.before != nil {
			want.before(s)
		}
		if name == "travis" {
			language, text = "sh", travisScript(t, text)
		}
		switch {
		case name == "settings":
			s.write(filepath.Join(s.dir, ".codedeploy-steps.yml"), text, 0o644)
		case language == "yaml":
			s.workflow(g.page+" "+name, text, want)
		case language == "sh":
			out := s.shell(text, want, env)
			for _, pattern := range want.says {
				if !regexp.MustCompile(pattern).MatchString(out) {
					t.Errorf("%s does not say %s:\n%s", name, pattern, out)
				}
			}
		default:
			t.Errorf("%s is in %s", name, language)
		}
	}
}

// program puts the program on the session's own PATH.
func (s *session) program() {
	s.Helper()
	exe, err := os.Executable()
	if err != nil {
		s.Fatal(err)
	}
	s.write(filepath.Join(s.dir, "bin", "codedeploy-steps"), "#!/bin/sh\n"+asProgram+"=1 exec '"+exe+"' \"$@\"\n", 0o755)
}

// shell runs an example as a reader would who has its commands in a file.
func (s *session) shell(text string, want example, env map[string]string) string {
	s.Helper()
	for _, tool := range []struct{ name, need string }{{"aws", "aws"}, {"jq", "aws"}} {
		if _, err := exec.LookPath(tool.name); err != nil && regexp.MustCompile(`(?m)(^|\()`+tool.name+" ").MatchString(text) {
			skipOrFail(s.T, tool.need, err)
		}
	}
	cmd := exec.Command("bash", "-euo", "pipefail", "-c", text)
	cmd.Dir = s.dir
	cmd.Env = []string{"PATH=" + filepath.Join(s.dir, "bin") + ":" + os.Getenv("PATH"), "HOME=" + s.dir, "TMPDIR=" + os.TempDir(),
		"AWS_EC2_METADATA_DISABLED=true", "AWS_CONFIG_FILE=" + os.DevNull, "AWS_PAGER="}
	for _, more := range []map[string]string{env, want.also} {
		for name, value := range more {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	cmd.WaitDelay = 30 * time.Second
	out, err := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); code != want.code {
		s.Fatalf("%s: exit code %d, not %d (%v)\n%s", want.name, code, want.code, err, out)
	}
	return string(out)
}

// travisScript is what Travis CI would run of its file.
func travisScript(t *testing.T, text string) string {
	t.Helper()
	var file struct {
		Deploy struct{ Provider, Script string }
	}
	if err := yaml.Unmarshal([]byte(text), &file); err != nil || file.Deploy.Provider != "script" {
		t.Fatalf("provider %q, %v", file.Deploy.Provider, err)
	}
	return file.Deploy.Script
}

// workflow checks a workflow with our own actions as they are here, and runs it
// where the example has to say something.
func (s *session) workflow(name, text string, want example) {
	s.Helper()
	text = regexp.MustCompile(`codedeploy-steps/codedeploy-steps(/[a-z/]+)?@v1`).ReplaceAllString(text, ".$1")
	text = strings.ReplaceAll(text, "uses: .\n", "uses: ./\n")
	image := "busybox" // of no account where nothing is run
	if want.says != nil {
		image = needImage(s.T)
	}
	dir := checkout(s.T, image)
	for _, more := range []string{"app", "services"} {
		if _, err := os.Stat(filepath.Join(s.dir, more)); err == nil {
			if err := os.CopyFS(filepath.Join(dir, more), os.DirFS(filepath.Join(s.dir, more))); err != nil {
				s.Fatal(err)
			}
		}
	}
	if settings, err := os.ReadFile(filepath.Join(s.dir, ".codedeploy-steps.yml")); err == nil {
		put(s.T, filepath.Join(dir, ".codedeploy-steps.yml"), string(settings))
	}
	const at = ".github/workflows/guide.yml"
	put(s.T, filepath.Join(dir, filepath.FromSlash(at)), text)
	if _, err := exec.LookPath("actionlint"); err != nil {
		skipOrFail(s.T, "act", err)
	}
	lint := exec.Command("actionlint", "-no-color", at)
	lint.Dir = dir
	if out, err := lint.CombinedOutput(); err != nil {
		s.Errorf("%s: %v\n%s", name, err, out)
	}
	if want.says == nil {
		return
	}
	put(s.T, filepath.Join(dir, filepath.FromSlash(at)), regexp.MustCompile(`(?s)^on:.*?\n(\w)`).ReplaceAllString(text, "on: push\n$1"))
	out, err := act(s.T, dir, append([]string{"-W", at}, want.act...)...)
	if err != nil {
		s.Fatalf("%s: %v\n%s", name, err, out)
	}
	for _, pattern := range want.says {
		if !regexp.MustCompile(pattern).MatchString(out) {
			s.Errorf("%s does not say %s:\n%s", name, pattern, out)
		}
	}
}
