package watch

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
)

// failure tells what a target said of a failed event, what the error code means
// (error-codes.md, troubleshooting-deployments.md) and what to do.
func failure(name string, d *types.Diagnostics) *event.Failure {
	if d == nil {
		return &event.Failure{
			Code: string(types.LifecycleErrorCodeUnknownError), Message: "the instance sent no diagnostics",
			Meaning: "The instance did not report back: it may be gone, or its agent does not run.",
			Remedy:  "Look at the agent's own log on the instance.",
		}
	}
	f := &event.Failure{
		Code: string(d.ErrorCode), Script: aws.ToString(d.ScriptName), Message: aws.ToString(d.Message), LogTail: aws.ToString(d.LogTail),
	}
	f.Meaning, f.Remedy = explain(name, f)
	return f
}

func explain(name string, f *event.Failure) (meaning, remedy string) {
	said := f.Message + "\n" + f.LogTail
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(said, w) {
				return true
			}
		}
		return false
	}
	if name == "ApplicationStop" || name == "BeforeBlockTraffic" || name == "AfterBlockTraffic" {
		defer func() {
			if remedy == "" {
				return // a stop is no failure to get past
			}
			remedy += fmt.Sprintf("\n%s runs the script of the revision that was installed before, not of the new one. If it can't succeed, "+
				"nor can any deployment or rollback, until one ignores that: `aws deploy create-deployment --ignore-application-stop-failures`.", name)
		}()
	}
	if meaning, remedy := notStarted(f); meaning != "" {
		return meaning, remedy
	}
	switch {
	case has("was called off", "called back before it began"):
		return "The deployment was stopped, and the script was ended with it.", ""
	case has("NoSuchKey", "no such key", "NoSuchBucket"):
		return "The revision is not where the deployment looks for it in S3.", "Push it, or correct --revision: bucket, key and version count."
	case has("su: user", "unknown user", "no passwd entry", "runas: there is no user"):
		return "The AppSpec has the script run as a user whom the instance does not know.", "Create the user on the instance, or correct runas."
	case strings.Contains(f.Message, "Attempting minimal diagnostics"):
		return "The event failed, and the agent could not send what was written: mostly a script's output that is not UTF-8 text.",
			"Have the script write UTF-8. Its output is on the instance, in logs/scripts.log of the deployment's folder."
	case strings.Contains(f.Message, "can't find user for"), strings.Contains(f.Message, "can't find group for"):
		return "The permissions section of the AppSpec names an owner or a group that the instance does not know.",
			"Create it on the instance, in a script for BeforeInstall at the latest, or correct owner or group."
	case has("user namespace"):
		return "The instance is a sandbox of an ordinary user, in which there is one user only.", "Run the engine as root, or leave owner, group and runas out of the AppSpec."
	case strings.Contains(f.Message, " cannot be run: runas"):
		return "The script was not started: the instance's agent can't become the user that the AppSpec names.",
			"Leave runas out of the AppSpec, name the user that the agent runs as, or run the engine as root."
	case strings.Contains(f.Message, "invalid byte sequence in UTF-8"):
		return "The script wrote bytes that are not UTF-8 text, and the agent gives it up for that, whatever its exit code.",
			"Have it write UTF-8, or send what it writes to a file."
	case has("System has not been booted with systemd", "Failed to connect to bus", "systemctl: command not found", "systemctl: not found", "Failed to get D-Bus connection"):
		return "The script calls systemctl, and the instance has no service manager.",
			"A sandbox of --endpoint local has none, as a container has none: start the program directly there, or guard the call with `command -v systemctl`."
	case has("service: command not found", "service: not found", "initctl: command not found"):
		return "The script calls the machine's service manager, and the instance has none.",
			"A sandbox of --endpoint local has none: start the program directly there, or guard the call."
	case has("yum: command not found", "yum: not found", "dnf: command not found", "apt-get: command not found", "apt-get: not found", "apk: not found", "apk: command not found"):
		return "The script calls a package manager that the instance does not have.",
			"Instances of --endpoint local have the tools of the machine they run on: install what is needed there, or guard the call."
	case has("Temporary failure resolving", "Could not resolve host", "Temporary failure in name resolution", "Network is unreachable"):
		return "The script needs the network, and the instance does not reach it.",
			"A sandbox of --endpoint local has only its own loopback: give --network host, or bring what is needed in the revision."
	case has("bad interpreter", `\r’: No such file`, `\r': No such file`):
		return "The interpreter that the first line (#!) of the script, or of one that it calls, names is not on the instance, or not by that name.",
			"Name one that is there, such as #!/bin/sh. " + lineEnds
	case has("Exec format error", "cannot execute binary file"):
		return "The script, or a program that it calls, is for another system or processor, or has no interpreter in its first line (#!).",
			"Build programs for the instance's system and processor; begin scripts with #!/bin/sh or another interpreter, as their very first bytes."
	case strings.Contains(f.Message, "exit code 127"):
		return "A command of the script, or the interpreter in its first line, is not on the instance.", "Check the first line (#!), and the PATH that the script relies on: hooks get a short one."
	case strings.Contains(f.Message, "exit code 126"):
		return "The script, or a program that it calls, may not be executed by the user that it runs as.",
			"Make it readable and executable for everybody (chmod 755, and `git update-index --chmod=+x` where the checkout does not keep the bit), or leave out runas."
	}
	switch f.Code {
	case string(types.LifecycleErrorCodeScriptMissing):
		return "The AppSpec names a script that the revision does not hold.", "Check the location in the hooks section: it is relative to the revision's root, and case counts. `validate` finds this before a push."
	case string(types.LifecycleErrorCodeScriptNotExecutable):
		return "The script's execute bit could not be set.", noPermission + " Else check owner and mount options of the agent's folder on the instance."
	case string(types.LifecycleErrorCodeScriptTimedOut):
		return "The script ran longer than its timeout in the AppSpec (3600 s if it has none).", "Raise the timeout, or find what the script waits for. What it left running in the background must not hold its output open."
	case string(types.LifecycleErrorCodeScriptFailed):
		return "The script ended with an exit code other than 0.", "Its last words are above. Hooks run with a short PATH, no terminal, and in another folder than their own: name files by `$(dirname \"$0\")`."
	}
	switch {
	case strings.Contains(f.Message, "already exists at this location") && has("was installed by the deployment group"):
		return "Two deployment groups deploy the same file to the same instance; the output names the one that has it there.",
			"Give one of the two a destination of its own, or instances of its own (--instance-name with --endpoint local). With --file-exists-behavior OVERWRITE " +
				"each would replace the other's file, and its next deployment remove it."
	case strings.Contains(f.Message, "already exists at this location"):
		return "The revision brings a file that is on the instance already and that this deployment group did not install: " +
				"it is the machine's own, or another application or deployment group has installed it there.",
			"If another one deploys to the same destination, give one of the two a destination of its own: with OVERWRITE each would replace the other's file, " +
				"and its next deployment remove it. Else remove the file there, or set --file-exists-behavior OVERWRITE or RETAIN."
	case strings.Contains(f.Message, "failed to close STD"):
		return "The script ended, but a program that it started in the background still holds its output open.", "Redirect all three streams of what stays behind: `program </dev/null >/var/log/program.log 2>&1 &`."
	case strings.Contains(f.Message, "after an agent restart"):
		return "The instance, or the engine it belongs to, was stopped in the middle of the event.", "Deploy again."
	}
	return "The instance could not carry the event out; the message is the agent's own.", "`validate` finds what is wrong with an AppSpec; the agent's log on the instance has more."
}
