package main

import (
	"fmt"
	"io/fs"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/codedeploy-steps/codedeploy-steps/appspec"
)

// area is the part of the rules whose ids have one beginning.
type area struct{ prefix, title string }

func areas() []area {
	return []area{
		{"YAML", "Text and syntax"},
		{"EC2", "EC2/on-premises: the document"},
		{"REV", "EC2/on-premises: the revision around it"},
		{"ECS", "Amazon ECS"},
		{"LAM", "AWS Lambda"},
		{"LINT", "Comments that ignore findings"},
		{"LIMIT", "Limits of this program"},
	}
}

// rulesPage is the reference of all rules.
func rulesPage() []byte {
	var b strings.Builder
	b.WriteString(`# Rules

<!-- Made by go run ./internal/gen from the table in appspec/rules*.go. -->

Everything that ` + "`validate`" + ` finds in an AppSpec file and the revision around it. A rule's id is never reused.

- **Severity.** *error*: the deployment fails, or what is written is certainly not carried out. *warning*: it runs, but perhaps not as meant.
- **Agent.** What the CodeDeploy agent does with the file. *refuses*: as soon as it reads it. *accepts*: it reads it without a word, and fails
  later or does something else. *depends on its Ruby*: some agents refuse it. For Amazon ECS and AWS Lambda the service reads the file, not an agent.
- **Fix.** *safe*: ` + "`validate --fix`" + ` mends it. *unsafe*: ` + "`validate --fix=unsafe`" + ` does; the deployment then does what it did not do before.
- In the examples a tab is shown as ⇥, a carriage return as ␍, a byte order mark as ⟨BOM⟩ and a no-break space as ⍽.

` + "`validate --explain RULE`" + ` shows one of them. Editors that read JSON Schema show some while you write, with this comment in the first line of the file:

    # yaml-language-server: $schema=` + schemaID + `
`)
	rules := appspec.Rules()
	for _, a := range areas() {
		mine := of(rules, a)
		if len(mine) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n## %s\n\n| Rule | Finds | Severity | Agent | Fix |\n|---|---|---|---|---|\n", a.title)
		for _, r := range mine {
			fmt.Fprintf(&b, "| [%s](#%s) | %s | %s | %s | %s |\n", r.ID, anchor(r.ID), cell(r.Title), severity(r), r.Agent, r.Fix)
		}
		for _, r := range mine {
			b.WriteString(section(r))
		}
	}
	return []byte(b.String())
}

func of(rules []appspec.Rule, a area) []appspec.Rule {
	var mine []appspec.Rule
	for _, r := range rules {
		if prefix, _, _ := strings.Cut(r.ID, "-"); prefix == a.prefix {
			mine = append(mine, r)
		}
	}
	return mine
}

// anchor is where a rule's section is; its title may change, so it has an anchor of its own.
func anchor(id string) string { return strings.ToLower(id) }

func cell(s string) string { return strings.ReplaceAll(prose(s), "|", `\|`) }

// prose is a text in which Markdown finds nothing to do but what is meant.
func prose(s string) string {
	return strings.NewReplacer("<", "&lt;", "*", `\*`, "_", `\_`, "`", "\\`", "[", `\[`).Replace(s)
}

func severity(r appspec.Rule) string {
	if !r.Varies {
		return string(r.Severity)
	}
	if r.Severity == appspec.Error {
		return "error or warning"
	}
	return "warning or error"
}

