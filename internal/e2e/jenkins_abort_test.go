//go:build linux

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/codedeploy-steps/codedeploy-steps/internal/steptest"
)

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
		if !regexp.MustCompile(`release: .*deployment d-[A-Z0-9]{9} is (being stopped|Stopped).*\(cancelled by SIGTERM\)`).MatchString(r.Log) || strings.Contains(r.Log, "did not stop") {
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
		b := jenkinsBuild{Name: "quick start " + start[1], Dir: dir, Script: strings.ReplaceAll(start[2], "codedeploy-steps/codedeploy-steps:v1.2.3", image), Credentials: jenkinsCredentials(),
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
