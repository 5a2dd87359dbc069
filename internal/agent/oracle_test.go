package agent

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The comparison with the published agent has two halves. What it answered to
// the scenarios of scenarios_test.go is kept in testdata and compared with what
// this package does, everywhere. Where CODEDEPLOY_AGENT_ORACLE names a folder
// with a program "ruby-agent" that runs Ruby files with the agent's libraries
// on the path, the agent is asked again, and -update keeps its new answers.

var update = flag.Bool("update", false, "keep what the published agent answers now")

const answersFile = "testdata/agent_answers.json"

type answers struct {
	Agent     string               `json:"agent"`
	Ruby      string               `json:"ruby"`
	Psych     string               `json:"psych"`
	Scenarios map[string][]outcome `json:"scenarios"`
}

// outcome is what can be seen after one event.
type outcome struct {
	Event        string   `json:"event"`
	Noop         string   `json:"noop"` // true, false, or error
	Code         Code     `json:"code"`
	Script       string   `json:"script,omitempty"`
	Message      string   `json:"message"`
	Log          string   `json:"log,omitempty"`
	Tree         []string `json:"tree,omitempty"`
	CleanUp      []string `json:"cleanup,omitempty"`
	Plan         []string `json:"plan,omitempty"`
	Instructions []string `json:"instructions,omitempty"` // names and pointers
	Deployments  []string `json:"deployments,omitempty"`
	ScriptsLog   []string `json:"scriptsLog,omitempty"`
	Tools        []string `json:"tools,omitempty"`
}

func TestRecordedAgent(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the answers are those of an agent on Linux")
	}
	text, err := os.ReadFile(answersFile)
	if err != nil {
		t.Fatal(err)
	}
	var recorded answers
	if err := json.Unmarshal(text, &recorded); err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, s := range scenarios {
		names[s.name] = true
		t.Run(s.name, func(t *testing.T) {
			s.skip(t)
			t.Parallel()
			want, known := recorded.Scenarios[s.name]
			if !known {
				t.Fatal("the agent was never asked; run with CODEDEPLOY_AGENT_ORACLE and -update")
			}
			compare(t, s.play(t, &ours{}), want)
		})
	}
	for name := range recorded.Scenarios {
		if !names[name] {
			t.Errorf("an answer is kept for a scenario that is gone: %s", name)
		}
	}
}

