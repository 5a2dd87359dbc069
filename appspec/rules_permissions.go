package appspec

import "slices"

// permissionRules are the rules about permissions, but for acls and context.
func permissionRules() []Rule {
	return slices.Concat(objectRules(), modeRules(), reachRules(), accountRules())
}

const (
	permissionChapter = "reference-appspec-file-structure-permissions"
	permissionHead    = "version: 0.0\nos: linux\nfiles:\n  - source: /\n    destination: /opt/app\npermissions:\n"
	permissionSample  = permissionHead + "  - object: /opt/app\n    owner: app\n"
	// permissionFiles is a revision with a script and a folder.
	permissionFiles = "-- run.sh --\n#!/bin/sh\nexit 0\n-- conf/app.conf 0644 --\nport=80\n"
	inRevision      = "-- appspec.yml 0644 --\n"
)

// objectRules are about the section and what its entries are for.
func objectRules() []Rule {
	return []Rule{
		{ID: "EC2-050", Severity: Error, Title: "permissions on Windows",
			Why:    "Modes, owners and access control lists are set on Linux only. The agent refuses a file with os: windows that has permissions.",
			Remedy: "Remove permissions; set access rights in an AfterInstall script.", Chapter: permissionChapter, Agent: Refuses,
			Fails:  "version: 0.0\nos: windows\n«permissions»:\n  - object: C:\\app\n    mode: 644\n",
			Passes: "version: 0.0\nos: linux\npermissions:\n  - object: /opt/app\n    mode: 644\n"},
		{ID: "EC2-051", Severity: Error, Title: "permissions is not a list of entries",
			Why:    "permissions is a list whose entries begin with a dash and have keys. Anything else stops the agent with a NoMethodError of Ruby that names no key.",
			Remedy: "Begin each entry with - object:.", Chapter: permissionChapter, Agent: Refuses,
			Fails:  permissionHead + "  «object: /opt/app»\n  owner: app\n",
			Passes: permissionSample},
		{ID: "EC2-052", Severity: Error, Title: "no object",
			Why:    "An entry of permissions without an object, or with a blank one, is refused: there is nothing to set them on.",
			Remedy: "Add object: and the path of a file or folder on the server.", Chapter: permissionChapter, Agent: Refuses,
			Fails:  permissionHead + "  - «owner: app»\n",
			Passes: permissionSample},
		{ID: "EC2-053", Severity: Error, Title: "object is not an absolute path",
			Why:    "object is a path on the server, not in the revision. The agent looks for a relative one below its own working folder, finds nothing and passes the entry over in silence.",
			Remedy: "Give the absolute path that the file is copied to.", Chapter: permissionChapter, Agent: Accepts,
			Fails:  permissionHead + "  - object: «run.sh»\n    mode: 755\n",
			Passes: permissionHead + "  - object: /opt/app/run.sh\n    mode: 755\n"},
		{ID: "EC2-054", Severity: Warning, Title: "object that is not installed",
			Why:    "Only what this deployment copies and makes gets permissions. Nothing is installed at or below this object, so the agent passes the entry over in silence.",
			Remedy: "Name a path that files installs, or set the permissions of other files in a script.", Chapter: permissionChapter, Agent: Accepts,
			Fails:  inRevision + permissionHead + "  - object: «/opt/application»\n    owner: app\n" + permissionFiles,
			Passes: inRevision + permissionSample + permissionFiles},
		{ID: "EC2-055", Severity: Error, Title: "pattern for a single file",
			Why:    "A pattern chooses among what lies in a folder. If object is a file that the revision copies, Install fails when it comes to this entry.",
			Remedy: "Remove pattern, or give the folder as object.", Chapter: permissionChapter, Agent: Accepts,
			Fails:  inRevision + permissionHead + "  - object: /opt/app/run.sh\n    pattern: «\"*.sh\"»\n    mode: 755\n" + permissionFiles,
			Passes: inRevision + permissionHead + "  - object: /opt/app\n    pattern: \"*.sh\"\n    mode: 755\n" + permissionFiles},
		{ID: "EC2-056", Severity: Error, Title: "except for a single file",
			Why:    "except leaves out some of what lies in a folder. If object is a file that the revision copies, Install fails when it comes to this entry.",
			Remedy: "Remove except, or give the folder as object.", Chapter: permissionChapter, Agent: Accepts,
			Fails:  inRevision + permissionHead + "  - object: /opt/app/run.sh\n    except: [«README.md»]\n    mode: 755\n" + permissionFiles,
			Passes: inRevision + permissionHead + "  - object: /opt/app/run.sh\n    mode: 755\n" + permissionFiles},
		{ID: "EC2-057", Severity: Warning, Title: "type directory for a file",
			Why:    "object is a file that the revision copies, and type leaves files out. The agent passes the entry over in silence.",
			Remedy: "Write type: [file], or leave type out.", Chapter: permissionChapter, Agent: Accepts,
			Fails:  inRevision + permissionHead + "  - object: «/opt/app/run.sh»\n    type: [directory]\n    mode: 755\n" + permissionFiles,
			Passes: inRevision + permissionHead + "  - object: /opt/app/run.sh\n    type: [file]\n    mode: 755\n" + permissionFiles},
		{ID: "EC2-058", Severity: Error, Title: "permissions set twice",
			Why:    "Two entries reach the same path, such as one for a folder and one for a file in it. The agent does not let the later or the more exact one win: Install fails before it copies anything.",
			Remedy: "Leave the path out of one of the two by except, pattern or type.", Chapter: permissionChapter, Agent: Accepts,
			Fails:  inRevision + permissionSample + "  - object: «/opt/app/run.sh»\n    mode: 755\n" + permissionFiles,
			Passes: inRevision + permissionSample + "    except: [run.sh]\n  - object: /opt/app/run.sh\n    mode: 755\n" + permissionFiles},
	}
}

