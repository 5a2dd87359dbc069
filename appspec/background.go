package appspec

import (
	"slices"
	"strings"
)

// keptOpen finds the first line in which a shell script starts a process in
// the background that keeps the script's output open, 0 if there is none. The
// agent reads the output to its end, so it waits for such a process
// (troubleshooting-deployments.md).
//
// It would rather miss one than warn in vain: a script that waits for its
// processes or kills them is passed over, and so is one that is not understood.
//
// Of a list, as in cd /srv && ./server > log 2>&1 &, bash puts a shell into the
// background that lives as long as the last command, and its own output is not
// redirected; dash has the last command take its place.
func keptOpen(script string, bash bool) int {
	p := &shellParser{shellWords: shellWords{text: script, line: 1}, bash: bash}
	p.push("")
	for !p.odd {
		t := p.next()
		if t.kind == shellEnd {
			break
		}
		p.take(t)
	}
	p.separate()
	if p.odd || len(p.blocks) != 1 {
		return 0
	}
	return p.block().found
}

type shellParser struct {
	shellWords
	bash   bool
	blocks []*shellBlock
	out    streams // of the script itself: exec redirects them
}

// streams tells of stdout and stderr whether they lead away from the agent.
type streams struct{ stdout, stderr bool }

// shellBlock is what stands between do and done, braces, and the like.
type shellBlock struct {
	kind    string // the word that began it
	pattern bool   // within case: a pattern is expected
	found   int    // the first line that keeps the output open, or 0
	// The command that is being read, and the pipeline it belongs to.
	command shellCommand
	leaks   bool // an earlier part of the pipeline
	list    bool // && or || came before
}

type shellCommand struct {
	words  []string
	closed bool // a block that has just ended
	found  int  // in that block
	joined bool // stderr leads to where stdout led at first
	streams
}

func (p *shellParser) block() *shellBlock { return p.blocks[len(p.blocks)-1] }

// deepestScript bounds how deep blocks are nested; scripts need a handful.
const deepestScript = 100

func (p *shellParser) push(kind string) {
	p.odd = p.odd || len(p.blocks) > deepestScript
	p.blocks = append(p.blocks, &shellBlock{kind: kind, pattern: kind == "case", command: shellCommand{streams: p.out}})
}

// pop ends a block, which then is a command of the block around it.
func (p *shellParser) pop(kinds ...string) {
	p.separate()
	done := p.block()
	if len(p.blocks) == 1 || !slices.Contains(kinds, done.kind) {
		p.odd = true
		return
	}
	p.blocks = p.blocks[:len(p.blocks)-1]
	p.block().command = shellCommand{closed: true, found: done.found, streams: p.out}
}

func (p *shellParser) take(t shellToken) {
	b := p.block()
	switch {
	case t.kind == shellRedirect:
		b.command.redirect(t)
	case t.kind == shellWord:
		p.takeWord(t)
	case b.command.tests() && t.text != "\n":
	case t.text == "(" && b.pattern:
	case t.text == "(":
		p.open()
	case t.text == ")" && b.kind == "case" && b.pattern:
		b.pattern, b.leaks, b.list = false, false, false
		b.command = shellCommand{streams: p.out}
	case t.text == ")":
		p.pop("(")
	case t.text == "|", t.text == "|&":
		leaks := b.leaks || t.text == "|" && !b.command.stderr && !b.command.joined
		p.end()
		b.leaks = leaks
	case t.text == "&":
		if c := b.command; b.leaks || !c.stdout || !c.stderr || p.bash && b.list && p.out != (streams{true, true}) {
			b.find(t.line)
		}
		p.separate()
		b.list = false
	default:
		more := b.list && t.text == "\n" && len(b.command.words) == 0 && !b.command.closed // a line's end after &&
		p.separate()
		b.list = more || t.text == "&&" || t.text == "||"
		b.pattern = b.kind == "case" && (b.pattern || strings.HasPrefix(t.text, ";;") || t.text == ";&")
	}
}

// open begins a subshell, unless it is arithmetic or the () of a function.
func (p *shellParser) open() {
	switch rest := p.text[p.at:]; {
	case strings.HasPrefix(rest, "("):
		p.at--
		p.skipNested('(', ')')
		p.block().command.words = append(p.block().command.words, "((")
	case strings.HasPrefix(strings.TrimLeft(rest, " \t"), ")"):
		p.next()
		p.block().command = shellCommand{streams: p.out}
	default:
		p.push("(")
	}
}

func (p *shellParser) takeWord(t shellToken) {
	b := p.block()
	c := &b.command
	first := len(c.words) == 0 && !c.closed
	switch {
	case b.pattern && !(first && t.text == "esac"):
	case first && slices.Contains([]string{"then", "else", "elif", "do", "!", "time"}, t.text):
		return
	case first && slices.Contains([]string{"{", "if", "while", "until", "for", "select", "case"}, t.text),
		t.text == "{" && len(c.words) == 2 && c.words[0] == "function":
		p.push(t.text)
		return
	case first && t.text == "}":
		p.pop("{")
		return
	case first && t.text == "fi":
		p.pop("if")
		return
	case first && t.text == "done":
		p.pop("while", "until", "for", "select")
		return
	case first && t.text == "esac":
		p.pop("case")
		return
	}
	c.words = append(c.words, t.text)
	if t.quoted && strings.Contains(t.text, ">") {
		c.stdout, c.stderr = true, true // a command in quotes may redirect its own
	}
}

// tests is true within [[ ]], where operators mean something else.
func (c *shellCommand) tests() bool {
	return len(c.words) > 0 && c.words[0] == "[[" && c.words[len(c.words)-1] != "]]"
}

// redirect follows a redirection of stdout or stderr; what other descriptors
// lead to is not known and counts as away.
func (c *shellCommand) redirect(t shellToken) {
	to := true
	switch t.op {
	case "&>", "&>>":
		c.stdout, c.stderr = true, true
		return
	case ">&":
		switch t.text {
		case "1":
			to = c.stdout
		case "2":
			to = c.stderr
		default:
			if t.fd == "" && strings.Trim(t.text, "0123456789-") != "" {
				c.stderr = true
			}
		}
	case ">", ">>", ">|":
	default:
		return
	}
	switch t.fd {
	case "", "1":
		c.stdout = to
	case "2":
		c.stderr, c.joined = to, t.op == ">&" && t.text == "1"
	}
}

func (b *shellBlock) find(line int) {
	if b.found == 0 {
		b.found = line
	}
}

// end finishes a command.
func (p *shellParser) end() {
	b := p.block()
	c := b.command
	if !c.stdout || !c.stderr {
		b.find(c.found)
	}
	if len(c.words) > 0 {
		switch name := c.words[0]; {
		case name == "exec" && len(c.words) == 1:
			if p.out = c.streams; c.stdout && c.stderr {
				p.forget() // functions that stand before are called later
			}
		case name == "wait", name == "kill" && !slices.Contains(c.words, "-0"):
			p.forget()
		case name == "trap" && strings.Contains(strings.Join(c.words, " "), "kill"):
			p.odd = true
		}
	}
	b.command = shellCommand{streams: p.out}
}

// separate finishes a command with the pipeline that it ends.
func (p *shellParser) separate() {
	p.end()
	p.block().leaks = false
}

// forget drops what was found so far: those processes are waited for, or killed.
func (p *shellParser) forget() {
	for _, b := range p.blocks {
		b.found = 0
	}
}