func section(r appspec.Rule) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n<a id=%q></a>\n\n### %s: %s\n\n", anchor(r.ID), r.ID, prose(r.Title))
	facts := []string{strings.ToUpper(severity(r)[:1]) + severity(r)[1:]}
	if r.Agent != appspec.NotAsked {
		verb := map[appspec.Verdict]string{appspec.Refuses: "the agent refuses it", appspec.Accepts: "the agent accepts it", appspec.Depends: "what the agent does depends on its Ruby"}
		facts = append(facts, verb[r.Agent])
	}
	switch r.Fix {
	case appspec.Safe:
		facts = append(facts, "`--fix` mends it")
	case appspec.Unsafe:
		facts = append(facts, "`--fix=unsafe` mends it")
	}
	if r.Chapter != "" {
		facts = append(facts, fmt.Sprintf("User Guide: [%s](https://docs.aws.amazon.com/codedeploy/latest/userguide/%s.html)", r.Chapter, r.Chapter))
	}
	fmt.Fprintf(&b, "%s.\n\n%s **%s**\n", strings.Join(facts, "; "), prose(r.Why), prose(r.Remedy))
	if with := situation(r.With); with != "" {
		fmt.Fprintf(&b, "\nIt needs to be told: %s.\n", with)
	}
	files, at := appspec.Example(r.Fails)
	place := ""
	if at.Start.IsKnown() {
		place = fmt.Sprintf(", found at %s", at.Start)
	}
	fmt.Fprintf(&b, "\nFails%s:\n\n%s", place, example(files))
	files, _ = appspec.Example(r.Passes)
	fmt.Fprintf(&b, "\nPasses:\n\n%s", example(files))
	return b.String()
}

// situation tells what the examples' reader knows besides the revision.
func situation(s appspec.Situation) string {
	var known []string
	say := func(name, value string) {
		if value != "" {
			known = append(known, name+" "+value)
		}
	}
	say("platform", string(s.Options.Platform))
	if s.Options.Spacing {
		known = append(known, "that the guide's spacing is asked for")
	}
	say("servers that run", s.Target.System)
	say("deployment type", string(s.Target.Deployment))
	say("archive type", s.Target.Archive)
	say("users", strings.Join(s.Target.Users, ", "))
	say("groups", strings.Join(s.Target.Groups, ", "))
	say("containers", strings.Join(s.Target.Containers, ", "))
	if s.Target.NoTestListener {
		known = append(known, "that there is no test listener")
	}
	return strings.Join(known, "; ")
}

// example shows the files of an example; one AppSpec file alone needs no name.
func example(files []appspec.ExampleFile) string {
	var b strings.Builder
	for _, f := range files {
		kind := ""
		if strings.HasSuffix(f.Name, ".yml") || strings.HasSuffix(f.Name, ".yaml") {
			kind = "yaml"
		}
		switch {
		case f.Mode.IsDir():
			fmt.Fprintf(&b, "Folder `%s`\n\n", f.Name)
			continue
		case f.Mode&fs.ModeSymlink != 0:
			fmt.Fprintf(&b, "Link `%s` to `%s`\n\n", f.Name, f.Text)
			continue
		case len(files) > 1 && f.Mode.Perm()&0o111 == 0 && kind == "":
			fmt.Fprintf(&b, "`%s`, mode %04o\n\n", f.Name, f.Mode.Perm())
		case len(files) > 1:
			fmt.Fprintf(&b, "`%s`\n\n", f.Name)
		}
		fmt.Fprintf(&b, "```%s\n%s```\n\n", kind, shown(f.Text))
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// longest is how many lines and columns of a file are shown.
const longest = 30

// shown is a text in which what cannot be seen is written out.
func shown(text string) string {
	var b strings.Builder
	count := 0
	for line := range strings.Lines(text) {
		if count++; count > longest {
			fmt.Fprintf(&b, "… %d more lines\n", strings.Count(text, "\n")-longest)
			break
		}
		for i, c := range strings.TrimSuffix(line, "\n") {
			switch {
			case c == utf8.RuneError && !strings.HasPrefix(line[i:], "\ufffd"):
				fmt.Fprintf(&b, "⟨%02X⟩", line[i])
			case c == '\t':
				b.WriteString("⇥")
			case c == '\r':
				b.WriteString("␍")
			case c == '\ufeff':
				b.WriteString("⟨BOM⟩")
			case c == '\u00a0':
				b.WriteString("⍽")
			case unicode.IsPrint(c):
				b.WriteRune(c)
			default:
				fmt.Fprintf(&b, "⟨U+%04X⟩", c)
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}