// modeRules are about mode.
func modeRules() []Rule {
	return []Rule{
		{ID: "EC2-060", Severity: Error, Title: "mode of more than four digits",
			Why:    "The agent takes modes of up to four digits: three, and one before them for set-uid, set-gid and the sticky bit. It refuses longer ones, 0o644 and rw-r--r-- among them.",
			Remedy: "Give three or four digits from 0 to 7, such as 644.", Chapter: permissionChapter, Agent: Refuses,
			Fails:  permissionSample + "    mode: «\"04755\"»\n",
			Passes: permissionSample + "    mode: \"0755\"\n"},
		{ID: "EC2-061", Severity: Error, Title: "mode that YAML reads as octal",
			Why:    "An unquoted number that begins with a zero is octal in YAML, so the agent sees another number and takes its digits for the mode: 0644 becomes 420, which lets nobody but the owner read. It does so without a word, unless the number holds an 8 or a 9.",
			Remedy: "Quote it, or drop the zero.", Chapter: permissionChapter, Agent: Accepts, Fix: Unsafe,
			Fails:  permissionSample + "    mode: «0644»\n",
			Passes: permissionSample + "    mode: \"0644\"\n"},
		{ID: "EC2-062", Severity: Error, Title: "mode that is not octal",
			Why:    "The agent reads a mode as digits from 0 to 7. It refuses symbolic modes such as u+x, and digits that are no octal ones.",
			Remedy: "Give three or four digits from 0 to 7, such as 755.", Chapter: permissionChapter, Agent: Refuses,
			Fails:  permissionSample + "    mode: «u+x»\n",
			Passes: permissionSample + "    mode: 755\n"},
		{ID: "EC2-063", Severity: Warning, Title: "mode of less than three digits",
			Why:    "The agent puts zeros before a short mode: 7 becomes 007, which locks the owner out and lets all others in. An empty one becomes 000.",
			Remedy: "Give all three digits.", Chapter: permissionChapter, Agent: Accepts,
			Fails:  permissionSample + "    mode: «7»\n",
			Passes: permissionSample + "    mode: 700\n"},
	}
}

