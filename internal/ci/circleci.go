package ci

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// circleci is CircleCI (circleci.com/docs: "Project values and variables",
// "Set an environment variable", "Using OpenID Connect tokens in jobs"). It has
// neither groups nor annotations; findings reach it as JUnit files.
type circleci struct{ known }

func detectCircleCI(v variables) System {
	if v("CIRCLECI") != "true" {
		return nil
	}
	return &circleci{known{
		variables: v, name: "CircleCI", repository: "CIRCLE_REPOSITORY_URL", commit: "CIRCLE_SHA1", ref: "CIRCLE_TAG CIRCLE_BRANCH",
		run: "CIRCLE_BUILD_NUM", url: "CIRCLE_BUILD_URL", actor: "CIRCLE_USERNAME", workspace: "CIRCLE_WORKING_DIRECTORY",
		files: "BASH_ENV",
	}}
}

// Workspace is a path as its author wrote it, ~ and all.
func (c *circleci) Workspace() string {
	dir := c.known.Workspace()
	if rest, ok := strings.CutPrefix(dir, "~"); ok {
		home := c.variables("HOME")
		if home == "" {
			return ""
		}
		return filepath.Join(home, rest)
	}
	return dir
}

// SetOutput sets a variable for the later steps of the job, whose shells read
// the file BASH_ENV.
func (c *circleci) SetOutput(_ io.Writer, name, value string) error {
	return appendTo("BASH_ENV", c.variables("BASH_ENV"), "export "+Variable(name)+"='"+strings.ReplaceAll(value, "'", `'\''`)+"'\n")
}

// appendTo adds to a file that a system names by a variable; one that it does
// not name is nobody's.
func appendTo(variable, path, text string) error {
	if path == "" {
		return nil
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err == nil {
		_, err = f.WriteString(text)
		if cerr := f.Close(); err == nil {
			err = cerr
		}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", variable, err)
	}
	return nil
}

// Identity is the token that every job of a project with a context has.
func (c *circleci) Identity() TokenSource { return c.token("CIRCLE_OIDC_TOKEN_V2") }
