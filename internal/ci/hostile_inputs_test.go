package ci_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/steps/engine"
)

// noAccount keeps the SDK from everything but the address it is given.
func noAccount(t *testing.T) {
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": secret, "AWS_REGION": "eu-west-1", "AWS_MAX_ATTEMPTS": "1",
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
		"HTTPS_PROXY": "http://127.0.0.1:1", "https_proxy": "http://127.0.0.1:1",
	} {
		t.Setenv(name, value)
	}
}

// obeysNothing checks a job's log: nothing is obeyed that is not ours, no
// secret is shown, and no shell ran anything.
func (j *job) obeysNothing(what string) {
	j.t.Helper()
	o := read(j.system.Name(), j.log())
	if len(o.other) > 0 {
		j.t.Errorf("%.200q: obeyed is %.300q", what, o.other)
	}
	for _, mask := range o.masks {
		if len(mask) < 4 || mask != secret && !strings.Contains(what, "TOKEN") {
			j.t.Errorf("%.200q: %.100q is masked", what, mask)
		}
	}
	for _, f := range o.findings {
		if f.file == "a" || f.file == "b" || f.text == "forged" {
			j.t.Errorf("%.200q: a finding is forged: %+v", what, f)
		}
	}
	for name := range o.outputs {
		if !strings.HasPrefix(name, "CODEDEPLOY_") {
			j.t.Errorf("%.200q: the output %s is forged", what, name)
		}
	}
	if strings.Contains(withoutMasks(j.log()), secret) {
		j.t.Errorf("%.200q: the secret is shown", what)
	}
	if _, err := os.Lstat(filepath.Join(j.dir, "forged")); err == nil {
		j.t.Errorf("%.200q: a shell made a file", what)
	}
}

// Every input of every step takes every text, in each form that the
// environment has for it, in turn with the systems that obey logs.
func TestHostileInputs(t *testing.T) {
	noAccount(t)
	over, cancel := context.WithCancel(context.Background())
	cancel() // what gets as far as the service stops there
	names := []string{"github", "azure", "teamcity", "buildkite", "gitlab", "travis"}
	jobs := map[string]*job{}
	for _, name := range names {
		jobs[name] = newJob(t, name)
		delete(jobs[name].env, "BUILDKITE_AGENT_ACCESS_TOKEN")
		jobs[name].write("appspec.yml", page)
		jobs[name].write("page.html", "hello")
	}
	texts := hostile(t)
	n := 0
	met := map[string]bool{}
	for _, s := range engine.Program().Steps {
		for _, f := range step.Fields(s.New()) {
			forms := step.EnvNames(f)
			for i, text := range texts {
				if (met[f.Name] || f.Type.Kind() != reflect.String) && i%6 != len(s.Name)%6 {
					continue // read by the same code as in the step before, or refused for its form: some of each
				}
				n++
				j := jobs[names[n%len(names)]]
				j.stdout.Reset()
				j.err.Reset()
				form := forms[n%len(forms)]
				env := func(name string) string {
					if name == form {
						return text
					}
					return j.env[name]
				}
				if f.Name == "outputs" || f.Name == "dotenv" || f.Name == "bundle-output" || f.Name == "state" || f.Name == "ready-file" || strings.HasPrefix(f.Name, "report") {
					if strings.Contains(text, "..") {
						continue // a path that the user chooses is the user's
					}
				}
				p := engine.Program()
				p.Run(over, step.Process{Args: append(strings.Fields(s.Name), "--verbose"), Stdout: &j.stdout, Stderr: &j.err, Getenv: env, Dir: j.dir})
				j.obeysNothing(s.Name + " " + form + "=" + text)
			}
			met[f.Name] = true
		}
	}
	t.Logf("%d runs", n)
}

// The setting that names a plugin's step, and lists in variables of their own:
// no text chooses a step but a step's name, and none is obeyed.
func TestHostilePlugins(t *testing.T) {
	names := []string{"woodpecker", "bitbucket", "buildkite", "github", "azure", "teamcity"}
	for i, text := range append(hostile(t), "push --source /etc", "--help", "version", "engine", "push\n") {
		j := newJob(t, names[i%len(names)])
		delete(j.env, "BUILDKITE_AGENT_ACCESS_TOKEN")
		j.write("appspec.yml", page)
		j.write("page.html", "hello")
		j.env["PLUGIN_STEP"] = text
		if code := j.run(); code != step.Misused || !strings.Contains(j.log(), "PLUGIN_STEP: no step is called") || len(j.log()) > 2000 {
			t.Errorf("%.100q: %d, %d bytes: %.300q", text, code, len(j.log()), j.log())
		}
		j.obeysNothing(text)
		j.env["PLUGIN_STEP"], j.env["PLUGIN_EXCLUDE_0"], j.env["PLUGIN_EXCLUDE_COUNT"], j.env["PLUGIN_DESCRIPTION_0"] = "bundle list", text, text, text
		j.run()
		j.obeysNothing(text)
	}
}

