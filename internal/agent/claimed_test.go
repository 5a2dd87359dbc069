package agent

import (
	"os"
	"path/filepath"
	"testing"
)

// Of a file in the way it is told which deployment group installed it, if one did.
func TestAFileInTheWayHasAnOwner(t *testing.T) {
	a, _ := folderAgent(t, map[string]string{"appspec.yml": head + "files:\n- source: page\n  destination: /srv/app\n", "page": "x"})
	a.want(t, command("d-1", "Install"), Succeeded, "")
	install := func(deployment string) Result {
		t.Helper()
		for _, event := range []string{"DownloadBundle", "Install"} {
			c := command(deployment, event)
			c.Spec.DeploymentGroupID = "another"
			if r := a.Execute(t.Context(), c); event == "Install" {
				return r
			}
		}
		return Result{}
	}
	const there = "The deployment failed because a specified file already exists at this location: /srv/app/page"
	if r := install("d-2"); r.Message != there || r.Owner != "g" {
		t.Errorf("%+v, want the owner g", r)
	}
	must(t, os.Remove(filepath.Join(a.Root, "deployment-instructions", "g-cleanup")))
	if r := install("d-3"); r.Message != there || r.Owner != "" {
		t.Errorf("%+v, want no owner", r)
	}
}
