package appspec

import (
	"iter"
	"maps"
	"slices"
	"testing"
)

// vectorCases are the cases that were tried with the agent when its rules were
// written down.
func vectorCases() []ruleCase {
	cases := []ruleCase{
		{"vector: two lists of one event", server("hooks:\n  BeforeInstall:\n    - location: a.sh\n  BeforeInstall:\n    - location: b.sh\n"), []string{"YAML-011 error 6:3-16"}},
		{"vector: files a mapping", server("files: {source: /, destination: /x}\n"), []string{"EC2-020 error 3:8-9"}},
		{"vector: hooks a list", server("hooks: [{BeforeInstall: [{location: a.sh}]}]\n"), []string{"EC2-100 error 3:8-9"}},
		{"vector: permission type a word", server("permissions: [{object: /x, type: file, mode: 644}]\n"), []string{"EC2-068 error 3:34-38"}},
		{"vector: list at column 1", server("files:\n- source: a\n  destination: /srv/b\n"), nil},
	}
	for value, want := range sorted(map[string]string{
		"0": "EC2-109 error 6:16-17", "-1": "EC2-109 error 6:16-18", "abc": "EC2-109 error 6:16-19", "0.5": "EC2-109 error 6:16-19",
		"1h": "EC2-111 error 6:16-18", "0600": "EC2-112 warning 6:16-20",
	}) {
		cases = append(cases, ruleCase{"vector: timeout " + value, hook("timeout: " + value), []string{want}})
	}
	for value, want := range sorted(map[string]string{
		"0644": "EC2-061 error 6:11-15", `"0644"`: "", "644": "", `"7"`: "EC2-063 warning 6:11-14", `"04755"`: "EC2-060 error 6:11-18",
		"u+x": "EC2-062 error 6:11-14", "8": "EC2-062 error 6:11-12", `"088"`: "EC2-062 error 6:11-16",
	}) {
		c := ruleCase{"vector: mode " + value, permission("mode: " + value), nil}
		if want != "" {
			c.want = []string{want}
		}
		cases = append(cases, c)
	}
	return append(cases, ruleCase{"vector: mode 4755", server("permissions: [{object: /srv/x, mode: 4755}]\n"), nil})
}

// sorted gives the pairs of a map in the order of its keys.
func sorted(m map[string]string) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for _, key := range slices.Sorted(maps.Keys(m)) {
			if !yield(key, m[key]) {
				return
			}
		}
	}
}

// aclCases hold every ACL entry and SELinux range that was tried.
func aclCases() []ruleCase {
	var cases []ruleCase
	for _, group := range []struct {
		rule    string
		entries []string
	}{
		{"", []string{"u:bob:rw", "bob:rw", "m::rw", "m:r", "d::rw", "d:u::rwx", "default:user:bob:7", "u:bob:"}},
		{"EC2-077", []string{"u::rw", "g::r", "o::r", "o:r"}},
		{"EC2-076", []string{"u", "x:bob:r", "m:bob:r", "u:bob:rw:x", "d:d:bob:r"}},
		{"EC2-078", []string{"u:bob:8", "u:bob:z", "u:bob:77"}},
	} {
		for _, entry := range group.entries {
			c := ruleCase{"acl " + entry, permission(`acls: ["` + entry + `"]`), []string{"EC2-089 warning 6:5-9"}}
			if group.rule != "" {
				c.want = append(c.want, placed(Diagnostic{Rule: group.rule, Severity: Error, Range: span(6, 12, len(entry)+2)}))
			}
			cases = append(cases, c)
		}
	}
	for _, group := range []struct {
		rule   string
		ranges []string
	}{
		{"", []string{"s0", "s0-s3", "s0:c1.c5", "s0:c0.c1023", "s0:c1,"}},
		{"EC2-083", []string{"s3-s0", "s0:c5.c1", "s0:c1024", "s", "0", "s0:", "s0-", "s0:c1,c1", "c0", "s0:c1,,c2", "s0:c1.", "s0-s1-s2"}},
	} {
		for _, value := range group.ranges {
			c := ruleCase{"range " + value, permission("context:\n  type: t\n  range: \"" + value + `"`), []string{"EC2-089 warning 6:5-12"}}
			if group.rule != "" {
				c.want = append(c.want, placed(Diagnostic{Rule: group.rule, Severity: Error, Range: span(8, 14, len(value)+2)}))
			}
			cases = append(cases, c)
		}
	}
	return cases
}