// Names of files and folders, and lines of the AppSpec file.
func TestHostileFiles(t *testing.T) {
	for _, name := range []string{"github", "azure", "teamcity", "buildkite", "gitlab", "jenkins"} {
		for _, text := range hostile(t) {
			j := newJob(t, name)
			delete(j.env, "BUILDKITE_AGENT_ACCESS_TOKEN")
			quoted, err := json.Marshal(text)
			if err != nil {
				t.Fatal(err)
			}
			folder := strings.NewReplacer("/", "_", "\x00", "_").Replace(text)
			folder = folder[:min(len(folder), 100)]
			if err := os.MkdirAll(filepath.Join(j.dir, folder), 0o755); err != nil || runtime.GOOS == "windows" {
				folder = "app"
			}
			for _, spec := range []string{
				"version: 0.0\nos: linux\nfiles:\n  - source: " + string(quoted) + "\n    destination: " + string(quoted) + "\nhooks:\n  " + string(quoted) + ":\n    - location: " + string(quoted) + "\n      runas: " + string(quoted) + "\n",
				"version: 0.0\nos: linux\n# " + text + "\n" + text + "\n",
				text,
			} {
				j.write(filepath.Join(folder, "appspec.yml"), spec)
				j.write(filepath.Join(folder, "x", folder), "hello")
				j.stdout.Reset()
				j.err.Reset()
				j.run("validate", "--verbose", "--source", folder)
				j.run("bundle", "--list", "--source", folder)
				j.obeysNothing(spec)
			}
		}
	}
}

// service is a CodeDeploy that says one text wherever it says something.
func service(text string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		w.Header().Set("X-Amzn-RequestId", "r-1")
		event := map[string]any{"lifecycleEventName": text, "status": "Failed", "startTime": 1, "endTime": 2,
			"diagnostics": map[string]any{"errorCode": "ScriptFailed", "scriptName": text, "message": text, "logTail": text + secret}}
		answers := map[string]any{
			"GetDeployment": map[string]any{"deploymentInfo": map[string]any{
				"deploymentId": "d-ABCDEF123", "applicationName": text, "deploymentGroupName": text, "deploymentConfigName": text, "status": "Failed",
				"computePlatform": "Server", "createTime": 1, "completeTime": 2, "errorInformation": map[string]any{"code": "HEALTH_CONSTRAINTS", "message": text},
				"rollbackInfo": map[string]any{"rollbackMessage": text}}},
			"ListDeploymentTargets": map[string]any{"targetIds": []string{text}},
			"BatchGetDeploymentTargets": map[string]any{"deploymentTargets": []any{map[string]any{"deploymentTargetType": "InstanceTarget",
				"instanceTarget": map[string]any{"deploymentId": "d-ABCDEF123", "targetId": text, "status": "Failed", "lifecycleEvents": []any{event}}}}},
		}
		answer, ok := answers[operation]
		if !ok {
			w.WriteHeader(http.StatusBadRequest)
			answer = map[string]any{"__type": "InvalidInputException", "message": text + secret}
		}
		json.NewEncoder(w).Encode(answer)
	})
}

// What the service answers: its errors, its deployments, what hooks wrote.
func TestHostileService(t *testing.T) {
	noAccount(t)
	for _, name := range []string{"github", "azure", "teamcity", "buildkite", "gitlab", "circleci"} {
		for _, text := range hostile(t) {
			at := httptest.NewServer(service(text))
			j := newJob(t, name)
			delete(j.env, "BUILDKITE_AGENT_ACCESS_TOKEN")
			j.env["AWS_SECRET_ACCESS_KEY"] = secret
			told := false
			for _, args := range []string{
				"wait --deployment-id d-ABCDEF123 --verbose", "register --application web --revision s3://b/k.zip?etag=1",
				"stop --deployment-id d-ABCDEF123", "rollback --application web --deployment-group g",
			} {
				j.stdout.Reset()
				j.err.Reset()
				began := time.Now()
				if code := j.run(append(strings.Fields(args), "--endpoint", at.URL)...); code == step.OK && !strings.HasPrefix(args, "stop") {
					t.Errorf("%s: %s: %d: %s", name, args, code, j.log())
				}
				if took := time.Since(began); took > 20*time.Second {
					t.Errorf("%s took %s", args, took)
				}
				told = told || strings.Contains(j.log(), "HEALTH_CONSTRAINTS")
				j.obeysNothing(args + ": " + text)
			}
			if !told {
				t.Errorf("%s: %.80q: nothing of the deployment was told: %s", name, text, j.log())
			}
			at.Close()
		}
	}
}
