package appspec

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"unicode/utf16"

	"gopkg.in/yaml.v3"
)

// mutatorVersion goes up whenever the same base gives other mutants: their
// record is then made anew.
const mutatorVersion = 1

// mutantsOfEach is how many mutants are made of each base.
const mutantsOfEach = 72

// mutator changes AppSpec texts the way people and editors break them. It
// knows the format: its sections, its lines, its values.
type mutator struct{ *rand.Rand }

// mutantsOf makes the mutants of a base; the same base gives the same ones,
// whatever the other bases are.
func mutantsOf(base string) []string {
	hash := fnv.New64a()
	hash.Write([]byte(base))
	m := mutator{rand.New(rand.NewPCG(mutatorVersion, hash.Sum64()))}
	mutants := make([]string, mutantsOfEach)
	for i := range mutants {
		text := base
		for range 1 + m.IntN(2) {
			text = m.mutate(text)
		}
		mutants[i] = text
	}
	return mutants
}

func (m mutator) mutate(text string) string {
	kinds := []func(string) string{
		m.section, m.section, m.key, m.key, m.value, m.value, m.value, m.value, m.flowValue, m.indent, m.indent,
		m.blank, m.anchor, m.document, m.flow, m.encoding, m.lineEnds, m.comment, m.line, m.character, m.character,
	}
	return kinds[m.IntN(len(kinds))](text)
}

func (m mutator) one(of ...string) string { return of[m.IntN(len(of))] }

// lines splits a text after its line feeds.
func lines(text string) []string { return slices.Collect(strings.Lines(text)) }

// edit changes one line that a pattern is found in, if there is any; the
// pattern's groups are given to change.
func (m mutator) edit(text string, pattern *regexp.Regexp, change func(groups []string) string) string {
	all := lines(text)
	var hits []int
	for i, line := range all {
		if pattern.MatchString(line) {
			hits = append(hits, i)
		}
	}
	if len(hits) == 0 {
		return text
	}
	i := hits[m.IntN(len(hits))]
	at := pattern.FindStringSubmatchIndex(all[i])
	groups := pattern.FindStringSubmatch(all[i])
	all[i] = all[i][:at[0]] + change(groups) + all[i][at[1]:]
	return strings.Join(all, "")
}

// section drops, doubles, moves or renames a top-level key with all below it.
func (m mutator) section(text string) string {
	var sections []string
	for _, line := range lines(text) {
		if len(sections) > 0 && strings.ContainsAny(line[:1], " #-\t\n}]") {
			sections[len(sections)-1] += line
			continue
		}
		sections = append(sections, line)
	}
	if len(sections) == 0 {
		return text
	}
	i, j := m.IntN(len(sections)), m.IntN(len(sections))
	switch m.IntN(5) {
	case 0:
		sections = slices.Delete(sections, i, i+1)
	case 1:
		sections = slices.Insert(sections, j, sections[i])
	case 2:
		sections[i], sections[j] = sections[j], sections[i]
	case 3:
		sections = slices.Insert(sections, i, m.one("resources: []\n", "Hooks: {}\n", "hooks:\n", "files: []\n", "version: 0.0\n", "os: linux\n", "os: windows\n",
			"file_exists_behavior: RETAIN\n", "permissions:\n  - object: /srv/x\n    mode: 644\n", "hooks:\n  ApplicationStart:\n    - location: b.sh\n      timeout: 60\n"))
	case 4:
		sections[i] = m.recase(sections[i], strings.IndexByte(sections[i]+":", ':'))
	}
	return strings.Join(sections, "")
}

func (m mutator) recase(s string, n int) string {
	n = min(n, len(s))
	switch m.IntN(3) {
	case 0:
		return strings.ToUpper(s[:n]) + s[n:]
	case 1:
		return strings.ToLower(s[:n]) + s[n:]
	}
	return strings.ToUpper(s[:min(n, 1)]) + s[min(n, 1):]
}

var (
	keyPattern   = regexp.MustCompile(`([A-Za-z_]+)(["']?:)`)
	valuePattern = regexp.MustCompile(`^([ ]*(?:- )*[A-Za-z_]+:|[ ]*-)([ ]+)([^\r\n]*)`)
	flowPattern  = regexp.MustCompile(`([:,\[] )([^,{}\[\]\r\n]+)`)
)