func TestLiveAgent(t *testing.T) {
	oracle := os.Getenv("CODEDEPLOY_AGENT_ORACLE")
	if oracle == "" {
		t.Skip("CODEDEPLOY_AGENT_ORACLE names no folder with the published agent")
	}
	p := startPublished(t, oracle)
	live := answers{Agent: "1.8.1", Scenarios: map[string][]outcome{}}
	var versions struct{ Ruby, Psych string }
	p.ask(t, map[string]any{"versions": true}, &versions)
	live.Ruby, live.Psych = versions.Ruby, versions.Psych
	var recorded answers
	if text, err := os.ReadFile(answersFile); err == nil {
		if err := json.Unmarshal(text, &recorded); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range scenarios {
		if answer, known := recorded.Scenarios[s.name]; known {
			live.Scenarios[s.name] = answer // stays if it cannot be asked here
		}
		t.Run(s.name, func(t *testing.T) {
			s.skip(t)
			live.Scenarios[s.name] = s.play(t, p)
			if !*update {
				compare(t, recorded.Scenarios[s.name], live.Scenarios[s.name])
			}
		})
	}
	t.Logf("%d scenarios, agent %s, Ruby %s, Psych %s", len(live.Scenarios), live.Agent, live.Ruby, live.Psych)
	if !*update {
		return
	}
	text, err := json.MarshalIndent(live, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(answersFile, append(text, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

func compare(t *testing.T, got, want []outcome) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) {
			t.Fatalf("%d events, the agent has %d", len(got), len(want))
		}
		g, _ := json.MarshalIndent(got[i], "", " ")
		w, _ := json.MarshalIndent(want[i], "", " ")
		if bytes.Equal(g, w) {
			continue
		}
		gl, wl := strings.Split(string(g), "\n"), strings.Split(string(w), "\n")
		for n := range max(len(gl), len(wl)) {
			a, b := "", ""
			if n < len(gl) {
				a = gl[n]
			}
			if n < len(wl) {
				b = wl[n]
			}
			if a != b {
				t.Errorf("event %d, %s:\n got       %s\n the agent %s", i, want[i].Event, a, b)
				break
			}
		}
	}
}

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
		Env: []string{"PATH=" + tools + ":" + os.Getenv("PATH"), "HOME=/root", "LANG=C.UTF-8", "TOOLS=" + tools},
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

// play carries out a scenario in a fresh folder and tells what was seen.
func (s scenario) play(t *testing.T, c carrier) (seen []outcome) {
	t.Helper()
	base := t.TempDir()
	p := stage{
		base: base, root: filepath.Join(base, "root"), target: filepath.Join(base, "t"),
		tools: filepath.Join(base, "tools"), work: filepath.Join(base, "work"), owners: s.root,
	}
	for _, dir := range []string{p.root, p.target, p.tools, p.work} {
		must(t, os.Mkdir(dir, 0o755))
	}
	for _, tool := range []string{"setfacl", "semanage", "restorecon"} {
		must(t, os.WriteFile(filepath.Join(p.tools, tool), []byte("#!/bin/sh\necho \"${0##*/} $*\" >> $TOOLS/log\n[ ! -e $TOOLS/fail ] || exit 3\n"), 0o755))
	}
	p.work = c.begin(p.root, p.work, p.tools, s.maxRevisions)
	for i, d := range s.deployments {
		id := fmt.Sprintf("d-%d", i+1)
		if d.bundleType == "" {
			d.bundleType = "tar"
		}
		p.prepare(t, d.before)
		bundle := filepath.Join(base, id+"."+d.bundleType)
		must(t, os.WriteFile(bundle, d.pack(t, p), 0o644))
		for _, event := range d.events {
			noop, r := c.carry(t, event, d, id, bundle)
			seen = append(seen, p.look(t, id, event, noop, r))
		}
	}
	return seen
}

// stage is where a scenario is played.
type stage struct {
	base, root, target, tools, work string
	owners                          bool
}

// prepare changes the target: "file NAME TEXT", "folder NAME", "link NAME TO",
// "remove NAME", "fail" (the tools do).
func (p stage) prepare(t *testing.T, ops []string) {
	t.Helper()
	for _, op := range ops {
		w := strings.SplitN(op, " ", 3)
		switch name := filepath.Join(p.target, strings.Join(w[1:min(2, len(w))], "")); w[0] {
		case "file":
			must(t, os.WriteFile(name, []byte(w[2]), 0o644))
		case "folder":
			must(t, os.MkdirAll(name, 0o755))
		case "link":
			must(t, os.Symlink(w[2], name))
		case "remove":
			must(t, os.RemoveAll(name))
		case "fail":
			must(t, os.WriteFile(filepath.Join(p.tools, "fail"), nil, 0o644))
		default:
			t.Fatal(op)
		}
	}
}

var fixedTime = time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)

// pack makes the bundle of a deployment. A text that begins with "->" is a
// link, with "#!" an executable script, with "mode 0600:" a file of that mode;
// a name that ends in a slash is a folder. $T is the target.
func (d deployment) pack(t *testing.T, p stage) []byte {
	t.Helper()
	if d.raw != "" {
		return []byte(d.raw)
	}
	var b bytes.Buffer
	tw, zw := tar.NewWriter(&b), zip.NewWriter(&b)
	files := maps.Clone(d.files)
	if files == nil {
		files = map[string]string{}
	}
	if d.appspec != "" {
		files[d.top+"appspec.yml"] = d.appspec
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		text := strings.ReplaceAll(files[name], "$T", p.target)
		h := &tar.Header{Name: name, Mode: 0o644, ModTime: fixedTime, Typeflag: tar.TypeReg}
		if to, is := strings.CutPrefix(text, "->"); is {
			h.Typeflag, h.Linkname, text = tar.TypeSymlink, to, ""
		} else if strings.HasSuffix(name, "/") {
			h.Typeflag, h.Mode = tar.TypeDir, 0o755
		} else if strings.HasPrefix(text, "#!") {
			h.Mode = 0o755
		} else if rest, is := strings.CutPrefix(text, "mode "); is {
			mode, rest, _ := strings.Cut(rest, ":")
			h.Mode, _ = strconv.ParseInt(mode, 8, 32)
			text = rest
		}
		if d.bundleType == "zip" {
			zh := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: fixedTime}
			zh.SetMode(fs.FileMode(h.Mode))
			w, err := zw.CreateHeader(zh)
			must(t, err)
			_, err = w.Write([]byte(text))
			must(t, err)
			continue
		}
		h.Size = int64(len(text))
		must(t, tw.WriteHeader(h))
		_, err := tw.Write([]byte(text))
		must(t, err)
	}
	if d.bundleType == "zip" {
		must(t, zw.Close())
	} else {
		must(t, tw.Close())
	}
	return b.Bytes()
}

