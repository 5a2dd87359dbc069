package ci_test

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"
)

// obeyed is what a CI system does about a log. The readers below are written
// from each system's documentation (named in the files that write), not from
// the code that writes.
type obeyed struct {
	opened, closed []string          // groups
	findings       []finding         // annotations, issues, inspections, problems
	outputs        map[string]string // set through the log
	masks          []string
	files          []string // uploaded
	other          []string // whatever else is obeyed: none of ours
}

type finding struct{ kind, file, line, title, text string }

// reader reads a log as one system does.
type reader func(log string) obeyed

var readers = map[string]reader{
	"GitHub Actions": readGitHub, "GitLab CI/CD": readGitLab, "Azure Pipelines": readAzure, "TeamCity": readTeamCity,
	"Buildkite": readBuildkite, "Travis CI": readTravis,
}

// read reads a log as the system does that is called so; most know no commands.
func read(system, log string) obeyed {
	if r := readers[system]; r != nil {
		return r(log)
	}
	return escapes(log)
}

// escapes finds what a browser or terminal that shows the log would obey.
func escapes(log string) (o obeyed) {
	for line := range strings.SplitSeq(log, "\n") {
		if i := strings.IndexFunc(line, func(r rune) bool {
			return r < 0x20 && r != '\t' || r == 0x7f || r >= 0x80 && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
		}); i >= 0 {
			o.other = append(o.other, "escape in "+strconv.Quote(line))
		}
	}
	return o
}

// readGitHub: a command begins a line, after blanks: ::name key=value,…::data.
// Old runners obey ##[name]data too, anywhere.
func readGitHub(log string) obeyed {
	o := escapes(log)
	data := strings.NewReplacer("%0D", "\r", "%0A", "\n", "%25", "%")
	property := strings.NewReplacer("%0D", "\r", "%0A", "\n", "%3A", ":", "%2C", ",", "%25", "%")
	for line := range strings.SplitSeq(log, "\n") {
		if strings.Contains(line, "##[") {
			o.other = append(o.other, line)
		}
		rest, ok := strings.CutPrefix(strings.TrimSpace(line), "::")
		if !ok {
			continue
		}
		head, text, ok := strings.Cut(rest, "::")
		if !ok {
			continue
		}
		name, list, _ := strings.Cut(head, " ")
		p := map[string]string{}
		for pair := range strings.SplitSeq(list, ",") {
			key, value, _ := strings.Cut(pair, "=")
			p[key] = property.Replace(value)
		}
		text = data.Replace(text)
		switch name {
		case "group":
			o.opened = append(o.opened, text)
		case "endgroup":
			o.closed = append(o.closed, "")
		case "error", "warning":
			o.findings = append(o.findings, finding{name, p["file"], p["line"], p["title"], text})
		case "add-mask":
			o.masks = append(o.masks, text)
		default:
			o.other = append(o.other, line)
		}
	}
	return o
}

var section = regexp.MustCompile(`\x1b\[0Ksection_(start|end):([0-9]+):([A-Za-z0-9_.-]+)(\[[^\]]*\])?\r\x1b\[0K`)

func readGitLab(log string) obeyed {
	o := escapes(section.ReplaceAllString(log, ""))
	for _, m := range section.FindAllStringSubmatch(log, -1) {
		if m[1] == "start" {
			o.opened = append(o.opened, m[3])
		} else {
			o.closed = append(o.closed, m[3])
		}
	}
	return o
}

var fold = regexp.MustCompile(`travis_(fold|time):(start|end):([A-Za-z0-9_.-]+)\r\x1b\[0K`)

func readTravis(log string) obeyed {
	o := escapes(fold.ReplaceAllString(log, ""))
	for _, m := range fold.FindAllStringSubmatch(log, -1) {
		switch m[1] + m[2] {
		case "foldstart":
			o.opened = append(o.opened, m[3])
		case "foldend":
			o.closed = append(o.closed, m[3])
		default:
			o.other = append(o.other, m[0])
		}
	}
	return o
}

var header = regexp.MustCompile(`^(---|\+\+\+|~~~)( |$)`)

func readBuildkite(log string) obeyed {
	o := escapes(log)
	for line := range strings.SplitSeq(log, "\n") {
		switch {
		case strings.HasPrefix(line, "^^^ +++"):
			o.closed = append(o.closed, line) // the group at hand is opened
		case header.MatchString(line):
			o.opened = append(o.opened, line[4:])
		}
	}
	return o
}

