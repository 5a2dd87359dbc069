package appspec

import "testing"

func TestDiff(t *testing.T) {
	tests := []struct {
		name string
		m    Mended
		want string
	}{
		{"the only line, without an end", Mended{Before: []byte("a"), After: []byte("b")},
			"--- a/f\n+++ b/f\n@@ -1,1 +1,1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n"},
		{"two places near each other", Mended{Before: []byte("a\n1\n2\n3\n4\n5\n6\nb\n7\n8\n9\n0\n"), After: []byte("A\n1\n2\n3\n4\n5\n6\nB\n7\n8\n9\n0\n")},
			"--- a/f\n+++ b/f\n@@ -1,11 +1,11 @@\n-a\n+A\n 1\n 2\n 3\n 4\n 5\n 6\n-b\n+B\n 7\n 8\n 9\n"},
		{"two places far from each other", Mended{Before: []byte("a\n1\n2\n3\n4\n5\n6\n7\nb\n"), After: []byte("A\n1\n2\n3\n4\n5\n6\n7\nB\n")},
			"--- a/f\n+++ b/f\n@@ -1,4 +1,4 @@\n-a\n+A\n 1\n 2\n 3\n@@ -6,4 +6,4 @@\n 5\n 6\n 7\n-b\n+B\n"},
		{"lines beside each other", Mended{Before: []byte("a\nb\n"), After: []byte("A\nB\n")},
			"--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n-a\n-b\n+A\n+B\n"},
		{"mode alone", Mended{Before: []byte("a\n"), After: []byte("a\n"), ModeBefore: 0o640, ModeAfter: 0o751},
			"old mode 100640\nnew mode 100751\n"},
		{"line ends", Mended{Before: []byte("a\r\nb\r\n"), After: []byte("a\nb\n")},
			"--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n-a\r\n-b\r\n+a\n+b\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := test.m.Diff("f"); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}
