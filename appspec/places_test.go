package appspec

import (
	"slices"
	"strings"
	"testing"
)

// TestPlaces: only folders that are certainly shown, shared or too long get a word.
func TestPlaces(t *testing.T) {
	deep := strings.Repeat(`\x`, 130)
	for _, c := range []struct {
		name, os, source, destination string
		want                          []string
	}{
		{"nginx", "linux", ".", "/usr/share/nginx/html", []string{"EC2-037 warning 4:13-14"}},
		{"Apache", "linux", "/", "/var/www/", []string{"EC2-037 warning 4:13-14"}},
		{"below Apache's", "linux", "./", "/var/www/html/shop", []string{"EC2-037 warning 4:13-15"}},
		{"at home", "linux", "/", "/home/bob/public_html", []string{"EC2-037 warning 4:13-14"}},
		{"IIS", "windows", `\`, `C:\inetpub\wwwroot\shop`, []string{"EC2-037 warning 4:13-14"}},
		{"an application with a public folder of its own", "linux", "/", "/var/www/shop", nil},
		{"a part of the revision", "linux", "public", "/var/www/html", nil},
		{"a backslash on Linux", "linux", `\`, "/var/www/html", []string{"EC2-036 warning 4:13-14"}},
		{"a folder by another name", "linux", "/", "/srv/html", nil},
		{"as long as Windows takes", "windows", `a`, `C:` + deep[:258], nil},
		{"longer", "windows", `a`, `C:` + deep[:259], []string{"EC2-039 warning 5:18-279"}},
		{"as long on Linux", "linux", `a`, "/" + strings.Repeat("x/", 200), nil},
		{"an escape in source", "windows", `"scripts\new"`, `C:\app`, []string{"EC2-036 warning 4:13-26"}},
		{"another escape", "windows", `a`, `"C:\bin"`, []string{"EC2-036 warning 5:18-26"}},
		{"a list as source", "linux", `[a, b]`, "/srv/a", []string{"EC2-024 error 4:13-14"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, diagnostics := Parse("x", []byte("version: 0.0\nos: "+c.os+"\nfiles:\n  - source: "+c.source+"\n    destination: "+c.destination+"\n"))
			if got := placedAll(diagnostics); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestLongPathsAreFoundInTheRevision(t *testing.T) {
	f, _ := Parse("x", []byte("version: 0.0\nos: windows\nfiles:\n  - source: app\n    destination: C:\\app\n  - source: app\n    destination: C:\\other\n"))
	name := strings.Repeat("n", 200)
	got := placedAll(Check(f, folder(map[string]string{"app/" + name + "/" + strings.Repeat("a", 52): "", "app/" + name + "/" + strings.Repeat("b", 53): "", "app/" + name + "/" + strings.Repeat("c", 53): ""})))
	// C:\app\ and one more \ make 8 characters, C:\other\ makes 10.
	if want := []string{"EC2-039 warning 5:18-24", "EC2-039 warning 7:18-26"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestMessagesShowLists(t *testing.T) {
	_, diagnostics := Parse("x", []byte(server("permissions:\n  - object: /srv\n    owner: [bob]\n    group: {a: b}\n")))
	for i, want := range []string{`owner is not a name but "[\"bob\"]"`, `group is not a name but "{\"a\"=>\"b\"}"`} {
		if i >= len(diagnostics) || diagnostics[i].Message != want {
			t.Errorf("got %+v, want %s", diagnostics, want)
		}
	}
}

func TestResourcesInAFileThatIsSaidToBeForServers(t *testing.T) {
	text := []byte("version: 0.0\nos: linux\nhooks:\n  AfterInstall:\n    - location: a.sh\nResources:\n  - f: {Type: 'AWS::Lambda::Function'}\n")
	f, diagnostics := Options{Platform: Server}.Parse("x", text)
	if got := placedAll(diagnostics); !slices.Equal(got, []string{"EC2-010 error 6:1-10"}) || f.Platform != Server {
		t.Errorf("got %q for %q", got, f.Platform)
	}
}