var (
	highlight = regexp.MustCompile(`(?s)^(undefined method [^\n]*).*`)                                                    // the language's own, with the line of source
	suSays    = regexp.MustCompile(`(TIME )?\[stderr\](Terminated|Session terminated, killing shell\.\.\.[^\n]*)?(\n|$)`) // as far as it gets
	suError   = regexp.MustCompile(`\[stderr\]su: [^\n]*`) // worded as the system has it
	ourReason = regexp.MustCompile(`^(Error extracting tar archive: 2) \(.*\)$`)
	pidText   = regexp.MustCompile(`pid \d+ `)
	someStamp = regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d `)
)

func (p stage) plain(text string) string {
	text = strings.ReplaceAll(strings.ReplaceAll(text, p.work, "$WORK"), p.base, "$BASE")
	text = strings.ReplaceAll(text, "in LocalRevision must be tar, tgz, zip, or directory", "in S3Revision must be tar, tgz or zip")
	text = highlight.ReplaceAllString(suSays.ReplaceAllString(someStamp.ReplaceAllString(text, "TIME "), ""), "$1")
	text = suError.ReplaceAllString(text, "[stderr]su: …")
	text = ourReason.ReplaceAllString(text, "$1")
	return pidText.ReplaceAllString(text, "")
}

// look tells what can be seen after an event. Lists whose order is the file
// system's are sorted.
func (p stage) look(t *testing.T, id, event, noop string, r Result) outcome {
	t.Helper()
	o := outcome{Event: id + " " + event, Noop: noop, Code: r.Code, Script: r.ScriptName, Message: p.plain(r.Message), Log: p.plain(r.Log)}
	must(t, filepath.WalkDir(p.target, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		line := info.Mode().String() + " " + strings.TrimPrefix(path, p.target)
		if p.owners {
			uid, gid, _ := ownerOf(info)
			line += fmt.Sprintf(" %d:%d", uid, gid)
		}
		if text, err := os.Readlink(path); err == nil {
			line += " -> " + text
		} else if info.Mode().IsRegular() {
			text, err := os.ReadFile(path)
			if err != nil && os.Geteuid() == 0 {
				return err
			}
			line += fmt.Sprintf(" %.30q", p.plain(string(text)))
		}
		o.Tree = append(o.Tree, line)
		return nil
	}))
	dir := filepath.Join(p.root, "deployment-instructions")
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		must(t, err)
		switch plain := p.plain(string(text)); e.Name() {
		case "g-cleanup":
			o.CleanUp = sortedLines(plain)
			o.Instructions = append(o.Instructions, e.Name())
		case "g-install.json":
			o.Instructions = append(o.Instructions, e.Name())
			if event != "Install" {
				continue
			}
			var plan struct{ Instructions []json.RawMessage }
			if plain == "" {
				o.Plan = []string{"(the file is empty)"}
				continue
			}
			must(t, json.Unmarshal([]byte(plain), &plan))
			for _, in := range plan.Instructions {
				o.Plan = append(o.Plan, string(in))
			}
			slices.Sort(o.Plan)
		default:
			o.Instructions = append(o.Instructions, e.Name()+" "+plain)
		}
	}
	deployments, _ := os.ReadDir(filepath.Join(p.root, "g"))
	for _, e := range deployments {
		line := e.Name()
		for _, part := range []string{"bundle.tar", "deployment-archive", "logs/scripts.log"} {
			if _, err := os.Lstat(filepath.Join(p.root, "g", e.Name(), part)); err == nil {
				line += " " + part
			}
		}
		o.Deployments = append(o.Deployments, line)
	}
	if text, err := os.ReadFile(filepath.Join(p.root, "g", id, "logs", "scripts.log")); err == nil && runsScripts(event) {
		for _, line := range strings.SplitAfter(p.plain(string(text)), "\n") {
			o.ScriptsLog = append(o.ScriptsLog, fmt.Sprintf("%.80q", line))
		}
		if n := len(o.ScriptsLog); n > 10 {
			o.ScriptsLog = append(append(o.ScriptsLog[:4:4], fmt.Sprint(n-8, " more")), o.ScriptsLog[n-4:]...)
		}
	}
	if text, err := os.ReadFile(filepath.Join(p.tools, "log")); err == nil {
		o.Tools = strings.Split(strings.TrimSpace(p.plain(string(text))), "\n")
		must(t, os.Remove(filepath.Join(p.tools, "log")))
	}
	return o
}

func sortedLines(text string) []string {
	lines := strings.SplitAfter(text, "\n")
	slices.Sort(lines)
	return slices.DeleteFunc(lines, func(l string) bool { return l == "" })
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
