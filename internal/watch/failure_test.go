package watch

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

func TestFailureSaysWhatItMeans(t *testing.T) {
	const (
		failed  = types.LifecycleErrorCodeScriptFailed
		unknown = types.LifecycleErrorCodeUnknownError
		at      = "Script at specified location: a.sh failed with error Errno::"
	)
	for _, test := range []struct {
		name             string
		code             types.LifecycleErrorCode
		message, logTail string
		meaning, remedy  string // words
	}{
		{"a missing script", types.LifecycleErrorCodeScriptMissing, "Script does not exist", "", "does not hold", "relative to the revision's root"},
		{"no execute bit", types.LifecycleErrorCodeScriptNotExecutable, "", "", "execute bit", "mount options"},
		{"a time-out", types.LifecycleErrorCodeScriptTimedOut, "Script timed out", "", "longer than its timeout", "Raise the timeout"},
		{"a plain failure", failed, "Script at specified location: a.sh failed with exit code 7", "", "exit code other than 0", "last words"},
		{"no such command", failed, "Script at specified location: a.sh failed with exit code 127", "", "interpreter", "PATH"},
		{"may not be run", failed, "Script at specified location: a.sh failed with exit code 126", "", "may not be executed", "runas"},
		{"a missing interpreter", failed, at + "ENOENT with message No such file or directory - /opt/g/d-1/deployment-archive/a.sh", "", "interpreter that its first line (#!) names is not on the instance", "#!/bin/sh"},
		{"a line end in the interpreter", failed, at + "ENOENT with message No such file or directory - /opt/g/d-1/deployment-archive/a.sh", "", "CRLF", "eol=lf"},
		{"no permission", failed, at + "EACCES with message Permission denied - /opt/g/d-1/deployment-archive/a.sh", "", "does not let the agent execute it", "git update-index --chmod=+x"},
		{"the words of an earlier script", failed, at + "EACCES with message Permission denied - /opt/g/d-1/deployment-archive/a.sh", "[stderr]service: not found", "does not let the agent execute it", "chmod +x"},
		{"another system's program", failed, at + "ENOEXEC with message Exec format error - /opt/g/d-1/deployment-archive/a.sh", "", "another system or processor", "#!/bin/sh"},
		{"another refusal to start", failed, at + "ELOOP with message Too many levels of symbolic links - /opt/g/d-1/deployment-archive/a.sh", "", "refused to execute it", "first line (#!)"},
		{"a refusal of Windows", failed, "Script at specified location: a.sh failed with error Errno 740 with message The requested operation requires elevation. - C:/a.sh", "", "refused to execute it", "agent's folder"},
		{"no su", failed, "Script at specified location: a.sh run as user web failed with error Errno::ENOENT with message No such file or directory - su", "", "no program su", "Install su"},
		{"a user whom nobody can become", failed, "Script at specified location: a.sh run as user web cannot be run: runas: web needs root, and this instance runs as user id 1000; leave runas out or deploy as root", "", "can't become the user", "Leave runas out"},
		{"a user who is not there", failed, "Script at specified location: a.sh run as user web cannot be run: runas: there is no user web", "", "does not know", "Create the user"},
		{"a line end after env's interpreter", failed, "exit code 127", "[stderr]/usr/bin/env: ‘bash\\r’: No such file or directory", "not by that name", "CRLF"},
		{"bash and a line end", failed, "exit code 126", "[stderr]bash: /opt/a.sh: /bin/bash^M: bad interpreter: No such file or directory", "not by that name", "CRLF"},
		{"a called program of another processor", failed, "exit code 126", "[stderr]a.sh: line 2: ./web: cannot execute binary file: Exec format error", "another system or processor", "Build programs"},
		{"not UTF-8", failed, "Script at specified location: a.sh failed with error ArgumentError with message invalid byte sequence in UTF-8", "", "not UTF-8", "write UTF-8"},
		{"no systemd", failed, "exit code 1", "[stderr]System has not been booted with systemd as init system (PID 1).", "no service manager", "sandbox"},
		{"no bus", failed, "exit code 1", "[stderr]Failed to connect to bus: No such file or directory", "no service manager", "sandbox"},
		{"no systemctl", failed, "exit code 127", "[stderr]a.sh: line 2: systemctl: command not found", "calls systemctl", "command -v systemctl"},
		{"no systemctl in dash", failed, "exit code 127", "[stderr]a.sh: 2: systemctl: not found", "calls systemctl", "sandbox"},
		{"no service", failed, "exit code 127", "[stderr]a.sh: line 2: service: command not found", "service manager", "sandbox"},
		{"no yum", failed, "exit code 127", "[stderr]a.sh: line 2: yum: command not found", "package manager", "--endpoint local"},
		{"no apt-get in dash", failed, "exit code 127", "[stderr]a.sh: 3: apt-get: not found", "package manager", "guard the call"},
		{"no network", failed, "exit code 100", "[stderr]Temporary failure resolving 'packages.example'", "needs the network", "--network host"},
		{"no curl target", failed, "exit code 6", "[stderr]curl: (6) Could not resolve host: example.com", "needs the network", "--network host"},
		{"a file in the way", unknown, "The deployment failed because a specified file already exists at this location: /srv/a", "", "is on the instance already", "--file-exists-behavior"},
		{"a file of another application", unknown, "The deployment failed because a specified file already exists at this location: /srv/a", "", "another application or deployment group", "a destination of its own"},
		{"a file of a group that is known", unknown, "The deployment failed because a specified file already exists at this location: /srv/a", "The file there was installed by the deployment group prod of the application shop.", "Two deployment groups", "a destination of its own"},
		{"output that can't be sent", unknown, "Attempting minimal diagnostics", "Exception JSON::GeneratorError occured", "output that is not UTF-8", "logs/scripts.log"},
		{"an owner who is not there", unknown, "can't find user for web", "", "names an owner or a group that the instance does not know", "BeforeInstall at the latest"},
		{"a group that is not there", unknown, "can't find group for web", "", "names an owner or a group that the instance does not know", "correct owner or group"},
		{"an open output", unknown, "Script at specified location: a.sh failed to close STDOUT", "", "background still holds its output open", "</dev/null"},
		{"a restart", unknown, "CodeDeploy agent was not able to go on after an agent restart", "", "was stopped in the middle", "Deploy again"},
		{"anything else", unknown, "No space left on device", "", "the message is the agent's own", "validate"},
		{"an empty code", "", "", "", "the message is the agent's own", "validate"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := failure("AfterInstall", &types.Diagnostics{ErrorCode: test.code, ScriptName: aws.String("a.sh"), Message: &test.message, LogTail: &test.logTail})
			if f.Code != string(test.code) || f.Script != "a.sh" || f.Message != test.message || f.LogTail != test.logTail {
				t.Errorf("the agent's own words are changed: %+v", f)
			}
			if !strings.Contains(f.Meaning, test.meaning) || !strings.Contains(f.Remedy, test.remedy) {
				t.Errorf("meaning: %s\nremedy: %s", f.Meaning, f.Remedy)
			}
			if strings.Contains(f.Remedy, "installed before") {
				t.Errorf("an event of the new revision: %s", f.Remedy)
			}
		})
	}
}