// key renames a key.
func (m mutator) key(text string) string {
	return m.edit(text, keyPattern, func(g []string) string {
		switch m.IntN(6) {
		case 0:
			return m.recase(g[1], len(g[1])) + g[2]
		case 1:
			return g[1] + "s" + g[2]
		case 2:
			return g[1][1:] + g[2]
		case 3:
			return g[1] + m.one("", " ", "\t", "\u00a0", "::", ": :", ":-") + strings.TrimPrefix(g[2], m.one(":", ""))
		case 4:
			return m.one("? "+g[1]+"\n", `"`+g[1]+`"`, "'"+g[1]+"'", ":"+g[1], "!!str "+g[1], "yes", "1", "[a]", "{a: b}", "<<", "~", "") + g[2]
		}
		all := slices.Concat(topKeys(), fileKeys(), scriptKeys(), permissionKeys(), contextKeys(), Events(), reservedEvents(), ecsEvents(), []string{"resources", "Resources"})
		return m.one(all...) + g[2]
	})
}

// value gives a key or an item of a list another value.
func (m mutator) value(text string) string {
	return m.edit(text, valuePattern, func(g []string) string { return g[1] + m.one(" ", " ", " ", " ", "", "\t", "  ") + m.scalar(g[3]) })
}

// flowValue does it within brackets.
func (m mutator) flowValue(text string) string {
	return m.edit(text, flowPattern, func(g []string) string { return g[1] + m.scalar(g[2]) })
}