// reachRules are about pattern, except and type.
func reachRules() []Rule {
	return []Rule{
		{ID: "EC2-059", Severity: Error, Title: "pattern or except is not text",
			Why:    "A name such as 404 is a number to YAML. The agent takes the file, and then Install fails with a NoMethodError when it compares names with the number.",
			Remedy: "Quote the value.", Chapter: permissionChapter, Agent: Accepts, Fix: Safe,
			Fails:  permissionSample + "    except: [«404»]\n",
			Passes: permissionSample + "    except: [\"404\"]\n"},
		{ID: "EC2-064", Severity: Error, Title: "except is not a list",
			Why:    "except is a list of names. From a single word the agent cannot read names: it stops with a NoMethodError of Ruby that names no key. A mapping makes Install fail.",
			Remedy: "Write except: [name].", Chapter: permissionChapter, Agent: Refuses,
			Fails:  permissionSample + "    except: «conf»\n",
			Passes: permissionSample + "    except: [conf]\n"},
		{ID: "EC2-065", Severity: Warning, Title: "pattern with a slash",
			Why:    "pattern and except are compared with single names directly in object, so a path never matches: a pattern with a slash reaches nothing, and an except with one leaves nothing out. An example of the guide does this.",
			Remedy: "Give the folder as object and a name as pattern.", Chapter: permissionChapter, Agent: Accepts,
			Fails:  permissionSample + "    pattern: «\"conf/*.conf\"»\n",
			Passes: permissionHead + "  - object: /opt/app/conf\n    owner: app\n    pattern: \"*.conf\"\n"},
		{ID: "EC2-066", Severity: Warning, Title: "pattern with ?, [ or {",
			Why:    "Only * is special in pattern and except. The agent takes the other wildcards of a shell for characters of a name, so the entry most likely matches nothing.",
			Remedy: "Use *, or write an entry for each name.", Chapter: permissionChapter, Agent: Accepts,
			Fails:  permissionSample + "    pattern: «\"log?.txt\"»\n",
			Passes: permissionSample + "    pattern: \"log*.txt\"\n"},
		{ID: "EC2-067", Severity: Warning, Title: "** together with other characters",
			Why:    "Only ** alone reaches folders below object. With anything beside it, it counts as one *, which stays within a name directly in object.",
			Remedy: "Write *, or leave pattern out to reach everything below object.", Chapter: permissionChapter, Agent: Accepts,
			Fails:  permissionSample + "    pattern: «\"**.sh\"»\n",
			Passes: permissionSample + "    pattern: \"*.sh\"\n"},
		{ID: "EC2-068", Severity: Error, Title: "type is not a list",
			Why:    "type is a list. The agent stops at a single word with a NoMethodError of Ruby that names no key. The guide calls type a string, but shows a list.",
			Remedy: "Write type: [file], [directory] or both.", Chapter: permissionChapter, Agent: Refuses,
			Fails:  permissionSample + "    type: «file»\n",
			Passes: permissionSample + "    type:\n      - file\n"},
		{ID: "EC2-069", Severity: Error, Title: "unknown type",
			Why:    "The agent knows the types file and directory, in lower case, and refuses every other word.",
			Remedy: "Write file or directory.", Chapter: permissionChapter, Agent: Refuses,
			Fails:  permissionSample + "    type: [«folder»]\n",
			Passes: permissionSample + "    type: [directory]\n"},
		{ID: "EC2-070", Severity: Warning, Title: "empty type",
			Why:    "An empty list of types is not the default: it leaves out files and folders alike, so the entry does nothing.",
			Remedy: "Leave type out to reach files and folders.", Chapter: permissionChapter, Agent: Accepts,
			Fails:  permissionSample + "    «type»: []\n",
			Passes: permissionSample},
		{ID: "EC2-071", Severity: Warning, Title: "permissions for the folder itself",
			Why:    "An entry reaches what lies below object, never object itself. This one is for folders only, and the revision has none below, so it does nothing. The guide has an example that does this.",
			Remedy: "Give the folder above as object, and the folder's name as pattern.", Chapter: permissionChapter, Agent: Accepts,
			Fails:  inRevision + permissionHead + "  - object: «/opt/app/conf»\n    type: [directory]\n    mode: 750\n" + permissionFiles,
			Passes: inRevision + permissionHead + "  - object: /opt/app\n    pattern: conf\n    type: [directory]\n    mode: 750\n" + permissionFiles},
		{ID: "EC2-072", Severity: Warning, Title: "permissions of files that stay",
			Why:    "Only what this deployment copies and makes gets permissions. Where RETAIN keeps a file that is there already, its mode and owner stay as they are too, whatever permissions says.",
			Remedy: "Set the permissions of such files in an AfterInstall script, or write OVERWRITE.", Chapter: permissionChapter, Agent: Accepts,
			Fails:  inRevision + permissionSample + "file_exists_behavior: «RETAIN»\n" + permissionFiles,
			Passes: inRevision + permissionSample + "file_exists_behavior: OVERWRITE\n" + permissionFiles},
	}
}

