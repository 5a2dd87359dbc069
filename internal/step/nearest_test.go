package step

import "testing"

func TestNearest(t *testing.T) {
	words := []string{"release", "validate", "timeout", "s3-bucket", "wait"}
	for word, want := range map[string]string{
		"relase": "release", "timout": "timeout", "vaildate": "validate", "s3-bukcet": "s3-bucket", "wiat": "wait",
		"": "", "x": "", "deployment": "", "completely-else": "",
	} {
		if got := nearest(word, words); got != want {
			t.Errorf("nearest(%q) = %q, want %q", word, got, want)
		}
	}
}
