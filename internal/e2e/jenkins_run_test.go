//go:build linux

package e2e

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/codedeploy-steps/codedeploy-steps/internal/steptest"
)

// jenkinsBuild is a build of a Jenkinsfile under the Groovy that Jenkins
// compiles with, with Pipeline steps that check what they are given.
type jenkinsBuild struct {
	Name        string                       `json:"name"`
	Script      string                       `json:"script"`
	Dir         string                       `json:"dir"` // the workspace
	Params      map[string]any               `json:"params,omitempty"`
	Env         map[string]string            `json:"env,omitempty"`
	Credentials map[string]map[string]string `json:"credentials,omitempty"`
	AbortAt     string                       `json:"abortAt,omitempty"` // the build is aborted when the log has what matches this
	Windows     bool                         `json:"windows,omitempty"`
	Record      bool                         `json:"record,omitempty"` // sh and bat run nothing

	check func(t *testing.T, r jenkinsResult)
}

// jenkinsResult is what became of a build.
type jenkinsResult struct {
	Name     string
	Calls    []jenkinsCall
	Returned any
	Log      string
	Left     []string // what the library left in the temporary folder
	Error    string   // what failed, as Jenkins shows it
	Aborted  bool
	Broken   string // any other exception, with its trace
}

// jenkinsCall is a step that a build called.
type jenkinsCall struct {
	Step            string
	Args            map[string]any
	Env             map[string]string // of sh and bat; long values by their digest
	Container       bool
	Tests, Failures int  // of junit
	Page            bool // of publishHTML: there is one
}

func (r jenkinsResult) call(step string) (found jenkinsCall) {
	for _, c := range r.Calls {
		if c.Step == step {
			found = c
		}
	}
	return found
}

func (r jenkinsResult) count(step string) (n int) {
	for _, c := range r.Calls {
		if c.Step == step {
			n++
		}
	}
	return n
}

// done wants a build without an error and nothing left behind.
func (r jenkinsResult) done(t *testing.T) {
	t.Helper()
	if r.Error != "" || r.Aborted || len(r.Left) > 0 {
		t.Fatalf("error %q, aborted %v, left behind %v\n%s", r.Error, r.Aborted, r.Left, r.Log)
	}
}

// returned is the map of outputs that the script ended with.
func (r jenkinsResult) returned(t *testing.T) map[string]any {
	t.Helper()
	m, ok := r.Returned.(map[string]any)
	if !ok {
		t.Fatalf("it returned %v\n%s", r.Returned, r.Log)
	}
	return m
}

// jenkinsHost is the environment of the agent, on whose PATH the program lies.
func jenkinsHost(t *testing.T) map[string]string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	if err := os.Symlink(exe, filepath.Join(bin, "codedeploy-steps")); err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"PATH": bin + ":" + os.Getenv("PATH"), "HOME": t.TempDir(), "TMPDIR": os.TempDir(), asProgram: "1",
		"JENKINS_URL": "https://jenkins.example.com/", "BUILD_TAG": "jenkins-web-12", "BUILD_URL": "https://jenkins.example.com/job/web/12/",
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_MAX_ATTEMPTS": "1",
		"HTTPS_PROXY": "http://127.0.0.1:1",
	}
}

// runJenkins starts one JVM for all builds. The texts of wrong are refused by
// the rules of Jenkins' interpreter, with the words that they stand for.
func runJenkins(t *testing.T, builds []jenkinsBuild, wrong map[string]string) (functions []string, results map[string]jenkinsResult, refused map[string]string) {
	t.Helper()
	groovy, err := exec.LookPath("groovy")
	if err != nil {
		skipOrFail(t, "groovy", err)
	}
	java, err := exec.LookPath("java")
	if err == nil {
		java, err = filepath.EvalSymlinks(java)
	}
	if err != nil {
		skipOrFail(t, "groovy", err)
	}
	root, err := steptest.Root()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	plan, err := json.Marshal(map[string]any{"library": filepath.Join(root, "vars"), "host": jenkinsHost(t), "builds": builds, "wrong": wrong})
	if err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, "plan.json"), string(plan))
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, groovy, "-cp", ".", "run.groovy", filepath.Join(dir, "plan.json"), filepath.Join(dir, "results.json"))
	cmd.WaitDelay = time.Second
	cmd.Dir = filepath.Join("testdata", "jenkins")
	cmd.Env = append(os.Environ(), "JAVA_HOME="+filepath.Dir(filepath.Dir(java)), "LC_ALL=C.UTF-8", "JAVA_OPTS=-XX:TieredStopAtLevel=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("groovy: %v\n%s", err, out)
	}
	text, err := os.ReadFile(filepath.Join(dir, "results.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		Functions []string
		Builds    []jenkinsResult
		Refused   map[string]string
	}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	results = map[string]jenkinsResult{}
	for _, r := range all.Builds {
		results[r.Name] = r
	}
	return all.Functions, results, all.Refused
}

// digested is a variable's value as a call tells it.
func digested(value string) string {
	if len([]rune(value)) < 200 {
		return value
	}
	sum := sha256.Sum256([]byte(value))
	return hex.EncodeToString(sum[:])
}

// jenkinsText is a text as a Java program has it.
func jenkinsText(s string) string { return strings.ToValidUTF8(s, "\ufffd") }
