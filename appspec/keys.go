package appspec

import (
	"fmt"
	"slices"
	"strings"
)

// The keys that the agent reads, by where they stand.
func topKeys() []string {
	return []string{"version", "os", "files", "file_exists_behavior", "permissions", "hooks"}
}

func fileKeys() []string { return []string{"source", "destination"} }

func scriptKeys() []string { return []string{"location", "timeout", "runas", "sudo"} }

func permissionKeys() []string {
	return []string{"object", "pattern", "except", "type", "owner", "group", "mode", "acls", "context"}
}

func contextKeys() []string { return []string{"user", "name", "type", "range"} }

// isKnownKey is true for a key or event name of an EC2/on-premises AppSpec.
func isKnownKey(key string) bool {
	return slices.Contains(topKeys(), key) || isItemKey(key) || slices.Contains(contextKeys(), key) || slices.Contains(Events(), key)
}

// isItemKey is true for a key that stands in a list item.
func isItemKey(key string) bool {
	return slices.Contains(fileKeys(), key) || slices.Contains(scriptKeys(), key) || slices.Contains(permissionKeys(), key)
}

// unknownKeys warns of the keys of a list item that the agent ignores.
func (r *reader) unknownKeys(rule string, entries []entry, known []string) {
	for _, e := range entries {
		if e.key.Kind == Text && slices.Contains(known, e.key.Value) {
			continue
		}
		if r.warnings >= maxFindings {
			r.warnings++ // counted, not shown: its words are not needed
			continue
		}
		r.warn(rule, e.key.Range(), "the agent ignores the unknown key "+show(keyName(e.key)), r.itemKeyHelp(e.key.Value, known))
	}
}

// itemKeyHelp helps with a key that a list item does not have.
func (r *reader) itemKeyHelp(key string, known []string) string {
	switch {
	case slices.Contains(topKeys(), key):
		return "It is a section: begin it in the first column."
	case slices.Contains(Events(), key):
		return "It is a lifecycle event: indent it like the other events, below hooks."
	case slices.Contains(known, "source") && slices.Contains(permissionKeys(), key):
		return "It belongs into an entry of permissions, which begins with - object: …"
	}
	return didYouMean(key, known)
}

// keyName is a key as the author wrote it.
func keyName(key String) string {
	if key.Kind == List || key.Kind == Mapping {
		return key.Value
	}
	return key.Raw
}

// didYouMean suggests the nearest known word, or lists them all.
func didYouMean(word string, known []string) string {
	if near, ok := nearest(word, known, 2); ok {
		return fmt.Sprintf("Did you mean %q?", near)
	}
	return "Known here: " + strings.Join(known, ", ") + "."
}

// nearest finds the known word that is at most so many edits away, case aside.
func nearest(word string, known []string, edits int) (string, bool) {
	best, found := "", false
	edits = min(edits, len(word)-1) // or it would be another word
	for _, k := range known {
		if d := distance(strings.ToLower(word), strings.ToLower(k), edits); d <= edits {
			best, edits, found = k, d-1, true
		}
	}
	return best, found
}

// distance counts the edits (insert, delete, replace, swap neighbours) between
// two words; beyond limit any larger number will do.
func distance(a, b string, limit int) int {
	if len(a)-len(b) > limit || len(b)-len(a) > limit {
		return limit + 1
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
