//go:build linux

package e2e

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/owner"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/internal/steptest"
	"github.com/codedeploy-steps/codedeploy-steps/steps"
)

const jenkinsSecret = "hunter2-jenkins"

// The shared library for Jenkins: every file compiles and keeps the rules of
// Jenkins' interpreter, and every build of every topic becomes what it should.
// One JVM runs them all, for it costs seconds.
func TestJenkins(t *testing.T) {
	if testing.Short() {
		t.Skip("another language's program, which takes its time")
	}
	var builds []jenkinsBuild
	for _, topic := range []func(*testing.T) []jenkinsBuild{
		jenkinsArguments, jenkinsWrong, jenkinsOutputs, jenkinsChain, jenkinsReports, jenkinsHostile, jenkinsAborts, jenkinsWindows, jenkinsImage, jenkinsQuickStarts,
	} {
		builds = append(builds, topic(t)...)
	}
	wrong := map[string]string{
		"calls a step":     "import com.cloudbees.groovy.cps.NonCPS\n@NonCPS\ndef a() { sh('x') }",
		"calls a method":   "import com.cloudbees.groovy.cps.NonCPS\n@NonCPS\ndef a() { b() }\ndef b() { 1 }",
		"has an iterator":  "def call(list) { for (x in list) { echo(x) } }",
		"gives a closure":  "def call(list) { list.each { echo(it) } }",
		"is as it must be": "import com.cloudbees.groovy.cps.NonCPS\ndef call(list) { for (int i = 0; i < 3; i++) { withEnv(list) { b(list) } } }\n@NonCPS\ndef b(list) { for (x in list) { x.trim() }\n list.each { it.trim() } }",
	}
	functions, results, refused := runJenkins(t, builds, wrong)
	var want []string
	for _, s := range steps.All(owner.Connect) {
		want = append(want, jenkinsFunction(s))
	}
	want = append(want, "codedeployStep")
	slices.Sort(want)
	if !slices.Equal(functions, want) {
		t.Errorf("the library has %v, not %v", functions, want)
	}
	for name, says := range map[string]string{
		"calls a step": "calls sh, which is not", "calls a method": "calls b, which is not", "has an iterator": "has a loop over an iterator",
		"gives a closure": "gives a closure to each", "is as it must be": "",
	} {
		if (says == "") != (refused[name] == "") || !strings.Contains(refused[name], says) {
			t.Errorf("a method that %s: %q", name, refused[name])
		}
	}
	for _, b := range builds {
		t.Run(b.Name, func(t *testing.T) {
			r, ok := results[b.Name]
			if !ok || r.Broken != "" {
				t.Fatalf("%s\n%s", r.Broken, r.Log)
			}
			b.check(t, r)
		})
	}
}

// jenkinsImageName is the image, or nothing where there can be none: then the
// builds that need it are left out.
func jenkinsImageName(t *testing.T) string {
	t.Helper()
	err := exec.Command("docker", "info").Run()
	image := ""
	if err == nil {
		image, err = builtImage()
	}
	if err != nil {
		if required("docker") {
			t.Fatal("no image: ", err)
		}
		t.Log("without an image, builds in containers are left out: ", err)
	}
	return image
}

// inCamel is a name as Groovy writes names.
func inCamel(name string) string {
	return regexp.MustCompile(`[- ]\w`).ReplaceAllStringFunc(name, func(s string) string { return strings.ToUpper(s[1:]) })
}

func jenkinsFunction(s step.Step) string { return inCamel("codedeploy " + s.Name) }

func jenkinsCredentials() map[string]map[string]string {
	return map[string]map[string]string{
		"oidc":   {"$class": "StringBinding", "variable": jenkinsSecret + "-oidc"},
		"github": {"$class": "StringBinding", "variable": jenkinsSecret + "-github"},
		"aws":    {"$class": "AmazonWebServicesCredentialsBinding", "accessKeyVariable": "AKIDJENKINS", "secretKeyVariable": jenkinsSecret + "-aws"},
	}
}

