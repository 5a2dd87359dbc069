package appspec

import (
	"fmt"
	"slices"
	"strings"
)

// foldName finds the documented spelling of a key, whatever its case.
func foldName(key String, documented []string) (string, bool) {
	i := slices.IndexFunc(documented, func(name string) bool { return key.Kind == Text && strings.EqualFold(name, key.Value) })
	if i < 0 {
		return "", false
	}
	return documented[i], true
}

// keys finds the documented keys among the entries of a mapping, and gives the
// others back. The User Guide writes them with capitals in one chapter and all
// in lower case in another; any third spelling is warned of.
func (r *reader) keys(d dialect, entries []entry, documented ...string) (found map[string]entry, others []entry) {
	found = map[string]entry{}
	for _, e := range entries {
		name, ok := foldName(e.key, documented)
		if !ok {
			others = append(others, e)
			continue
		}
		if earlier := found[name]; earlier.node != nil {
			r.fails("YAML-011", e.key.Range(), fmt.Sprintf("%s stands twice, first as %s in line %d", show(e.key.Value), show(earlier.key.Value), earlier.key.Pos.Line), "",
				"Join the two under one key.")
		}
		r.checkCase(d, e.key, name, strings.ToLower(name))
		found[name] = e
	}
	return found, others
}

// checkCase warns of a key that is spelt as nowhere in the User Guide.
func (r *reader) checkCase(d dialect, key String, documented ...string) {
	if !slices.Contains(documented, key.Value) {
		r.warn(d.ids.keyCase, key.Range(), fmt.Sprintf("the key is documented as %s, not %s", documented[0], key.Value), fmt.Sprintf("Write %s:", documented[0]))
	}
}

// unknownProperties warns of keys that no chapter knows at their place.
func (r *reader) unknownProperties(d dialect, others []entry, documented ...string) {
	for _, e := range others {
		r.warn(d.ids.unknown, e.key.Range(), "the User Guide knows no property "+show(keyName(e.key))+" here", r.whereKnown(d, e.key, documented))
	}
}

// isSection is true for a top-level key of the document.
func (r *reader) isSection(word string) bool {
	if !r.ofService {
		return slices.Contains(topKeys(), word)
	}
	return slices.ContainsFunc(documentKeys(), func(key string) bool { return strings.EqualFold(key, word) })
}

// whereKnown helps with a key that is misspelt or stands at the wrong level.
func (r *reader) whereKnown(d dialect, key String, documented []string) string {
	if d.platform == ECS {
		for _, place := range []struct {
			below string
			keys  []string
		}{
			{"Properties", ecsDialect().properties},
			{"LoadBalancerInfo", balancerKeys()},
			{"NetworkConfiguration", []string{"AwsvpcConfiguration"}},
			{"AwsvpcConfiguration", networkKeys()},
			{"a list item of CapacityProviderStrategy", providerKeys()},
		} {
			if _, ok := foldName(key, place.keys); ok {
				return "It belongs below " + place.below + "."
			}
		}
	}
	return didYouMean(key.Value, documented)
}

// isKey is true for a word that is a key of the documents being read, so far as
// that can be told of a text that is not YAML.
func (r *reader) isKey(word string) bool {
	if !r.ofService {
		return isKnownKey(word)
	}
	return slices.ContainsFunc(slices.Concat(documentKeys(), []string{"TargetService", "Type", "Properties"},
		ecsDialect().properties, lambdaDialect().properties, ecsDialect().events, balancerKeys(), networkKeys(), []string{"AwsvpcConfiguration"}, providerKeys()),
		func(key string) bool { return strings.EqualFold(key, word) })
}