// readAzure: ##vso[area.action key=value;…]text anywhere in a line, and
// ##[format]text at its beginning.
func readAzure(log string) obeyed {
	o := escapes(log)
	o.outputs = map[string]string{}
	text := strings.NewReplacer("%0D", "\r", "%0A", "\n", "%AZP25", "%")
	property := strings.NewReplacer("%0D", "\r", "%0A", "\n", "%5D", "]", "%3B", ";", "%AZP25", "%")
	for line := range strings.SplitSeq(log, "\n") {
		lower := strings.ToLower(line)
		if i := strings.Index(lower, "##vso["); i >= 0 {
			head, data, ok := strings.Cut(line[i+len("##vso["):], "]")
			if !ok {
				continue
			}
			name, list, _ := strings.Cut(head, " ")
			p := map[string]string{}
			for pair := range strings.SplitSeq(list, ";") {
				key, value, _ := strings.Cut(pair, "=")
				p[key] = property.Replace(value)
			}
			data = text.Replace(data)
			switch name {
			case "task.logissue":
				o.findings = append(o.findings, finding{p["type"], p["sourcepath"], p["linenumber"], p["code"], data})
			case "task.setvariable":
				if p["isOutput"] == "true" {
					o.outputs[p["variable"]] = data
				}
			case "task.setsecret":
				o.masks = append(o.masks, data)
			case "task.uploadsummary":
				o.files = append(o.files, data)
			default:
				o.other = append(o.other, line)
			}
			continue
		}
		switch {
		case strings.HasPrefix(lower, "##[group]"):
			o.opened = append(o.opened, line[len("##[group]"):])
		case strings.HasPrefix(lower, "##[endgroup]"):
			o.closed = append(o.closed, "")
		case strings.HasPrefix(lower, "##["):
			o.other = append(o.other, line)
		}
	}
	return o
}

// readTeamCity: ##teamcity[name key='value' …] anywhere in a line; | escapes.
func readTeamCity(log string) obeyed {
	o := escapes(log)
	o.outputs = map[string]string{}
	for line := range strings.SplitSeq(log, "\n") {
		for {
			i := strings.Index(strings.ToLower(line), "##teamcity[")
			if i < 0 {
				break
			}
			name, p, rest, ok := teamcityMessage(line[i+len("##teamcity["):])
			line = rest
			switch {
			case !ok:
				o.other = append(o.other, "malformed: "+line)
			case name == "blockOpened":
				o.opened = append(o.opened, p["name"])
			case name == "blockClosed":
				o.closed = append(o.closed, p["name"])
			case name == "inspectionType":
			case name == "inspection":
				o.findings = append(o.findings, finding{strings.ToLower(p["SEVERITY"]), p["file"], p["line"], p["typeId"], p["message"]})
			case name == "message" && p["status"] == "WARNING":
				o.findings = append(o.findings, finding{kind: "warning", text: p["text"]})
			case name == "buildProblem" && len(p["identity"]) <= 60 && len([]rune(p["description"])) <= 4000:
				title, text, _ := strings.Cut(p["description"], ": ")
				o.findings = append(o.findings, finding{kind: "error", title: title, text: text})
			case name == "setParameter":
				o.outputs[strings.TrimPrefix(p["name"], "env.")] = p["value"]
			default:
				o.other = append(o.other, name)
			}
		}
	}
	return o
}

func teamcityMessage(s string) (name string, p map[string]string, rest string, ok bool) {
	i := strings.IndexAny(s, " ]")
	if i < 0 {
		return "", nil, "", false
	}
	name, s, p = s[:i], s[i:], map[string]string{}
	for {
		s = strings.TrimLeft(s, " \t")
		if strings.HasPrefix(s, "]") {
			return name, p, s[1:], true
		}
		key, value, found := strings.Cut(s, "='")
		if !found {
			return name, nil, s, false
		}
		var units []uint16
		for {
			if value == "" {
				return name, nil, "", false
			}
			c := value[0]
			if c == '\'' {
				value = value[1:]
				break
			}
			if c == '[' || c == ']' || c >= 0x80 || c == '\r' {
				return name, nil, value, false // has to be escaped
			}
			if c != '|' {
				units, value = append(units, uint16(c)), value[1:]
				continue
			}
			switch {
			case strings.HasPrefix(value, "|0x") && len(value) >= 7:
				n, err := strconv.ParseUint(value[3:7], 16, 16)
				if err != nil {
					return name, nil, value, false
				}
				units, value = append(units, uint16(n)), value[7:]
			case len(value) > 1 && strings.IndexByte("|'[]nr", value[1]) >= 0:
				units, value = append(units, uint16(map[byte]byte{'n': '\n', 'r': '\r'}[value[1]]|map[bool]byte{true: value[1]}[strings.IndexByte("|'[]", value[1]) >= 0])), value[2:]
			default:
				return name, nil, value, false
			}
		}
		p[key], s = string(utf16.Decode(units)), value
	}
}
