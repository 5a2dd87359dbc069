package agent

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

// A carrier carries out events: this package, or the published agent.
type carrier interface {
	// begin prepares for a scenario: root is the agent's folder, tools the
	// folder of programs that are to be found first.
	begin(root, work, tools string, maxRevisions int) (workingDir string)
	carry(t *testing.T, event string, d deployment, id, bundle string) (noop string, r Result)
}

type ours struct{ agent *Agent }

func (o *ours) begin(root, work, tools string, maxRevisions int) string {
	o.agent = &Agent{Root: root, MaxRevisions: maxRevisions, Machine: Machine{
		Dir: work,
		Env: []string{"PATH=" + tools + ":" + os.Getenv("PATH"), "HOME=/nowhere", "LANG=C.UTF-8", "TOOLS=" + tools},
	}}
	return work
}

func (o *ours) carry(t *testing.T, event string, d deployment, id, bundle string) (string, Result) {
	c := Command{ID: id + "-" + event, Event: event, Spec: Specification{
		DeploymentID: id, DeploymentGroupID: "g", DeploymentGroupName: "the group", ApplicationName: "app",
		DeploymentCreator: d.creator, DeploymentType: d.kind, AppSpecFilename: d.appspecName,
		FileExistsBehavior: d.behavior, Revision: Revision{BundleType: d.bundleType},
	}}
	run := Agent{Root: o.agent.Root, Machine: o.agent.Machine, MaxRevisions: o.agent.MaxRevisions}
	run.Fetch = func(context.Context, Revision) (*os.File, string, error) {
		f, err := os.Open(bundle)
		return f, "", err
	}
	noop, err := run.Noop(c)
	said := strconv.FormatBool(noop)
	if err != nil {
		said = "error"
	}
	return said, run.Execute(t.Context(), c)
}

type published struct {
	in   *json.Encoder
	out  *bufio.Reader
	root string
	max  int
	home string // its tools are linked here, because its PATH is set once
}

func startPublished(t *testing.T, oracle string) *published {
	driver, err := filepath.Abs("testdata/drive_agent.rb")
	if err != nil {
		t.Fatal(err)
	}
	p := &published{home: t.TempDir()}
	cmd := exec.Command(filepath.Join(oracle, "ruby-agent"), driver)
	cmd.Dir = p.home
	cmd.Env = []string{"PATH=" + p.home + "/tools:" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "LANG=C.UTF-8", "TOOLS=" + p.home + "/tools", "ORACLE_SRC=" + os.Getenv("ORACLE_SRC")}
	if os.Getenv("ORACLE_SRC") == "" {
		cmd.Env = cmd.Env[:len(cmd.Env)-1]
	}
	var said bytes.Buffer
	cmd.Stderr = &said
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p.in, p.out = json.NewEncoder(in), bufio.NewReader(out)
	t.Cleanup(func() {
		in.Close()
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(said.String())
		}
	})
	return p
}

func (p *published) ask(t *testing.T, question, answer any) {
	t.Helper()
	if err := p.in.Encode(question); err != nil {
		t.Fatal(err)
	}
	line, err := p.out.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, answer)
	}
	if err != nil {
		t.Fatalf("%v in %q", err, line)
	}
}

func (p *published) begin(root, _, tools string, maxRevisions int) string {
	p.root, p.max = root, cmp.Or(maxRevisions, 5)
	_ = os.Remove(filepath.Join(p.home, "tools"))
	_ = os.Symlink(tools, filepath.Join(p.home, "tools"))
	return p.home // it was started there
}

func (p *published) carry(t *testing.T, event string, d deployment, id, bundle string) (string, Result) {
	spec := map[string]any{
		"ApplicationId": "app", "ApplicationName": "app", "DeploymentGroupId": "g", "DeploymentGroupName": "the group", "DeploymentId": id,
		"Revision": map[string]any{"RevisionType": "Local File", "LocalRevision": map[string]any{"Location": bundle, "BundleType": d.bundleType}},
	}
	for key, value := range map[string]string{"AppSpecFilename": d.appspecName, "DeploymentCreator": d.creator, "DeploymentType": d.kind} {
		if value != "" {
			spec[key] = value
		}
	}
	if d.behavior != "" {
		spec["AgentActionOverrides"] = map[string]any{"AgentOverrides": map[string]any{"FileExistsBehavior": d.behavior}}
	}
	var answer struct {
		Diagnostics string
		Noop        *bool
	}
	p.ask(t, map[string]any{"root": p.root, "max_revisions": p.max, "event": event, "spec": spec}, &answer)
	var said struct {
		Code    any    `json:"error_code"`
		Script  string `json:"script_name"`
		Message string `json:"message"`
		Log     string `json:"log"`
	}
	if err := json.Unmarshal([]byte(answer.Diagnostics), &said); err != nil {
		t.Fatal(err)
	}
	r := Result{ScriptName: said.Script, Message: said.Message, Log: said.Log, Code: UnknownError} // also for the text "Unknown"
	if code, is := said.Code.(float64); is {
		r.Code = Code(code)
	}
	noop := "error"
	if answer.Noop != nil {
		noop = strconv.FormatBool(*answer.Noop)
	}
	return noop, r
}
