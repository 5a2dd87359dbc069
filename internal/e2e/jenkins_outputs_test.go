//go:build linux

package e2e

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/owner"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/internal/steptest"
	"github.com/codedeploy-steps/codedeploy-steps/steps"
)

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

func jenkinsWindows(t *testing.T) []jenkinsBuild {
	return []jenkinsBuild{{Name: "windows", Dir: t.TempDir(), Windows: true, Record: true, Script: "codedeployBundle(source: '%PATH% & calc')", check: func(t *testing.T, r jenkinsResult) {
		r.done(t)
		bat := r.call("bat")
		if r.count("sh") > 0 || bat.Args["script"] != "@codedeploy-steps bundle" || bat.Env["CODEDEPLOY_STEPS_SOURCE"] != "%PATH% & calc" {
			t.Errorf("bat was given %+v", bat)
		}
	}}}
}