// scalar is a value that YAML 1.1, or Ruby, reads in its own way.
func (m mutator) scalar(old string) string {
	switch m.IntN(12) {
	case 0:
		return `"` + old + `"`
	case 1:
		return "'" + old + "'"
	case 2:
		return m.one("|", ">", "|-", ">+", "|2", ">-1", "|+ # x") + "\n" + strings.Repeat(" ", m.IntN(9)) + old
	case 3:
		return old + "\n" + strings.Repeat(" ", m.IntN(9)) + m.one("more", "- more", "more: x", "#more", `"more"`)
	case 4:
		return m.one("[", "]", "{", "}", "[]", "{}", "[[]]", "[{}]", "["+old+"]", "{"+old+"}", "["+old, old+"]", "{a: "+old+"}", "[a, b]", "{source: a, destination: /b}", "[{location: a.sh}]", "[file, directory]", "[~]", "[,]", "{,}", "[a,,b]", "{? a : b}", "[a: b]")
	case 5:
		return m.one(`"a\x41"`, `"\q"`, `"\`, `"\u00e9"`, `"\xzz"`, `"open`, `'open`, `'it''s'`, `'it's'`, `"a" b`, `'a' #b`, `"a"#b`, `"\0"`, `"\ud800"`, `"\U0010ffff"`, `"\e[0m"`, `"a\
  b"`, "\"a\n\n b\"")
	case 6:
		return m.one("0.0", ".0", "0", "00", "-0", "0.", "0.00", "-0.0", "+0.0", "0,0", "0_0", "0.0e0", "0x0", "0b0", "0o0", "0:0", "0:0.0", "1.0", "0.0.0", "0 .0", ".", "-", "+", "._", "0._", ":0", "0_", "_0", "0,", "-.0", "+.0")
	case 7:
		return m.one("0644", "644", "0o17", "0x1f", "0b101", "1_000", "1,000", "08", "0755", "07777", "4755", "1e3", "1.5e+3", "1.e+3", "12e03", "2:00", "2:00:00", "1:2:3:4", "1:60", "1:2.5", "-1", "+5", "00600", "0.5", "5.9", ".5", "3601", "1h", "5 min", "_5", "1__0", "99999999999999999999", "1e400", "-0o7", "0x_", "0b_", "0_7", "1_", "0b2", "0xg", "1.2.3", "190:20:30.15", "-2:00", "0:30")
	case 8:
		return m.one("yes", "no", "on", "off", "Yes", "NO", "true", "False", "y", "n", "Y", "~", "null", "Null", "NULL", "nil", "", ".inf", "-.INF", ".nan", ".NaN", "+.inf", "=", "<<", ":sym", ":", ": ", ":'q'", `:"q"`, "::", ":a b", ":1")
	case 9:
		return m.one("2024-01-31", "2024-1-1", "2024-13-31", "2024-02-30", "2024-01-31T10:00:00Z", "2024-01-31 10:00:00", "2024-01-31 10:00:00.5 +01:00", "24-01-31", "2024-01", "2024-00-10", "2024-01-31 x", "-2024-01-31", "10:00:00", "2024-01-31T25:00:00Z")
	case 10:
		return m.one("linux", "windows", "Linux", "/", "/srv/x", "../x", "c:\\x", "a.sh", "a b.sh", "**", "*.sh", "*", "&", "&a", "!", "!x", "!!", "!<x>", "%x", "@x", "`x`", "- x", "-x", "?", "? x", "?x", "#x", "x#y", "x #y", "x: y", "x:y", ",", "u:bob:rw", "u::rw", "s0-s3", "s3-s0", "DISALLOW", "overwrite", "file", "é", "日本", "\u00a0x", "x\u00a0", "\u2028", "x\u3000y", "\ufeff")
	}
	return ""
}

// indent moves lines to the left or right, or indents with other characters.
func (m mutator) indent(text string) string {
	all := lines(text)
	if len(all) == 0 {
		return text
	}
	from := m.IntN(len(all))
	to := min(len(all), from+1+m.IntN(3))
	more, less, tab := 1+m.IntN(3), 1+m.IntN(3), m.one("\t", " \t", "\t ", "\u00a0", "\u3000", "\u200b", " \u00a0 ")
	kind := m.IntN(4)
	for i := from; i < to; i++ {
		switch kind {
		case 0:
			all[i] = strings.Repeat(" ", more) + all[i]
		case 1:
			all[i] = all[i][min(less, len(all[i])-len(strings.TrimLeft(all[i], " "))):]
		case 2:
			all[i] = tab + strings.TrimLeft(all[i], " ")
		case 3:
			all[i] = strings.Replace(all[i], "- ", m.one("-", "- - ", "-\t", "-  ", "-\u00a0", "", "--- ", "-\n    "), 1)
		}
	}
	return strings.Join(all, "")
}

// blank puts what looks like nothing somewhere.
func (m mutator) blank(text string) string {
	at := m.place(text, " \n:-,[]{}")
	return text[:at] + m.one(" ", "\t", "\n", "\n\n", "\u00a0", "\u2003", "\ufeff", "\r", "\u0085", "\u2028", " \t\n", "\n\t\n", "\t#\n") + text[at:]
}

// place is an offset next to one of the characters, or any.
func (m mutator) place(text, next string) int {
	var places []int
	for i := range len(text) {
		if strings.IndexByte(next, text[i]) >= 0 {
			places = append(places, i, i+1)
		}
	}
	if len(places) == 0 {
		return m.IntN(len(text) + 1)
	}
	return places[m.IntN(len(places))]
}

// anchor puts in anchors, aliases, merge keys and tags.
func (m mutator) anchor(text string) string {
	prefix := m.one("&a ", "&a ", "!!str ", "!!int ", "!!float ", "!!bool ", "!!null ", "!!map ", "!!seq ", "!!binary ", "!!set ", "!!omap ", "!!timestamp ", "!x ", "! ", "!ruby/object:Object ", "!ruby/sym ", "!<tag:yaml.org,2002:str> ", "!!str &a ", "&a !!str ", "!y!x ", "&é ", "&a-b ", "&a, ", "&a: ")
	text = m.edit(text, valuePattern, func(g []string) string { return g[1] + " " + prefix + g[3] })
	if m.IntN(2) == 0 {
		return text
	}
	return m.edit(text, valuePattern, func(g []string) string {
		return g[1] + " " + m.one("*a", "*a", "*b", "[*a]", "{<<: *a}", "*a : x", "*a # x", "{<<: [*a, *a]}", "\n    <<: *a", "*a x", "*a, b")
	})
}

// document puts in the marks that begin and end documents.
func (m mutator) document(text string) string {
	all := lines(text)
	i := m.one("0", "", "")
	at := m.IntN(len(all) + 1)
	if i == "0" {
		at = 0
	}
	mark := m.one("---", "---", "...", "--- # x", "--- a", "%YAML 1.1", "%YAML 1.2", "%YAML 1.1\n---", "%YAML 2.0\n---", "%TAG ! !x\n---", "%FOO bar\n---", "...\n---", "---\n---", "...\n%YAML 1.1\n---", "--- |", "--- >", "---x", "....", " ---", "%", "%YAML", "---\t", "--- {}", "--- []", "%TAG !y! tag:yaml.org,2002:\n---", "%YAML 1.1\n%YAML 1.1\n---") + "\n"
	return strings.Join(slices.Insert(all, at, mark), "")
}

// flow writes the text as JSON, or in flow style.
func (m mutator) flow(text string) (result string) {
	defer func() {
		if recover() != nil {
			result = text // the library does not take every text
		}
	}()
	var node yaml.Node
	if yaml.Unmarshal([]byte(text), &node) != nil || len(node.Content) == 0 {
		return text
	}
	if kind := m.IntN(4); kind < 2 {
		var value any
		if node.Decode(&value) != nil {
			return text
		}
		indent := m.one("", " ", "  ", "\t")
		out, err := json.MarshalIndent(value, "", indent)
		if err != nil {
			return text
		}
		if indent == "" && kind == 0 {
			return strings.ReplaceAll(string(out), "\n", "")
		}
		return string(out) + "\n"
	}
	root := node.Content[0]
	if len(root.Content) > 0 && m.IntN(2) == 0 {
		root = root.Content[m.IntN(len(root.Content))]
	}
	root.Style |= yaml.FlowStyle
	out, err := yaml.Marshal(&node)
	if err != nil {
		return text
	}
	return string(out)
}

// encoding saves the text as other programs do, or breaks its bytes.
func (m mutator) encoding(text string) string {
	switch m.IntN(8) {
	case 0, 1:
		return byteOrderMark + text
	case 2:
		mark := m.one("", byteOrderMark)
		big := m.IntN(2) == 0
		var b strings.Builder
		for _, unit := range utf16.Encode([]rune(mark + text)) {
			if big {
				b.Write([]byte{byte(unit >> 8), byte(unit)})
			} else {
				b.Write([]byte{byte(unit), byte(unit >> 8)})
			}
		}
		return b.String()
	}
	at := m.IntN(len(text) + 1)
	return text[:at] + m.one("\x00", "\x01", "\x07", "\x08", "\x0b", "\x0c", "\x1b[0m", "\x7f", "\u0080", "\u009f", "\ufffe", "\uffff", "\ufffd", "\U0001f600", "\xff", "\xe9", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf8", "\xe2\x82", "\xc3") + text[at:]
}

// lineEnds changes how lines end.
func (m mutator) lineEnds(text string) string {
	switch m.IntN(5) {
	case 0:
		return strings.ReplaceAll(text, "\n", "\r\n")
	case 1:
		return strings.ReplaceAll(text, "\n", m.one("\r", "\u0085", "\u2028", "\u2029", "\n\n", " \n", "\t\n", "\n\r"))
	case 2:
		return strings.TrimRight(text, "\n")
	case 3:
		return text + m.one("\n", "\n\n", " ", "\t", "\x00", "\r", "#", " #", "\n#")
	}
	n := strings.Count(text, "\n")
	return strings.Replace(text, "\n", m.one("\r\n", "\r", "", " ", "\u0085"), m.IntN(n+1))
}

// comment puts comments where they may and may not be.
func (m mutator) comment(text string) string {
	if m.IntN(2) == 0 {
		return m.edit(text, regexp.MustCompile(`\n`), func([]string) string { return m.one(" # x", "# x", "\t# x", " #", "  #é: - [", "#") + "\n" })
	}
	all := lines(text)
	indent := strings.Repeat(" ", m.IntN(8))
	return strings.Join(slices.Insert(all, m.IntN(len(all)+1), m.one(indent, indent, "\t", indent+"\t")+m.one("# x\n", "#\n", "# a\n"+indent+"# b\n", "#x: y\n", "# codedeploy-steps: ignore EC2-105 because\n", "# a\n\t# b\n")), "")
}

// line drops, doubles, joins or moves a line.
func (m mutator) line(text string) string {
	all := lines(text)
	if len(all) == 0 {
		return text
	}
	i, j := m.IntN(len(all)), m.IntN(len(all))
	switch m.IntN(5) {
	case 0:
		all = slices.Delete(all, i, i+1)
	case 1:
		all = slices.Insert(all, i, all[i])
	case 2:
		all[i], all[j] = all[j], all[i]
	case 3:
		all[i] = strings.TrimRight(all[i], "\n") + m.one("", " ", ",", ":", ": ", "\\", "|", "[", "{", `"`)
	case 4:
		all = slices.Insert(all, i, m.one("  - x\n", "- x\n", "x: y\n", "    x: y\n", "x\n", "  x\n", "-\n", "  - \n", ":\n", "? x\n: y\n", "?\n", "x:\n", "  - - x\n", "[]\n", "{}\n", "  - {}\n", "'\n", "\"\n", "  - location: a.sh\n", "    - location: b.sh\n      timeout: 5\n"))
	}
	return strings.Join(all, "")
}

// character breaks the text without regard to what it is.
func (m mutator) character(text string) string {
	if text == "" {
		return m.one("a", "-", "#", "\n", "~", ":")
	}
	i := m.IntN(len(text))
	switch m.IntN(5) {
	case 0:
		return text[:i]
	case 1:
		return text[:i] + text[i+1:]
	case 2:
		return text[:i] + fmt.Sprintf("%c", 0x20+m.IntN(0x5f)) + text[i+1:]
	case 3:
		flipped := []byte(text)
		flipped[i] ^= 1 << m.IntN(8)
		return string(flipped)
	}
	at := m.place(text, m.one(":", "-", "\n", " ", ""))
	return text[:at] + m.one(":", "-", "[", "]", "{", "}", "#", "&", "*", "!", "|", ">", "'", `"`, "%", "@", "`", ",", "?", "\\", "\n", "\t", "- ", ": ", " #") + text[at:]
}