// sampleValue is a value of an input, as a Jenkinsfile gives it and as the
// program tells it with --verbose.
func sampleValue(f *step.Field) (given any, told string) {
	switch {
	case f.Name == "format" || f.Name == "endpoint":
		return "text", "text" // no endpoint: what gets as far as a service stops there
	case f.Name == "report":
		return []string{"junit=r.xml"}, "junit=r.xml"
	case len(f.Enum) > 0:
		last := f.Enum[len(f.Enum)-1]
		return last, last
	case f.IsBool():
		return true, "true"
	case f.IsList():
		return []string{f.Name + "=a", "b"}, f.Name + "=a,b"
	case f.Type == reflect.TypeFor[time.Duration]():
		return "90s", "1m30s"
	case f.Type.Kind() == reflect.Int || f.Type == reflect.TypeFor[*int]():
		return 3, "3"
	}
	return "the-" + f.Name, "the-" + f.Name
}

// Every argument of every function is taken by the program, from the variable
// of its input; secrets come from credentials and are shown nowhere.
func jenkinsArguments(t *testing.T) (all []jenkinsBuild) {
	for _, s := range steps.All(owner.Connect) {
		params := map[string]any{"awsCredentials": "aws"}
		told, secrets := []string{}, map[string]string{}
		for _, f := range step.Fields(s.New()) {
			variable := "CODEDEPLOY_STEPS_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
			if f.Secret {
				id, _, _ := strings.Cut(f.Name, "-")
				params[inCamel(f.Name)+"Credentials"] = id
				secrets[variable] = jenkinsSecret + "-" + id
				continue
			}
			given, tells := sampleValue(f)
			params[inCamel(f.Name)] = given
			told = append(told, fmt.Sprintf("input %s = %s (from %s)", f.Name, tells, variable))
		}
		all = append(all, jenkinsBuild{Name: "arguments of " + s.Name, Script: jenkinsFunction(s) + "(params)", Dir: t.TempDir(), Params: params, Credentials: jenkinsCredentials(),
			check: func(t *testing.T, r jenkinsResult) {
				if !regexp.MustCompile(`ended with exit code [123];`).MatchString(r.Error) && !strings.Contains(r.Log, "would ") || len(r.Left) > 0 {
					t.Errorf("error %q, left behind %v", r.Error, r.Left)
				}
				for _, line := range told {
					if !strings.Contains(r.Log, line) {
						t.Errorf("the program does not tell %q\n%s", line, r.Log)
					}
				}
				sh := r.call("sh")
				for variable, secret := range secrets {
					if sh.Env[variable] != secret {
						t.Errorf("%s is %q", variable, sh.Env[variable])
					}
				}
				if sh.Env["AWS_ACCESS_KEY_ID"] != "AKIDJENKINS" || sh.Env["AWS_SECRET_ACCESS_KEY"] != jenkinsSecret+"-aws" {
					t.Errorf("the AWS credentials are not bound: %v", sh.Env)
				}
				if sh.Args["script"] != "exec codedeploy-steps $CODEDEPLOY_STEPS_STEP" || !strings.Contains(r.Log, "+ exec codedeploy-steps "+s.Name+"\n") {
					t.Errorf("the script is %q\n%s", sh.Args["script"], r.Log)
				}
				if strings.Contains(r.Log, jenkinsSecret) {
					t.Errorf("a secret is shown:\n%s", r.Log)
				}
			}})
	}
	return all
}

