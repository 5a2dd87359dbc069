package agent

import (
	"errors"
	"fmt"
	"runtime"
	"strings"

	"github.com/codedeploy-steps/codedeploy-steps/appspec"
)

// parseRevision reads an AppSpec file as the agent of an operating system does,
// "" for any. It stops where the agent does, with the agent's words: an agent
// takes every file for one of its own platform.
func parseRevision(name, text, system string) (*revision, error) {
	file, diagnostics := appspec.Options{Platform: appspec.Server}.Parse(name, []byte(text))
	if d, refused := appspec.Refusal(diagnostics); refused {
		if d.Agent != "" {
			return nil, errors.New(d.Agent)
		}
		return nil, errors.New(d.String())
	}
	if file == nil {
		for _, d := range diagnostics {
			if d.Severity == appspec.Error {
				return nil, errors.New(d.String())
			}
		}
		return nil, fmt.Errorf("%s is not an AppSpec file for EC2/on-premises", name)
	}
	if system != "" && file.OS.Value != system {
		return nil, planError("the application specification file specifies an unsupported operating system (%s). Specify either \"linux\" or \"windows\" in the os section of the AppSpec file, and then try again.", file.OS.Value)
	}
	return revisionOf(file), nil
}

// system is the os that the machine's agent accepts in an AppSpec file. Where
// nothing is run, any will do.
func (m Machine) system() string {
	switch {
	case m.CheckHooks:
		return ""
	case runtime.GOOS == "windows":
		return "windows"
	}
	return "linux"
}

func revisionOf(file *appspec.File) *revision {
	r := &revision{hooks: map[string][]script{}, fileExists: file.FileExistsBehavior.Value}
	slashes := strings.NewReplacer()
	if file.OS.Value == "windows" {
		slashes = strings.NewReplacer(`\`, "/") // the same to that system
	}
	for _, h := range file.Hooks {
		for _, s := range file.Hook(h.Name.Value) {
			r.hooks[h.Name.Value] = append(r.hooks[h.Name.Value], script{
				location: slashes.Replace(s.Location.Value),
				timeout:  s.Timeout(),
				runAs:    given(s.RunAs),
				sudo:     s.Sudo,
			})
		}
	}
	for _, f := range file.Files {
		r.files = append(r.files, fileEntry{
			source:      slashes.Replace(f.Source.Value),
			destination: slashes.Replace(f.Destination.Value),
			refusal:     notText(f.Source, f.Destination),
		})
	}
	for _, p := range file.Permissions {
		perm := permission{
			object:  p.Object.Value,
			pattern: p.Pattern.Value,
			files:   p.Type.File,
			folders: p.Type.Directory,
			mode:    p.Mode.Value,
			owner:   account{p.Owner.Value, p.Owner.Kind == appspec.Int},
			group:   account{p.Group.Value, p.Group.Kind == appspec.Int},
			refusal: notText(p.Owner, p.Group),
		}
		if perm.pattern == "" && !p.Pattern.Present() {
			perm.pattern = "**"
		}
		for _, e := range p.Except {
			perm.except = append(perm.except, e.Value)
		}
		for _, a := range p.ACLs {
			perm.acl = append(perm.acl, canonicalACE(a.Value))
		}
		if c := p.Context; c != nil {
			perm.context = &selinuxContext{user: given(c.Name), kind: c.Type.Value, span: canonicalRange(c.Range.Value)}
		}
		r.permissions = append(r.permissions, perm)
	}
	return r
}

func given(s appspec.String) *string {
	if !s.Present() {
		return nil
	}
	return &s.Value
}

// notText is what the agent says when it uses a number or the like where only
// text will do; "" if there is nothing to say.
func notText(values ...appspec.String) string {
	for _, v := range values {
		class := ""
		switch v.Kind {
		case appspec.Int:
			class = "Integer"
		case appspec.Float:
			class = "Float"
		case appspec.Bool:
			class = v.Value
		case appspec.List:
			class = "Array"
		case appspec.Mapping:
			class = "Hash"
		case appspec.Symbol:
			class = "Symbol"
		default:
			continue
		}
		return "no implicit conversion of " + class + " into String"
	}
	return ""
}
