//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// releaseProfile is what released programs are compiled by.
const releaseProfile = "cmd/release.pgo"

// profile makes that file anew, from pushes of the trees by a program that differs from the released one in this main function only.
func profile(sink *sinkProcess, dir string, names []string) {
	const main = "cmd/codedeploy-push/main.go"
	profiled := filepath.Join(dir, "profiled.go")
	check(os.WriteFile(profiled, []byte(`package main

import (
	"os"
	"runtime/pprof"

	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/owner"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
	"github.com/codedeploy-steps/codedeploy-steps/steps/push"
)

func main() {
	f, err := os.Create(os.Getenv("PROFILE"))
	if err != nil {
		panic(err)
	}
	pprof.StartCPUProfile(f)
	code := step.Alone(push.Step(owner.Connect)).Main()
	pprof.StopCPUProfile()
	os.Exit(code)
}
`), 0o644))
	here, err := filepath.Abs(main)
	check(err)
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{here: profiled}})
	check(err)
	list := filepath.Join(dir, "overlay.json")
	check(os.WriteFile(list, overlay, 0o644))
	program := filepath.Join(dir, "codedeploy-push-profiled")
	run("go", "build", "-trimpath", "-overlay", list, "-o", program, "./cmd/codedeploy-push")
	var made []string
	for _, name := range names {
		for n := range 4 {
			b := bench{sink: sink, tree: filepath.Join(dir, "tree-"+name), push: program, cache: filepath.Join(dir, "cache-profile")}
			sink.forget()
			check(os.RemoveAll(b.cache))
			to := filepath.Join(dir, fmt.Sprintf("%s%d.prof", name, n))
			check(os.Setenv("PROFILE", to))
			b.ours()
			made = append(made, to)
		}
	}
	out, err := exec.Command("go", append([]string{"tool", "pprof", "-proto"}, made...)...).Output()
	check(err)
	check(os.WriteFile(releaseProfile, out, 0o644))
}

func run(name string, args ...string) {
	cmd := exec.Command(name, args...)
	cmd.Env, cmd.Stderr = append(os.Environ(), "CGO_ENABLED=0"), os.Stderr
	check(cmd.Run())
}