// What is wrong with arguments is said before anything runs.
func jenkinsWrong(t *testing.T) (all []jenkinsBuild) {
	for script, says := range map[string]string{
		"codedeployPush(s3bucket: 'b')":                                    "codedeploy-steps push: there is no argument s3bucket; did you mean s3Bucket?",
		"codedeployPush('s3-bucket': 'b')":                                 "codedeploy-steps push: there is no argument s3-bucket; did you mean s3Bucket?",
		"codedeployStop(html5: 'a')":                                       "codedeploy-steps stop: there is no argument html5; did you mean html?",
		"codedeployPush(junit: 'a')":                                       "codedeploy-steps push: there is no argument junit",
		"codedeployDeploy(oidcTokn: 'a')":                                  "codedeploy-steps deploy: there is no argument oidcTokn",
		"codedeployDeploy(oidcTokenCredential: 'a')":                       "codedeploy-steps deploy: there is no argument oidcTokenCredential; did you mean oidcTokenCredentials?",
		"codedeployDeploy(oidcToken: 'eyJ')":                               "codedeploy-steps deploy: oidcToken is a secret: give the id of its credential as oidcTokenCredentials, or bind the variable CODEDEPLOY_STEPS_OIDC_TOKEN around the step",
		"codedeployDeploy(application: ['a', 'b'])":                        "codedeploy-steps deploy: application takes one value, not a list",
		"codedeployDeploy(application: [a: 'b'])":                          "codedeploy-steps deploy: application takes text, a number, true, false",
		"codedeployBundle(exclude: [[1]])":                                 "codedeploy-steps bundle: exclude takes one value, not a list",
		"codedeployBundle(exclude: ['a,b'])":                               "codedeploy-steps bundle: an entry of exclude has a comma or a line break, which would make two entries of it: a,b",
		"codedeployDeploy(junit: 'a,html=b')":                              "codedeploy-steps deploy: an entry of junit has a comma or a line break, which would make two entries of it: junit=a,html=b",
		"codedeployDeploy(roleToAssume: ['a\\nb'])":                        "codedeploy-steps deploy: an entry of roleToAssume has a line break, which would make two entries of it: a\nb",
		"codedeployDeploy(description: 'a\\u0000b')":                       "codedeploy-steps deploy: description has a NUL character, which no variable can hold",
		"codedeployWait(deploymentId: 'd-1', awsCredentials: 'elsewhere')": "Could not find credentials entry with ID 'elsewhere'",
		"codedeployBundleList(source: 'missing')":                          "codedeploy-steps bundle list ended with exit code 2; what failed stands above",
	} {
		all = append(all, jenkinsBuild{Name: script, Script: script, Dir: t.TempDir(), check: func(t *testing.T, r jenkinsResult) {
			if r.Error != says {
				t.Errorf("it says %q, not %q", r.Error, says)
			}
			if ran := r.count("sh") > 0; ran != strings.Contains(says, "exit code") {
				t.Errorf("it ran something: %v", r.Calls)
			}
		}})
	}
	return all
}

// The map that a function returns has every output of its step, by its name in
// Groovy, and nothing that another step left in the file. A script stands for the program here.
func jenkinsOutputs(t *testing.T) (all []jenkinsBuild) {
	for _, s := range steps.All(owner.Connect) {
		dir := t.TempDir()
		text, want := "", map[string]any{}
		for name := range step.OutputHelp {
			text += name + "=the " + name + "=é\n"
		}
		for _, name := range s.Outputs {
			want[inCamel(name)] = "the " + name + "=é"
		}
		if slices.Contains(s.Outputs, "unchanged") {
			text += "unchanged=false\n"
			want["unchanged"] = false
		}
		put(t, filepath.Join(dir, "all"), text)
		stub := filepath.Join(dir, "bin", "codedeploy-steps")
		put(t, stub, "#!/bin/sh\n[ \"$*\" = \"$WANT\" ] && cat \""+dir+"/all\" >\"$CODEDEPLOY_STEPS_OUTPUTS\"\n")
		if err := os.Chmod(stub, 0o755); err != nil {
			t.Fatal(err)
		}
		all = append(all, jenkinsBuild{Name: "outputs of " + s.Name, Script: jenkinsFunction(s) + "()", Dir: dir,
			Env: map[string]string{"PATH": filepath.Dir(stub) + ":" + os.Getenv("PATH"), "WANT": s.Name},
			check: func(t *testing.T, r jenkinsResult) {
				r.done(t)
				if got := r.returned(t); !maps.Equal(got, want) {
					t.Errorf("it returned %v, not %v", got, want)
				}
			}})
	}
	return all
}

