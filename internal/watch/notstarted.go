package watch

import (
	"strings"

	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
)

// The system's words for a start that it refuses, as the agent passes them on: "Script at specified location: LOCATION
// failed with error Errno::NAME with message TEXT - PROGRAM".
const (
	failedStart  = " failed with error "
	noPermission = "Give it the bit in the revision: `chmod +x`, and `git update-index --chmod=+x` where the checkout does not keep it."
	lineEnds     = "Files with Windows line ends (CRLF) need `*.sh text eol=lf` in .gitattributes; " +
		"`validate` finds them, and `validate --fix` mends them."
)

// notStarted explains a script that never ran: there is no exit code, and it
// has said nothing. It is "" for one that did run.
func notStarted(f *event.Failure) (meaning, remedy string) {
	_, why, found := strings.Cut(f.Message, failedStart)
	if !found || strings.HasPrefix(why, "ArgumentError") { // that one is about what the script wrote
		return "", ""
	}
	name, text, _ := strings.Cut(strings.TrimPrefix(why, "Errno::"), " ")
	program := text[strings.LastIndex(text, " ")+1:]
	is := f.Script != "" && strings.HasSuffix(program, "/"+strings.TrimLeft(f.Script, "/"))
	switch {
	case (program == "su" || program == "sudo") && name == "ENOENT":
		return "The script was not started: the AppSpec asks for runas or sudo, and the instance has no program " + program + ".",
			"Install " + program + " on the instance, or leave runas and sudo out of the AppSpec."
	case strings.ContainsAny(f.Script, " \t") && !is:
		return "The script was not started: the agent cuts its location at the blank, and looks for a program of that name.",
			"Give the script, and the folders above it, names without blanks."
	case name == "EACCES":
		return "The script was not started: the system does not let the agent execute it. It, or its interpreter, has no execute bit, " +
				"it is a folder, or it is on a file system that is mounted noexec.",
			noPermission + "\nThe agent sets a missing bit itself, so look at the interpreter in the first line (#!) and at the agent's folder on the instance, too."
	case name == "ENOENT":
		return "The script is there, and was not started: the interpreter that its first line (#!) names is not on the instance, or not by that name. " +
				"A Windows line end (CRLF) after the interpreter becomes a part of its name.",
			"Name an interpreter that the instance has, such as #!/bin/sh, or install it there. " + lineEnds
	case name == "ENOEXEC":
		return "The script was not started: its format is not one that the instance executes. It is a program for another system or processor, " +
				"or a script without an interpreter in its first line.",
			"Begin a script with an interpreter, such as #!/bin/sh, as its very first bytes; build a program for the instance's system and processor."
	}
	return "The script was not started: the system refused to execute it, in the words above.",
		"Look at the file, its first line (#!) and the agent's folder on the instance."
}
