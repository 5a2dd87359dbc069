package appspec

import (
	"io/fs"
	"testing"
	"testing/fstest"
)

func TestSimilar(t *testing.T) {
	revision := &tree{folders: map[string][]fs.DirEntry{}, fsys: fstest.MapFS{
		"scripts/start_server.sh":       {},
		"scripts/a.sh":                  {},
		"deploy/hooks/migrate":          {},
		"node_modules/tool/bin/warm-up": {},
		".gitignore":                    {},
		"web/index.html":                {},
	}}
	for _, test := range []struct{ missing, want string }{
		{"scripts/start-server.sh", "scripts/start_server.sh"},
		{"script/start_server.sh", "scripts/start_server.sh"},
		{"scripts/start_server", "scripts/start_server.sh"},
		{"migrate", "deploy/hooks/migrate"},
		{"wed", ""},                 // too short for a guess
		{".env", ""},                // has only an ending
		{"scripts/b.sh", ""},        // likewise
		{"bin/warm-up", ""},         // packages of others are not looked into
		{"web/index.html/more", ""}, // below a file
	} {
		if got := revision.similar(test.missing); got != test.want {
			t.Errorf("similar(%q) = %q, want %q", test.missing, got, test.want)
		}
	}
}

// TestSimilarEnds: guesses for a file full of missing scripts stay few.
func TestSimilarEnds(t *testing.T) {
	revision := &tree{fsys: fstest.MapFS{"start.sh": {}}, folders: map[string][]fs.DirEntry{}}
	for range mostGuesses {
		if got := revision.similar("stert.sh"); got != "start.sh" {
			t.Fatalf("got %q", got)
		}
	}
	if got := revision.similar("stert.sh"); got != "" {
		t.Errorf("one more gives %q", got)
	}
}