// A whole release by its parts, chained through the maps; and with a file of
// the user's own.
func jenkinsChain(t *testing.T) []jenkinsBuild {
	dir := t.TempDir()
	sampleTo(t, dir)
	t.Cleanup(func() { steptest.StopEngine(filepath.Join(dir, ".codedeploy-steps")) })
	return []jenkinsBuild{{Name: "chain", Dir: dir, Env: map[string]string{"CODEDEPLOY_STEPS_ENDPOINT": "local", "CODEDEPLOY_STEPS_INSTANCE_KIND": "directory"}, Script: `
			def all = [:]
			codedeployValidate(source: ['web'])
			all.bundle = codedeployBundle(source: 'web')
			all.push = codedeployPush(bundle: all.bundle.bundle, application: 'web')
			all.again = codedeployPush(source: 'web', application: 'web')
			all.register = codedeployRegister(revision: all.push.revision, application: 'web')
			all.deploy = codedeployDeploy(revision: all.push.revision, application: 'web', deploymentGroup: 'g', wait: false)
			all.wait = codedeployWait(deploymentId: all.deploy.deploymentId)
			all.release = codedeployRelease(source: 'web', application: 'web', deploymentGroup: 'g', outputs: 'out.env', include: ['*', 'scripts/**'])
			all.rollback = codedeployRollback(application: 'web', deploymentGroup: 'g', to: all.deploy.deploymentId)
			all.stop = codedeployStop(deploymentId: all.rollback.deploymentId)
			all.list = codedeployRevisionsList(application: 'web')
			all.download = codedeployRevisionsDownload(revision: all.push.revision, bundleOutput: 'down.zip')
			return all`,
		check: func(t *testing.T, r jenkinsResult) {
			r.done(t)
			got := map[string]map[string]any{}
			for name, m := range r.returned(t) {
				got[name] = m.(map[string]any)
			}
			for _, m := range got {
				if id, ok := m["deploymentId"]; ok && !deploymentID.MatchString(fmt.Sprint(id)) {
					t.Errorf("deploymentId %v", id)
				}
			}
			for _, name := range []string{"application", "bundleDigest", "revision", "etag", "unchanged", "deploymentGroup", "deploymentId", "status"} {
				if _, ok := got["release"][name]; !ok {
					t.Errorf("release has no %s: %v", name, got["release"])
				}
			}
			if got["push"]["unchanged"] != false || got["again"]["unchanged"] != true || got["bundle"]["bundleDigest"] != got["again"]["bundleDigest"] {
				t.Errorf("push %v, again %v", got["push"], got["again"])
			}
			if got["wait"]["status"] != "Succeeded" || got["release"]["status"] != "Succeeded" || got["rollback"]["status"] != "Succeeded" {
				t.Errorf("wait %v, release %v, rollback %v", got["wait"], got["release"], got["rollback"])
			}
			s := session{t, dir}
			if file := s.outputs("out.env"); file["deployment-id"] != got["release"]["deploymentId"] || len(file) != len(got["release"]) {
				t.Errorf("the file has %v, the map %v", file, got["release"])
			}
			if !fileExists(filepath.Join(dir, "down.zip")) || got["download"]["bundle"] != "down.zip" || len(got["list"]) != 0 {
				t.Errorf("download %v, list %v", got["download"], got["list"])
			}
		}}}
}

