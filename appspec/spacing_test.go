package appspec

import (
	"slices"
	"testing"
)

func TestSpacing(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"the guide's", server("files:\n  - source: /\n    destination: /srv/x\npermissions:\n  - object: /srv/x\n    except: [a, b]\n    mode: 644\n    acls:\n      - u:bob:rw\n" +
			"    context:\n      name: u\n      type: t\n      range: s0\n    type:\n      - file\nhooks:\n  AfterInstall:\n    - location: a.sh\n      timeout: 300\n"), nil},
		{"list at column 1", server("files:\n- source: /\n  destination: /srv/x\n"), []string{"YAML-017 warning 4:1-2", "YAML-017 warning 5:3-14"}},
		{"event too far in", server("hooks:\n    AfterInstall:\n    - location: a.sh\n"), []string{"YAML-017 warning 4:5-17"}},
		{"key below its neighbour", server("files:\n  -   source: /\n      destination: /srv/x\n"), []string{"YAML-017 warning 4:3-4", "YAML-017 warning 5:7-18"}},
		{"two spaces after a colon", "version:  0.0\nos: linux\nfiles: [ {source:   /, destination:   /srv/x} ]\n", []string{"YAML-017 warning 1:1-8"}},
		{"dash alone in its line", server("files:\n  -\n    source: /\n    destination: /srv/x\n"), nil},
		{"characters of several bytes", server("files:\n  - source: é\n    destination:  /srv/x\n"), []string{"YAML-017 warning 5:5-16"}},
		{"comments", server("files: # all\n  - source: / # root\n    # then\n    destination: /srv/x\n"), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, diagnostics := Options{Spacing: true}.Parse("appspec.yml", []byte(c.text))
			diagnostics = slices.DeleteFunc(diagnostics, func(d Diagnostic) bool { return d.Rule != "YAML-017" && d.Severity == Warning })
			if got := placedAll(diagnostics); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if _, silent := Parse("appspec.yml", []byte(c.text)); slices.Contains(rulesOf(silent), "YAML-017") {
				t.Error("reported without being asked")
			}
		})
	}
}
