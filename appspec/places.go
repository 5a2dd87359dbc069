package appspec

import (
	"fmt"
	"path"
	"strings"
	"unicode/utf8"
)

// sharedFolder is true for the folders that every Linux program writes to.
func sharedFolder(p string) bool {
	switch path.Clean(p) {
	case "/", "/tmp", "/usr/bin", "/usr/local/bin", "/etc", "/opt", "/home":
		return true
	}
	return false
}

// servedFolder matches the folders that web servers show to everybody as they
// come, and what lies below them. A folder of /var/www with another name than
// html is left out: it may hold an application that shows a folder of its own.
var servedFolder = lazily(`(?i)^/var/www(/html(/.*)?)?$|^/usr/share/nginx(/|$)|/(public_html|htdocs)(/|$)|^[a-z]:/inetpub/wwwroot(/|$)`)

// checkServed warns of a whole revision in a folder that a web server shows.
func (r *reader) checkServed(f *File, e FileEntry) {
	slashed := func(p string) string {
		if f.OS.Value == "windows" {
			p = strings.ReplaceAll(p, `\`, "/")
		}
		return path.Clean(p)
	}
	if e.Source.Kind != Text || e.Destination.Kind != Text || slashed("/"+e.Source.Value) != "/" || !servedFolder().MatchString(slashed(e.Destination.Value)) {
		return
	}
	r.warn("EC2-037", e.Source.Range(), "the whole revision goes to "+show(e.Destination.Value)+": a web server there shows the AppSpec file and the scripts too",
		"Keep what is to be shown in a folder of its own, and give that folder as source.")
}

// longestPath is how many characters Windows takes, unless long paths are
// enabled on the server.
const longestPath = 260

func tooLong(name string) bool { return utf8.RuneCountInString(name) > longestPath }

// longDestination warns of a path that is made for a destination on Windows.
func (f *findings) longDestination(destination String, name string) {
	f.add(Diagnostic{Rule: "EC2-039", Severity: Warning, Range: destination.Range(),
		Message: fmt.Sprintf("the path %s has %d characters, and Windows takes %d", show(name), utf8.RuneCountInString(name), longestPath),
		Agent:   "No such file or directory @ dir_s_mkdir", Help: "Deploy to a shorter path, or enable long paths on the servers."})
}
