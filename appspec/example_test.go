package appspec_test

import (
	"fmt"
	"testing/fstest"

	"github.com/codedeploy-steps/codedeploy-steps/appspec"
)

func ExampleParse() {
	text := `version: 0.0
os: linux
files:
  - source: build
    destination: /srv/app
permissions:
  - object: /srv/app
    mode: 0644
`
	_, diagnostics := appspec.Parse("appspec.yml", []byte(text))
	for _, d := range diagnostics {
		fmt.Print(d.Format())
	}
	// Output:
	// appspec.yml:8:11: error: mode 0644 begins with a zero, so YAML reads it as octal: the agent sets 0420 [EC2-061]
	//     8 |     mode: 0644
	//       |           ^~~~
	//   Help: Quote it: "0644", or drop the zero.
}

func ExampleFile_Hook() {
	text := `version: 0.0
os: linux
hooks:
  AfterInstall:
    - location: scripts/migrate.sh
      timeout: 120
      runas: app
    - location: scripts/warm-up.sh
`
	file, _ := appspec.Parse("appspec.yml", []byte(text))
	for _, script := range file.Hook("AfterInstall") {
		fmt.Println(script.Location.Value, script.Timeout(), script.RunAs.Value)
	}
	// Output:
	// scripts/migrate.sh 2m0s app
	// scripts/warm-up.sh 1h0m0s
}

func ExampleCheck() {
	revision := fstest.MapFS{
		"appspec.yml": {Data: []byte("version: 0.0\nos: linux\nhooks:\n  ApplicationStart:\n    - location: scripts/start.sh\n")},
		"scripts/Start.sh": {
			Data: []byte("#!/bin/sh\n"),
			Mode: 0o755,
		},
	}
	name, _ := appspec.Find(revision, "")
	text, _ := revision.ReadFile(name)
	file, _ := appspec.Parse(name, text)
	for _, d := range appspec.Check(file, revision) {
		fmt.Println(d)
		fmt.Println(d.Help)
	}
	// Output:
	// appspec.yml:5:17: error: script "scripts/start.sh" is not in the revision [REV-022]
	// Did you mean "scripts/Start.sh"? Case matters.
}

func ExampleRefusal() {
	_, diagnostics := appspec.Parse("appspec.yml", []byte("version: 0.0\nos: Linux\n"))
	if d, refused := appspec.Refusal(diagnostics); refused {
		fmt.Println(d.Agent)
	}
	// Output:
	// The deployment failed because the application specification file specifies an unsupported operating system (Linux). Specify either "linux" or "windows" in the os section of the AppSpec file, and then try again.
}
