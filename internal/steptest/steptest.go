// Package steptest runs the scripts that tell how the steps behave: files in a
// step's testdata/script that read like a user's session. The real program
// runs them, as processes of its own.
package steptest

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/hosts"
	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/local"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/steps/engine"
)

// Main is the TestMain of a package with scripts. The test binary itself stands
// for the program, so it must be able to become an instance's first process.
func Main(m *testing.M) {
	hosts.Init()
	testscript.Main(m, map[string]func(){
		"codedeploy-steps": func() { os.Exit(engine.With(declared(local.Open, os.Args[1:])).Main()) },
	})
}

// Run runs the package's scripts.
func Run(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		Setup:               setup,
		Condition:           condition,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exitcode": exitcode,
			"sleep":    sleep,
			"github":   gitHub,
			"s3":       s3,
		},
	})
}

// setup gives a script the samples, a clean environment and an end to what the
// engine keeps running.
func setup(env *testscript.Env) error {
	root, err := Root()
	if err != nil {
		return err
	}
	env.Values[gitHubKey{}] = &githubServer{t: env.T()}
	env.Values[s3Key{}] = &s3Server{}
	env.Setenv("REVISIONS", filepath.Join(root, "testdata", "revisions"))
	env.Setenv("HOME", env.WorkDir)
	env.Setenv("AWS_EC2_METADATA_DISABLED", "true") // without credentials the SDK would go to the network
	env.Setenv("AWS_CONFIG_FILE", filepath.Join(env.WorkDir, "no-config"))
	env.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(env.WorkDir, "no-credentials"))
	env.Defer(func() { StopEngine(filepath.Join(env.WorkDir, ".codedeploy-steps")) })
	return nil
}

// StopEngine ends what the engine of a state folder keeps running, and deletes it.
func StopEngine(state string) {
	p := engine.Program()
	p.Run(context.Background(), step.Process{
		Args: []string{"engine", "stop", "--delete", "--state", state}, Stdout: io.Discard, Stderr: io.Discard,
		Getenv: func(string) string { return "" }, Dir: filepath.Dir(state),
	})
}

// Root is the repository's root.
func Root() (string, error) {
	dir, err := os.Getwd()
	for err == nil {
		if _, serr := os.Stat(filepath.Join(dir, "go.mod")); serr == nil {
			return dir, nil
		}
		if parent := filepath.Dir(dir); parent != dir {
			dir = parent
			continue
		}
		err = os.ErrNotExist
	}
	return "", err
}

var sandboxes = sync.OnceValue(func() error {
	dir, err := os.MkdirTemp("", "steptest-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	_, err = hosts.Choose(context.Background(), hosts.Sandbox, hosts.Here(dir))
	return err
})

// condition knows [sandbox]: hooks can really run here. Where CI says that it
// must hold (CODEDEPLOY_STEPS_TEST_REQUIRE), a script is not skipped for it.
func condition(name string) (bool, error) {
	switch name {
	case "sandbox":
		err := sandboxes()
		if err != nil && strings.Contains(os.Getenv("CODEDEPLOY_STEPS_TEST_REQUIRE"), name) {
			return false, err
		}
		return err == nil, nil
	case "root":
		return runtime.GOOS != "windows" && os.Geteuid() == 0, nil
	}
	return false, nil
}

// exitcode CODE COMMAND…: runs a command and checks its exit code.
func exitcode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exitcode CODE COMMAND [ARG…]")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := "0"
	if err != nil {
		got = strings.TrimPrefix(err.Error(), "exit status ")
		if _, ok := err.(*exec.ExitError); !ok {
			got = err.Error()
		}
	}
	if got != args[0] {
		ts.Fatalf("exit code %s, not %s", got, args[0])
	}
}

// sleep DURATION: for scripts that look at something that is under way.
func sleep(ts *testscript.TestScript, _ bool, args []string) {
	d, err := time.ParseDuration(args[0])
	ts.Check(err)
	time.Sleep(d)
}