// A release that fails still has its reports shown.
func jenkinsReports(t *testing.T) []jenkinsBuild {
	failing := func(name, script string, check func(*testing.T, jenkinsResult)) jenkinsBuild {
		s := session{t, t.TempDir()}
		s.revision("app", "1", nil)
		s.write(filepath.Join(s.dir, "app", "appspec.yml"), "version: 0.0\nos: linux\nfiles:\n  - {source: missing, destination: /srv}\n", 0o644)
		return jenkinsBuild{Name: name, Dir: s.dir, Script: script, check: func(t *testing.T, r jenkinsResult) {
			if r.Error != "codedeploy-steps release ended with exit code 1; what failed stands above" {
				t.Errorf("error %q\n%s", r.Error, r.Log)
			}
			check(t, r)
		}}
	}
	return []jenkinsBuild{
		failing("reports", "codedeployRelease(source: 'app', endpoint: 'local', instanceKind: 'directory', report: 'markdown=a.md', junit: 'reports/a.xml', html: 'reports/b/a.html')", func(t *testing.T, r jenkinsResult) {
			if c := r.call("junit"); c.Tests == 0 || c.Failures == 0 {
				t.Errorf("junit was given %+v", c)
			}
			c := r.call("publishHTML")
			target, _ := c.Args["target"].(map[string]any)
			if !c.Page || target["reportDir"] != "reports/b/" || target["reportFiles"] != "a.html" {
				t.Errorf("publishHTML was given %+v", c)
			}
			if !strings.Contains(r.call("sh").Env["CODEDEPLOY_STEPS_REPORT"], "markdown=a.md\njunit=reports/a.xml\nhtml=reports/b/a.html") {
				t.Errorf("report is %q", r.call("sh").Env["CODEDEPLOY_STEPS_REPORT"])
			}
		}),
		failing("no reports", "codedeployRelease(source: 'app', endpoint: 'local', instanceKind: 'directory')", func(t *testing.T, r jenkinsResult) {
			if r.count("junit")+r.count("publishHTML") != 0 {
				t.Errorf("reports that nobody asked for: %v", r.Calls)
			}
		}),
	}
}

// hostileTexts are those of package ci.
func hostileTexts(t *testing.T) (all []string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "ci", "testdata", "hostile.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		quoted, err := strconv.QuotedPrefix(strings.TrimSpace(line))
		if err != nil {
			continue // a comment
		}
		text, _ := strconv.Unquote(quoted)
		if n, err := strconv.Atoi(strings.TrimPrefix(strings.TrimSpace(line)[len(quoted):], "*")); err == nil {
			text = strings.Repeat(text, n)
		}
		all = append(all, jenkinsText(text))
	}
	if len(all) < 50 {
		t.Fatalf("%d texts", len(all))
	}
	return all
}

// Every text in every argument of every function is a variable's value and
// nothing else; a shell and the program get each text too.
func jenkinsHostile(t *testing.T) (all []jenkinsBuild) {
	for n, s := range steps.All(owner.Connect) {
		dir := t.TempDir()
		for i, text := range hostileTexts(t) {
			params, want := map[string]any{}, map[string]string{"CODEDEPLOY_STEPS_STEP": s.Name}
			for _, f := range step.Fields(s.New()) {
				if f.Secret {
					continue
				}
				params[inCamel(f.Name)] = text
				want["CODEDEPLOY_STEPS_"+strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))] = digested(text)
			}
			real := i%len(steps.All(owner.Connect)) == n
			if real {
				params["outputs"], params["dotenv"], params["state"], params["bundleOutput"], params["report"], params["endpoint"] = "", "", "", "", "", "" // paths that the user chooses are the user's
				for name := range params {
					if !slices.ContainsFunc(step.Fields(s.New()), func(f *step.Field) bool { return inCamel(f.Name) == name }) {
						delete(params, name)
					}
				}
			}
			all = append(all, jenkinsBuild{Name: fmt.Sprintf("hostile %d in %s", i, s.Name), Script: jenkinsFunction(s) + "(params)", Dir: dir, Params: params, Record: !real,
				check: func(t *testing.T, r jenkinsResult) {
					if fileExists(filepath.Join(dir, "forged")) {
						t.Fatalf("%.200q: a shell made a file", text)
					}
					if strings.Contains(text, "\x00") {
						if !strings.Contains(r.Error, "has a NUL character") || r.count("sh") > 0 {
							t.Errorf("%.200q: %s", text, r.Error)
						}
						return
					}
					sh := r.call("sh")
					if sh.Args["script"] != "exec codedeploy-steps $CODEDEPLOY_STEPS_STEP" || r.count("sh") != 1 {
						t.Errorf("%.200q: the script is %v", text, sh.Args)
					}
					if real {
						if !strings.Contains(r.Error, "ended with exit code 2") {
							t.Errorf("%.200q: %q\n%s", text, r.Error, r.Log)
						}
						return
					}
					delete(sh.Env, "AWS_EC2_METADATA_DISABLED")
					got := maps.Clone(sh.Env)
					maps.DeleteFunc(got, func(name, _ string) bool {
						return strings.HasPrefix(name, "AWS_") || strings.HasPrefix(name, asProgram)
					})
					if _, ok := want["CODEDEPLOY_STEPS_OUTPUTS"]; ok && !maps.Equal(got, want) {
						t.Errorf("%.200q: the variables are\n%.2000v", text, got)
					}
				}})
		}
	}
	return all
}

