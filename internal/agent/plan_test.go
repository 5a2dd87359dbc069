package agent

import (
	"path"
	"slices"
	"strings"
	"testing"
)

// tree is a file system of nothing but names: a folder's name ends in a slash.
type tree []string

func (f tree) exists(p string) bool {
	return p == "/" || slices.Contains(f, path.Clean(p)) || f.isFolder(p)
}
func (f tree) isFolder(p string) bool {
	p = strings.TrimSuffix(path.Clean(p), "/") + "/"
	return p == "/" || slices.ContainsFunc(f, func(name string) bool { return strings.HasPrefix(name, p) })
}

func (f tree) names(folder string) ([]string, error) {
	var names []string
	folder = strings.TrimSuffix(path.Clean(folder), "/") + "/"
	for _, name := range f {
		if rest, below := strings.CutPrefix(name, folder); below && rest != "" {
			first, _, _ := strings.Cut(rest, "/")
			names = append(names, first)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

func planOf(r *revision, source, target tree, behavior string) (string, error) {
	p := planner{archive: "/rev", behavior: behavior, source: source, target: target, expand: path.Clean}
	steps, err := p.plan(r)
	var words []string
	for _, s := range steps {
		switch s := s.(type) {
		case makeFolder:
			words = append(words, "mkdir "+s.Directory)
		case copyFile:
			words = append(words, "copy "+strings.TrimPrefix(s.Source, "/rev/")+" "+s.Destination)
		case setMode:
			words = append(words, "chmod "+s.Mode+" "+s.File)
		case setACL:
			words = append(words, "setfacl "+strings.Join(s.ACL, ",")+" "+s.File)
		case setContext:
			words = append(words, "semanage "+s.File)
		case setOwner:
			words = append(words, "chown "+s.Owner.name+":"+s.Group.name+" "+s.File)
		}
	}
	return strings.Join(words, "; "), err
}

func TestPlan(t *testing.T) {
	source := tree{"/rev/appspec.yml", "/rev/a", "/rev/.h", "/rev/d/x", "/rev/d/e/"}
	whole := func(behavior string) *revision {
		return &revision{files: []fileEntry{{source: "/", destination: "/srv/app"}}, fileExists: behavior}
	}
	one := func(from, to string) *revision {
		return &revision{files: []fileEntry{{source: from, destination: to}}}
	}
	for _, test := range []struct {
		name     string
		revision *revision
		target   tree
		behavior string
		want     string
		err      string
	}{
		{name: "all of it", revision: whole(""), target: tree{"/srv/"},
			want: "mkdir /srv/app; copy .h /srv/app/.h; copy a /srv/app/a; copy appspec.yml /srv/app/appspec.yml; mkdir /srv/app/d; mkdir /srv/app/d/e; copy d/x /srv/app/d/x"},
		{name: "one file and its ancestors", revision: one("a", "/x/y"), want: "mkdir /x; mkdir /x/y; copy a /x/y/a"},
		{name: "one file into the top", revision: one("a", "/"), want: "copy a /a"},
		{name: "one folder into the top", revision: one("d", "/"), want: "mkdir /e; copy d/x /x"},
		{name: "a folder that is there", revision: one("d", "/srv"), target: tree{"/srv/e/"}, want: "copy d/x /srv/x"},
		{name: "a missing source is not noticed", revision: one("nope", "/x"), want: "mkdir /x; copy nope /x/nope"},
		{name: "a file is there", revision: one("a", "/x"), target: tree{"/x/a"}, behavior: "DISALLOW", err: "already exists at this location: /x/a"},
		{name: "and overwritten", revision: one("a", "/x"), target: tree{"/x/a"}, behavior: "OVERWRITE", want: "copy a /x/a"},
		{name: "or retained", revision: one("a", "/x"), target: tree{"/x/a"}, behavior: "RETAIN"},
		{name: "or something else", revision: one("a", "/x"), target: tree{"/x/a"}, behavior: "KEEP", err: "invalid option was specified for fileExistsBehavior: KEEP"},
		{name: "a number for a source", revision: &revision{files: []fileEntry{{source: "1", destination: "/", refusal: "no"}}}, err: "no"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := planOf(test.revision, source, test.target, test.behavior)
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Fatalf("%v, %s", err, got)
				}
				return
			}
			if err != nil || got != test.want {
				t.Fatalf("%v\n got  %s\n want %s", err, got, test.want)
			}
		})
	}
}

// endless is a revision whose links lead in circles.
type endless struct{ tree }

func (endless) isFolder(p string) bool         { return strings.Count(p, "/") < 40 } // where the system gives up
func (endless) names(string) ([]string, error) { return []string{"a", "b"}, nil }

func TestPlanOfLinksInCirclesEnds(t *testing.T) {
	p := planner{archive: "/rev", source: endless{}, target: tree{}, expand: path.Clean, limit: 1000}
	if _, err := p.plan(&revision{files: []fileEntry{{source: "/", destination: "/x"}}}); err == nil || !strings.Contains(err.Error(), "circles") {
		t.Error(err)
	}
}

