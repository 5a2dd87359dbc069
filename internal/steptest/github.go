package steptest

import (
	"encoding/pem"
	"fmt"
	"os"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/codedeploy-steps/codedeploy-steps/internal/github/githubtest"
)

type gitHubKey struct{}

// gitHub is a small GitHub with the repository octo/app, for a script:
//
//	github start [REF=COMMIT…]           starts it; the script is a job of a workflow there
//	github starttls FILE [REF=COMMIT…]   the same with TLS; FILE gets its authority's certificate
//	github show FILE                     writes what it was told to a file
//	github end                           ends it: nobody answers any more
//
// It checks each request against GitHub's published API description.
func gitHub(ts *testscript.TestScript, neg bool, args []string) {
	server, _ := ts.Value(gitHubKey{}).(*githubServer)
	switch {
	case neg || len(args) == 0 || server == nil:
		ts.Fatalf("usage: github start|starttls|show|end")
	case args[0] == "start":
		s, err := githubtest.New()
		ts.Check(err)
		server.begin(ts, s, args[1:])
	case args[0] == "starttls" && len(args) > 1:
		s, err := githubtest.NewTLS()
		ts.Check(err)
		authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
		ts.Check(os.WriteFile(ts.MkAbs(args[1]), authority, 0o644))
		server.begin(ts, s, args[2:])
	case args[0] == "show" && len(args) == 2:
		var b strings.Builder
		for _, d := range server.Deployments {
			fmt.Fprintf(&b, "deployment of %s to %s\n", d.Ref, d.Environment)
			for _, s := range d.Statuses {
				fmt.Fprintf(&b, "  %s: %s\n", s.State, s.Description)
			}
		}
		for _, c := range server.Comments {
			fmt.Fprintf(&b, "comment on %d\n%s\n", c.Pull, c.Body)
		}
		ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(b.String()), 0o644))
	case args[0] == "end":
		server.Close()
	default:
		ts.Fatalf("github %s: there is no such command", args[0])
	}
}

// githubServer is a script's GitHub, if it started one.
type githubServer struct {
	*githubtest.Server
	t testscript.T
}

func (g *githubServer) begin(ts *testscript.TestScript, s *githubtest.Server, refs []string) {
	for _, pair := range refs {
		ref, commit, _ := strings.Cut(pair, "=")
		s.Know(ref, commit)
	}
	g.Server = s
	for name, value := range map[string]string{
		"GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "octo/app", "GITHUB_SHA": strings.Repeat("0c0de", 8), "GITHUB_REF_NAME": "main",
		"GITHUB_RUN_ID": "42", "GITHUB_SERVER_URL": s.URL, "GITHUB_API_URL": s.API(), "GITHUB_TOKEN": githubtest.Token,
	} {
		ts.Setenv(name, value)
	}
	ts.Defer(func() {
		s.Close()
		if v := s.Violations(); len(v) > 0 {
			g.t.Fatal("against GitHub's API description: " + strings.Join(v, "\n"))
		}
	})
}