// An aborted build stops its deployment: on the agent by the signal that Jenkins
// sends, in a container, where that does not arrive, by a step of its own.
func jenkinsAborts(t *testing.T) (all []jenkinsBuild) {
	abort := func(name, options string, check func(*testing.T, session, jenkinsResult)) *session {
		s := session{t, t.TempDir()}
		s.revision("app", "1", map[string]string{"ApplicationStart": "sleep 300"})
		t.Cleanup(func() { steptest.StopEngine(s.state()) })
		all = append(all, jenkinsBuild{Name: "abort " + name, Dir: s.dir, AbortAt: `AfterInstall +Succeeded`,
			Script: "codedeployRelease(source: 'app', endpoint: 'local', instances: 1, outputs: 'out.env', junit: 'a.xml'" + options + ")",
			check: func(t *testing.T, r jenkinsResult) {
				if !r.Aborted || len(r.Left) > 0 || r.count("junit") != 1 {
					t.Fatalf("aborted %v, error %q, left behind %v\n%s", r.Aborted, r.Error, r.Left, r.Log)
				}
				check(t, session{t, s.dir}, r)
			}})
		return &s
	}
	// The engine is another process here, as the service is: Jenkins does not reach the hooks.
	abort("on the agent", "", func(t *testing.T, s session, r jenkinsResult) {
		if !regexp.MustCompile(`release: .*deployment d-[A-Z0-9]{9} is (being stopped|Stopped).*\(cancelled by terminated\)`).MatchString(r.Log) || strings.Contains(r.Log, "did not stop") {
			t.Errorf("the program was not told, or did not stop the deployment\n%s", r.Log)
		}
	}).serve("--instances", "1")
	abort("on the agent, with its hooks", "", func(t *testing.T, s session, r jenkinsResult) {
		got := s.outputs("out.env")["status"]
		if got != "Stopped" && got != "Failed" || strings.Contains(r.Log, "did not stop") {
			t.Errorf("the deployment is %s\n%s", got, r.Log)
		}
	})
	image := jenkinsImageName(t)
	if image == "" {
		return all
	}
	abort("in a container", ", instanceKind: 'host', image: '"+image+"'", func(t *testing.T, s session, r jenkinsResult) {
		stop := r.call("sh")
		if r.count("sh") != 2 || stop.Args["script"] != "exec codedeploy-steps stop" || !stop.Container || !strings.Contains(r.Log, "stop asked for") {
			t.Errorf("the deployment is not stopped\n%s", r.Log)
		}
	})
	abort("in a container, and left", ", instanceKind: 'host', onCancel: 'leave', image: '"+image+"'", func(t *testing.T, s session, r jenkinsResult) {
		if r.count("sh") != 1 {
			t.Errorf("the deployment is not left\n%s", r.Log)
		}
	})
	return all
}

func jenkinsWindows(t *testing.T) []jenkinsBuild {
	return []jenkinsBuild{{Name: "windows", Dir: t.TempDir(), Windows: true, Record: true, Script: "codedeployBundle(source: '%PATH% & calc')", check: func(t *testing.T, r jenkinsResult) {
		r.done(t)
		bat := r.call("bat")
		if r.count("sh") > 0 || bat.Args["script"] != "@codedeploy-steps %CODEDEPLOY_STEPS_STEP%" || bat.Env["CODEDEPLOY_STEPS_SOURCE"] != "%PATH% & calc" || bat.Env["CODEDEPLOY_STEPS_STEP"] != "bundle" {
			t.Errorf("bat was given %+v", bat)
		}
	}}}
}

