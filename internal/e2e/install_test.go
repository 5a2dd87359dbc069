package e2e

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/codedeploy-steps/codedeploy-steps/internal/steptest"
)

// The install action takes the program of the runner's system, checks it, and
// runs nothing that an input says.
func TestInstall(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the paths that Git's bash gives are not the test's")
	}
	for _, tool := range []string{"bash", "curl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(err)
		}
	}
	root, err := steptest.Root()
	if err != nil {
		t.Fatal(err)
	}
	program := "#!/bin/sh\necho \"the program, asked for $1\"\n"
	sum := fmt.Sprintf("%x", sha256.Sum256([]byte(program)))
	names := []string{"codedeploy-steps_1.2.3_linux_amd64", "codedeploy-steps_1.2.3_darwin_arm64", "codedeploy-steps_1.2.3_windows_amd64.exe"}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		const releases = "/owner/name/releases/"
		path := strings.TrimPrefix(r.URL.Path, releases)
		switch {
		case path == "latest":
			http.Redirect(w, r, releases+"tag/v1.2.3", http.StatusFound)
		case path == "download/v1.2.3/checksums.txt":
			for _, name := range names {
				fmt.Fprintf(w, "%s  %s\n", sum, name)
			}
		case path == "download/v9.9.9/checksums.txt":
			fmt.Fprintf(w, "%s  codedeploy-steps_9.9.9_linux_amd64\n", strings.Repeat("0", 64))
		case strings.HasPrefix(path, "download/"), strings.HasPrefix(path, "tag/"):
			fmt.Fprint(w, program)
		default:
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	const linux, mac, windows = "RUNNER_OS_NAME=Linux RUNNER_ARCH_NAME=X64", "RUNNER_OS_NAME=macOS RUNNER_ARCH_NAME=ARM64", "RUNNER_OS_NAME=Windows RUNNER_ARCH_NAME=X64"
	for name, c := range map[string]struct {
		env, version, sum string
		fails             string // what it says then
		file              string
	}{
		"the newest":        {env: linux, file: "codedeploy-steps"},
		"a version":         {env: mac, version: "v1.2.3", sum: sum, file: "codedeploy-steps"},
		"a sum in capitals": {env: linux, version: "v1.2.3", sum: strings.ToUpper(sum), file: "codedeploy-steps"},
		"by the action":     {env: linux + " ACTION_REF=v1.2.3", file: "codedeploy-steps"},
		"by a branch":       {env: linux + " ACTION_REF=main", file: "codedeploy-steps"},
		"on Windows":        {env: windows, file: "codedeploy-steps.exe"},
		"another content":   {env: linux, version: "v9.9.9", fails: "another checksum"},
		"another sum":       {env: linux, version: "v1.2.3", sum: strings.Repeat("1", 64), fails: "another checksum"},
		"not for it":        {env: "RUNNER_OS_NAME=Linux RUNNER_ARCH_NAME=ARM64", version: "v1.2.3", fails: "do not name"},
		"no such system":    {env: "RUNNER_OS_NAME=Plan9 RUNNER_ARCH_NAME=X64", fails: "neither Linux"},
		"a command":         {env: linux, version: "v1.2.3$(touch pwned)", fails: "not of the form"},
		"a command, quoted": {env: linux, version: `v1.2.3"; touch pwned; "`, fails: "not of the form"},
		"a way up":          {env: linux, version: "../../v1.2.3", fails: "not of the form"},
		"a line break":      {env: linux, version: "v1.2.3\n::set-output name=x::y", fails: "not of the form"},
		"a sum of commands": {env: linux, version: "v1.2.3", sum: "`touch pwned`", fails: "another checksum"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			cmd := exec.Command("bash", filepath.Join(root, "install", "install.sh"))
			cmd.Dir = dir
			cmd.Env = append(strings.Fields(c.env), "PATH="+os.Getenv("PATH"), "GITHUB_SERVER_URL="+server.URL, "ACTION_REPOSITORY=owner/name", "no_proxy=127.0.0.1",
				"RUNNER_TEMP="+dir, "GITHUB_PATH="+filepath.Join(dir, "path"), "GITHUB_OUTPUT="+filepath.Join(dir, "output"), "VERSION="+c.version, "SHA256="+c.sum)
			out, err := cmd.CombinedOutput()
			if _, err := os.Stat(filepath.Join(dir, "pwned")); err == nil {
				t.Fatal("an input was run")
			}
			path, _ := os.ReadFile(filepath.Join(dir, "path"))
			if c.fails != "" {
				if err == nil || !strings.Contains(string(out), c.fails) || len(path) > 0 || strings.Contains(string(out), "the program") || strings.Contains(string(out), "::set-output") {
					t.Errorf("%v, PATH gets %q\n%s", err, path, out)
				}
				return
			}
			if err != nil || !strings.Contains(string(out), "the program, asked for --version") {
				t.Fatalf("%v\n%s", err, out)
			}
			folder := filepath.Join(dir, "codedeploy-steps", "v1.2.3")
			if string(path) != folder+"\n" || !fileExists(filepath.Join(folder, c.file)) {
				t.Errorf("PATH gets %q", path)
			}
			if output, _ := os.ReadFile(filepath.Join(dir, "output")); string(output) != "version=v1.2.3\npath="+folder+"\n" {
				t.Errorf("its outputs are %q", output)
			}
		})
	}
}
