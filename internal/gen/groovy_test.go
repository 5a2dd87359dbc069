package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// groovyScripts gives the scripts of a Jenkins Pipeline: what is handed to sh,
// bat and their like has to be one single-quoted string, in which Groovy fills
// in nothing. It reads as much of Groovy as tells strings and comments apart.
func groovyScripts(name, text string) []scriptText {
	var all []scriptText
	tokens := groovyTokens(text)
	for i, token := range tokens {
		found := scriptText{at: fmt.Sprintf("%s:%d", name, token.line), dialect: "sh"}
		next := at(tokens, i+1)
		switch {
		case token.text == "execute" && at(tokens, i-1).text == "." && next.text == "(":
			found.why = "it runs a program by execute()"
		case token.text == "evaluate" && next.text == "(":
			found.why = "it makes code of a text by evaluate()"
		case slices.Contains([]string{"sh", "bat", "powershell", "pwsh"}, token.text) && called(token, next):
			if token.text != "sh" {
				found.dialect = "batch"
			}
			script, ok := scriptArgument(tokens[i+1:])
			found.text = script
			if !ok {
				found.why = "what is handed to " + token.text + " is no single-quoted string"
			}
		default:
			continue
		}
		all = append(all, found)
	}
	return all
}

// groovyToken is a word, a string with its quotes, or one other character.
type groovyToken struct {
	text string
	line int
}

func (t groovyToken) isString() bool { return t.text != "" && strings.ContainsAny(t.text[:1], `'"`) }

func at(tokens []groovyToken, i int) groovyToken {
	if i < 0 || i >= len(tokens) {
		return groovyToken{}
	}
	return tokens[i]
}

// called says that a word is called: with parentheses, or with what stands
// behind it in its line.
func called(word, next groovyToken) bool {
	if next.text == "(" {
		return true
	}
	return next.line == word.line && (next.isString() || next.text == "/" || wordStart.MatchString(next.text))
}

var (
	wordStart   = regexp.MustCompile(`^[A-Za-z_$]`)
	groovyShape = regexp.MustCompile(`(?s)^(//[^\n]*|/\*.*?\*/|'''.*?'''|"""(\\.|.)*?"""|'(\\.|[^'\\\n])*'|"(\\.|[^"\\\n])*"|[A-Za-z_$][\w$]*|\s+)`)
	slashy      = regexp.MustCompile(`^/(\\.|[^/\\\n])*/`)
)

func groovyTokens(text string) []groovyToken {
	var all []groovyToken
	line := 1
	for text != "" {
		found := groovyShape.FindString(text)
		if found == "" && len(all) > 0 && strings.Contains("=~(,[:", all[len(all)-1].text) {
			if s := slashy.FindString(text); s != "" {
				all = append(all, groovyToken{"/", line})
				text = text[len(s):]
				continue
			}
		}
		if found == "" {
			found = text[:1]
		}
		if strings.TrimSpace(found) != "" && !strings.HasPrefix(found, "//") && !strings.HasPrefix(found, "/*") {
			all = append(all, groovyToken{found, line})
		}
		line += strings.Count(found, "\n")
		text = text[len(found):]
	}
	return all
}

// scriptArgument gives the script among the arguments that follow a call's
// name, and whether it is one single-quoted string.
func scriptArgument(tokens []groovyToken) (string, bool) {
	depth, line := 0, at(tokens, 0).line
	var arguments [][]groovyToken
	var argument []groovyToken
	inParentheses := at(tokens, 0).text == "("
read:
	for i, token := range tokens {
		switch {
		case inParentheses && i == 0:
			continue
		case depth == 0 && slices.Contains([]string{")", "}", "]", ";"}, token.text):
			break read
		case depth == 0 && !inParentheses && (token.line != line || token.text == ":" && !named(tokens, i)):
			if at(tokens, i-1).text != "," {
				break read
			}
			line = token.line
		case depth == 0 && token.text == ",":
			arguments, argument = append(arguments, argument), nil
			continue
		}
		depth += strings.Count("([{", token.text) - strings.Count(")]}", token.text)
		argument = append(argument, token)
		line += strings.Count(token.text, "\n")
	}
	for _, argument := range append(arguments, argument) {
		switch {
		case at(argument, 0).text == "script" && at(argument, 1).text == ":":
			argument = argument[2:]
		case at(argument, 1).text == ":" || len(argument) == 0:
			continue // another named argument
		}
		text := at(argument, 0).text
		return strings.Trim(text, "'"), len(argument) == 1 && strings.HasPrefix(text, "'")
	}
	return "", false
}

// named says that a colon stands behind an argument's name.
func named(tokens []groovyToken, i int) bool { return wordStart.MatchString(at(tokens, i-1).text) }
