package bundle

import (
	"fmt"
	"path/filepath"
	"strings"
)

// Type is the type of an archive, by the names that CodeDeploy's S3 locations use for a bundle type.
type Type string

// The types of archive that CodeDeploy takes.
const (
	Zip Type = "zip"
	Tar Type = "tar"
	TGZ Type = "tgz"
)

// ParseType returns the type of that name: zip, tar or tgz, in lower case as the service wants it.
func ParseType(s string) (Type, error) {
	switch t := Type(s); t {
	case Zip, Tar, TGZ:
		return t, nil
	}
	return "", fmt.Errorf("bundle type %q: it is zip, tar or tgz", s)
}

// TypeOf returns the type that a file's name stands for: .zip, .tar, .tgz or .tar.gz, in any case.
func TypeOf(path string) (Type, bool) {
	name := strings.ToLower(filepath.Base(path))
	switch {
	case strings.HasSuffix(name, ".zip"):
		return Zip, true
	case strings.HasSuffix(name, ".tar"):
		return Tar, true
	case strings.HasSuffix(name, ".tgz"), strings.HasSuffix(name, ".tar.gz"):
		return TGZ, true
	}
	return "", false
}