func TestPermissionSteps(t *testing.T) {
	source := tree{"/rev/f.sh", "/rev/x", "/rev/s/g.sh"}
	for _, test := range []struct {
		name string
		perm permission
		want string
		err  string
	}{
		{name: "everything, owner last", perm: permission{object: "/D/s", pattern: "**", files: true, folders: true, mode: "644",
			owner: account{name: "o"}, group: account{name: "g"}, acl: []string{"user:b:rw-"}, context: &selinuxContext{kind: "t", span: "s0"}},
			want: "chmod 644 /D/s/g.sh; setfacl user:b:rw- /D/s/g.sh; semanage /D/s/g.sh; chown o:g /D/s/g.sh"},
		{name: "files before folders", perm: permission{object: "/D", pattern: "s*", files: true, folders: true, mode: "1"}, want: "chmod 1 /D/s"},
		{name: "another place", perm: permission{object: "/E", pattern: "**", files: true, mode: "1"}},
		{name: "a sibling whose name begins the same", perm: permission{object: "/D/f", pattern: "**", files: true, mode: "1"}},
		{name: "default acl on a file below", perm: permission{object: "/D", pattern: "**", files: true, acl: []string{"default:user::rwx"}}, err: "-d parameter"},
		{name: "except on a file", perm: permission{object: "/D/x", pattern: "**", except: []string{`a"b`}, files: true}, err: `(["a\"b"])`},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := &revision{files: []fileEntry{{source: "/", destination: "/D"}}, permissions: []permission{test.perm}}
			got, err := planOf(r, source, tree{"/D/"}, "DISALLOW")
			got = strings.TrimPrefix(strings.TrimPrefix(got, "copy f.sh /D/f.sh; mkdir /D/s; copy s/g.sh /D/s/g.sh; copy x /D/x"), "; ")
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Fatal(err)
				}
				return
			}
			if err != nil || got != test.want {
				t.Fatalf("%v\n got  %s\n want %s", err, got, test.want)
			}
		})
	}
}

// The vectors are those of files f.sh, x and s/g.sh below /D.
func TestPermissionMatches(t *testing.T) {
	for _, test := range []struct {
		pattern string
		except  []string
		want    string
	}{
		{"**", nil, "f.sh x s/g.sh"},
		{"*.sh", nil, "f.sh"},
		{"s/*.sh", nil, ""},
		{"**", []string{"g.sh", "f.sh"}, "x s/g.sh"},
		{"f?", nil, ""},
		{"**.sh", nil, "f.sh"},
		{"**", []string{"/D/x"}, "f.sh x s/g.sh"},
		{"*", nil, "f.sh x"},
		{"", nil, ""},
	} {
		perm := permission{pattern: test.pattern, except: test.except}
		var got []string
		for _, name := range []string{"f.sh", "x", "s/g.sh"} {
			if perm.matches("/D", "/D/"+name) && perm.matches("/D/", "/D/"+name) {
				got = append(got, name)
			}
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%q except %q: %v", test.pattern, test.except, got)
		}
	}
	if (permission{pattern: "**"}).matches("/D", "/D") {
		t.Error("the object itself matches")
	}
}

// path.Match is the judge where neither side holds what is special to it alone.
func FuzzMatchName(f *testing.F) {
	f.Add("a*b*c", "aXbXbXc")
	f.Add("*a*", "a")
	f.Add("ab*ba", "aba")
	f.Fuzz(func(t *testing.T, pattern, name string) {
		if len(pattern) > 30 || len(name) > 60 || strings.ContainsAny(pattern, `?[]\^/`) {
			return
		}
		want, err := path.Match(pattern, name)
		if err != nil || strings.Contains(name, "/") {
			want = false
		}
		if got := matchName(pattern, name); got != want {
			t.Errorf("%q and %q: %v", pattern, name, got)
		}
	})
}

func TestCanonicalACE(t *testing.T) {
	for entry, want := range map[string]string{
		"u:bob:rw": "user:bob:rw-", "bob:rw": "user:bob:rw-", "bob:": "user:bob:---", "m::rw": "mask::rw-", "m:r": "mask::r--",
		"d::rw": "default:user::rw-", "d:u::rwx": "default:user::rwx", "default:user:bob:7": "default:user:bob:rwx", "u:bob:": "user:bob:---",
		"g:adm:xw": "group:adm:-wx", "d:m:5": "default:mask::r-x", "d:o::r-r": "default:other::r--",
	} {
		if got := canonicalACE(entry); got != want {
			t.Errorf("%s: %s, want %s", entry, got, want)
		}
	}
}

func FuzzCanonicalACE(f *testing.F) {
	f.Add("d:u:bob:rw")
	f.Fuzz(func(t *testing.T, entry string) {
		if got := canonicalACE(entry); !strings.Contains(got, ":") {
			t.Error(got)
		}
		canonicalRange(entry)
	})
}

func TestCanonicalRange(t *testing.T) {
	for span, want := range map[string]string{
		"s0": "s0", "s0-s3": "s0-s3", "s0:c5,c1.c3,c4": "s0:c1.c5", "s0:c1,c2": "s0:c1.c2", "s0-s1:c9,c0": "s0-s1:c0,c9", "": "",
	} {
		if got := canonicalRange(span); got != want {
			t.Errorf("%s: %s, want %s", span, got, want)
		}
	}
}