// A location with a blank is cut in two.
func TestAScriptWithABlankInItsName(t *testing.T) {
	message := "Script at specified location: a b.sh failed with error Errno::ENOENT with message No such file or directory - /opt/g/d-1/deployment-archive/a"
	f := failure("AfterInstall", &types.Diagnostics{ErrorCode: types.LifecycleErrorCodeScriptFailed, ScriptName: aws.String("a b.sh"), Message: &message})
	if !strings.Contains(f.Meaning, "cuts its location at the blank") || !strings.Contains(f.Remedy, "without blanks") {
		t.Errorf("%+v", f)
	}
}

func TestEveryErrorCodeHasAMeaning(t *testing.T) {
	for _, code := range types.LifecycleErrorCode("").Values() {
		if f := failure("Install", &types.Diagnostics{ErrorCode: code}); f.Meaning == "" || f.Remedy == "" {
			t.Errorf("%s: %+v", code, f)
		}
	}
}

func TestEventsOfTheOldRevisionSaySo(t *testing.T) {
	for _, name := range []string{"ApplicationStop", "BeforeBlockTraffic", "AfterBlockTraffic"} {
		for _, code := range types.LifecycleErrorCode("").Values() {
			f := failure(name, &types.Diagnostics{ErrorCode: code})
			if !strings.Contains(f.Remedy, name+" runs the script of the revision that was installed before") {
				t.Errorf("%s, %s: %s", name, code, f.Remedy)
			}
			if !strings.Contains(f.Remedy, "`aws deploy create-deployment --ignore-application-stop-failures`") {
				t.Errorf("%s, %s: no way past it: %s", name, code, f.Remedy)
			}
		}
		if f := failure(name, &types.Diagnostics{Message: aws.String("was called off")}); f.Remedy != "" {
			t.Errorf("%s, which was stopped: %s", name, f.Remedy)
		}
	}
}

func TestAnInstanceThatSaysNothing(t *testing.T) {
	f := failure("Install", nil)
	if f.Code != "UnknownError" || !strings.Contains(f.Meaning, "did not report back") || f.Remedy == "" || f.Message == "" {
		t.Errorf("%+v", f)
	}
}