// In a container the program runs as the agent's user in the agent's folders.
func jenkinsImage(t *testing.T) []jenkinsBuild {
	image := jenkinsImageName(t)
	if image == "" {
		return nil
	}
	dir := t.TempDir()
	sampleTo(t, dir)
	return []jenkinsBuild{{Name: "image", Dir: dir, Credentials: jenkinsCredentials(), Script: `
			dir('sub') {
				return codedeployRelease(image: '` + image + `', source: '../web', description: 'a$b "c" \n d', endpoint: 'local', instanceKind: 'host', githubTokenCredentials: 'github', verbose: true)
			}`,
		check: func(t *testing.T, r jenkinsResult) {
			r.done(t)
			got := r.returned(t)
			if got["status"] != "Succeeded" || !strings.Contains(r.Log, `input description = a$b "c"`) {
				t.Errorf("it returned %v\n%s", got, r.Log)
			}
			if sh := r.call("sh"); !sh.Container || !strings.Contains(r.Log, "of kind host") || strings.Contains(r.Log, jenkinsSecret) {
				t.Errorf("%+v\n%s", sh, r.Log)
			}
		}}}
}

// The quick starts of docs/jenkins.md are run as they stand there, but for the
// name of the image and, without an account, as a dry run or on the engine.
func jenkinsQuickStarts(t *testing.T) (all []jenkinsBuild) {
	root, err := steptest.Root()
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(root, "docs", "jenkins.md"))
	if err != nil {
		t.Fatal(err)
	}
	image := jenkinsImageName(t)
	wanted := map[string]string{
		"local": `deploy    ok    d-[A-Z0-9]{9} Succeeded: 1 succeeded`,
		"aws":   `deploy    ok    would deploy web to production`,
		"parts": `(?m)^d-[A-Z0-9]{9}: Succeeded$`,
	}
	for _, start := range regexp.MustCompile("(?s)<!-- test: ([a-z-]+) -->\n+```groovy\n(.*?)```").FindAllStringSubmatch(string(page), -1) {
		want, ok := wanted[start[1]]
		if !ok {
			t.Errorf("docs/jenkins.md: the quick start %s is not known here", start[1])
		}
		delete(wanted, start[1])
		if lines := strings.Count(start[2], "\n"); start[1] == "local" && lines > 11 {
			t.Errorf("docs/jenkins.md: the quick start has %d lines", lines)
		}
		if start[1] == "local" && image == "" {
			continue
		}
		dir := t.TempDir()
		sampleTo(t, dir)
		if err := os.Rename(filepath.Join(dir, "web"), filepath.Join(dir, "app")); err != nil {
			t.Fatal(err)
		}
		b := jenkinsBuild{Name: "quick start " + start[1], Dir: dir, Script: strings.ReplaceAll(start[2], "registry.example.com/codedeploy-steps:1", image), Credentials: jenkinsCredentials(),
			check: func(t *testing.T, r jenkinsResult) {
				r.done(t)
				if !regexp.MustCompile(want).MatchString(r.Log) {
					t.Errorf("it does not show %s:\n%s", want, r.Log)
				}
			}}
		switch start[1] {
		case "aws":
			b.Env = map[string]string{"CODEDEPLOY_STEPS_DRY_RUN": "true"}
		case "parts":
			b.Env = map[string]string{"CODEDEPLOY_STEPS_ENDPOINT": "local", "CODEDEPLOY_STEPS_INSTANCE_KIND": "directory"}
		}
		all = append(all, b)
	}
	if len(wanted) > 0 {
		t.Errorf("docs/jenkins.md lacks the quick starts %v", wanted)
	}
	return all
}