func TestACEIsWrittenForSetfacl(t *testing.T) {
	for entry, want := range map[string]string{
		"u:bob:rw": "user:bob:rw-", "bob:x": "user:bob:--x", "m::rw": "mask::rw-", "m:r": "mask::r--",
		"d::rw": "default:user::rw-", "d:u::rwx": "default:user::rwx", "default:user:bob:7": "default:user:bob:rwx",
		"g:team:5": "group:team:r-x", "u:bob:": "user:bob:---", "u:bob:x-r": "user:bob:r-x",
	} {
		if ace, err := ParseACE(entry); err != nil || ace.String() != want {
			t.Errorf("ParseACE(%q) = %v, %v; want %s", entry, ace, err, want)
		}
	}
}

func TestSELinuxRangeIsCanonical(t *testing.T) {
	for text, want := range map[string]string{
		"s0": "s0", "s0-s0": "s0", "s0-s3": "s0-s3", "s0:c1.c5": "s0:c1.c5", "s0:c5,c3,c4,c9": "s0:c3.c5,c9", "s0:c1,": "s0:c1", "s01": "s1",
	} {
		if got, err := ParseSELinuxRange(text); err != nil || got != want {
			t.Errorf("ParseSELinuxRange(%q) = %q, %v; want %q", text, got, err, want)
		}
	}
}

// Files f.sh, x and s/g.sh are copied below /d.
func TestPermissionMatches(t *testing.T) {
	for _, c := range []struct {
		name, pattern string
		except        []string
		files, want   []string
	}{
		{name: "no pattern reaches any depth", want: []string{"f.sh", "x", "s/g.sh"}},
		{name: "a pattern reaches one level", pattern: "*.sh", want: []string{"f.sh"}},
		{name: "a slash matches nothing", pattern: "s/*.sh"},
		{name: "except reaches one level", except: []string{"g.sh", "f.sh"}, want: []string{"x", "s/g.sh"}},
		{name: "a question mark is a character", pattern: "f?", files: []string{"f1", "f?"}, want: []string{"f?"}},
		{name: "two stars are one", pattern: "**.sh", want: []string{"f.sh"}},
		{name: "except is no path", except: []string{"/d/x"}, want: []string{"f.sh", "x", "s/g.sh"}},
		{name: "stars in the middle", pattern: "a*b*c", files: []string{"abc", "aXbYc", "ac", "abcb", "aabbcc"}, want: []string{"abc", "aXbYc", "aabbcc"}},
		{name: "the ends do not overlap", pattern: "ab*ba", files: []string{"aba", "abba"}, want: []string{"abba"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := Permission{Object: String{Value: "/d/", Kind: Text}, Pattern: String{Value: "**", Kind: Text}, Type: TypeSet{File: true}}
			if c.pattern != "" {
				p.Pattern.Value = c.pattern
			}
			for _, e := range c.except {
				p.Except = append(p.Except, String{Value: e, Kind: Text})
			}
			if c.files == nil {
				c.files = []string{"f.sh", "x", "s/g.sh"}
			}
			var got []string
			for _, f := range c.files {
				if p.Matches("/d/"+f, false) {
					got = append(got, f)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("matched %q, want %q", got, c.want)
			}
			if p.Matches("/d", false) || p.Matches("/dx/f.sh", false) || p.Matches("/d/f.sh", true) {
				t.Error("matched the object itself, its neighbour, or a folder")
			}
		})
	}
}
