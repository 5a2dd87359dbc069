package appspec

import (
	"testing"
	"testing/fstest"

	"gopkg.in/yaml.v3"
)

// typical is an AppSpec of the size that most have.
const typical = `version: 0.0
os: linux
files:
  - source: /
    destination: /var/www/app
  - source: config/app.conf
    destination: /etc/app
file_exists_behavior: OVERWRITE
permissions:
  - object: /var/www/app
    pattern: "**"
    owner: www-data
    group: www-data
    mode: 755
    type:
      - file
      - directory
hooks:
  ApplicationStop:
    - location: scripts/stop.sh
      timeout: 60
      runas: root
  BeforeInstall:
    - location: scripts/install_dependencies.sh
      timeout: 300
      runas: root
  AfterInstall:
    - location: scripts/configure.sh
      timeout: 300
      runas: www-data
  ApplicationStart:
    # both are needed
    - location: scripts/migrate.sh
      timeout: 600
    - location: scripts/start.sh
      timeout: 60
  ValidateService:
    - location: scripts/check.sh
      timeout: 120
`

// BenchmarkYAML is what any reader costs: the text as nodes of the library.
func BenchmarkYAML(b *testing.B) {
	b.SetBytes(int64(len(typical)))
	for b.Loop() {
		var n yaml.Node
		if err := yaml.Unmarshal([]byte(typical), &n); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	b.SetBytes(int64(len(typical)))
	for b.Loop() {
		if _, found := Parse("appspec.yml", []byte(typical)); HasErrors(found) {
			b.Fatal(found)
		}
	}
}

func BenchmarkParseAndCheck(b *testing.B) {
	revision := fstest.MapFS{"config/app.conf": {}}
	for _, name := range []string{"stop", "install_dependencies", "configure", "migrate", "start", "check"} {
		revision["scripts/"+name+".sh"] = &fstest.MapFile{Data: []byte("#!/bin/sh\n"), Mode: 0o755}
	}
	b.SetBytes(int64(len(typical)))
	for b.Loop() {
		f, _ := Parse("appspec.yml", []byte(typical))
		if found := Check(f, revision); HasErrors(found) {
			b.Fatal(found)
		}
	}
}