// accountRules are about owner, group, and what an entry of permissions does.
func accountRules() []Rule {
	return []Rule{
		{ID: "EC2-073", Severity: Error, Title: "unknown owner or group",
			Why:    "Install fails at its very end if the server does not know an owner or a group: everything is copied by then.",
			Remedy: "Make the user or group in a BeforeInstall script, or name one that exists.", Chapter: permissionChapter, Agent: Accepts,
			With:   Situation{Target: Target{Users: []string{"root", "app"}, Groups: []string{"root", "app"}}},
			Fails:  permissionHead + "  - object: /opt/app\n    owner: «apps»\n",
			Passes: permissionSample},
		{ID: "EC2-074", Severity: Warning, Title: "permissions that set nothing",
			Why:    "An entry without mode, owner, group, acls and context changes nothing.",
			Remedy: "Say what is to be set, or remove the entry.", Chapter: permissionChapter, Agent: Accepts,
			Fails:  permissionHead + "  - object: «/opt/app»\n    pattern: \"*.sh\"\n",
			Passes: permissionHead + "  - object: /opt/app\n    pattern: \"*.sh\"\n    mode: 755\n"},
		{ID: "EC2-085", Severity: Warning, Title: "unknown key in permissions",
			Why:    "The agent ignores keys that it does not know, without a word: what they were meant to set is not set.",
			Remedy: "Correct or remove the key.", Chapter: permissionChapter, Agent: Accepts,
			Fails:  permissionSample + "    «modes»: 755\n",
			Passes: permissionSample + "    mode: 755\n"},
		{ID: "EC2-086", Severity: Warning, Title: "set-uid or set-gid lost",
			Why:    "The agent sets the owner after the mode, and Linux clears the set-uid and set-gid bits of a file whose owner changes: 4755 ends as 0755.",
			Remedy: "Set these bits in an AfterInstall script, or leave owner and group out.", Chapter: permissionChapter, Agent: Accepts,
			Fails:  permissionSample + "    mode: «4755»\n",
			Passes: permissionHead + "  - object: /opt/app\n    mode: 4755\n"},
		{ID: "EC2-087", Severity: Error, Title: "owner or group is not text",
			Why:    "An unquoted number is not text to YAML. The agent takes the file, and then Install fails with a TypeError at its very end. It looks accounts up by name only, so a quoted number helps only if that is a name.",
			Remedy: "Give the name of the user or group; quote it if it looks like a number.", Chapter: permissionChapter, Agent: Accepts,
			Fails:  permissionHead + "  - object: /opt/app\n    owner: «1001»\n",
			Passes: permissionSample},
	}
}
