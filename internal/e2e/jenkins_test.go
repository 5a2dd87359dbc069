//go:build linux

package e2e

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/owner"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
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

// inCamel is a name as Groovy writes names.
func inCamel(name string) string {
	return regexp.MustCompile(`[- ]\w`).ReplaceAllStringFunc(name, func(s string) string { return strings.ToUpper(s[1:]) })
}

func jenkinsFunction(s step.Step) string { return inCamel("codedeploy " + s.Name) }

func jenkinsCredentials() map[string]map[string]string {
	return map[string]map[string]string{
		"oidc":   {"$class": "StringBinding", "variable": jenkinsSecret + "-oidc"},
		"github": {"$class": "StringBinding", "variable": jenkinsSecret + "-github"},
		"gitlab": {"$class": "StringBinding", "variable": jenkinsSecret + "-gitlab"},
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
				if sh.Args["script"] != "exec codedeploy-steps "+s.Name || !strings.Contains(r.Log, "+ exec codedeploy-steps "+s.Name+"\n") {
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
