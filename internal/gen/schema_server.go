package main

import (
	"encoding/json"

	"github.com/codedeploy-steps/codedeploy-steps/appspec"
)

func server() schema {
	files := closed("A file, or what is in a folder, and where it is copied to.", schema{
		"source":      schema{"type": "string", "description": "A file or folder of the revision. Of a folder the contents are copied; / is all of the revision. Wildcards are not expanded."},
		"destination": text("A folder on the server, as an absolute path. It is made if it is not there; a file keeps its name in it."),
	}, "source", "destination")
	s := closed("For EC2/on-premises: the CodeDeploy agent reads it on each server.", schema{
		"version":              schema{"type": "number", "const": json.RawMessage("0.0"), "description": "Always 0.0, without quotes."},
		"os":                   oneOf("The servers' operating system, in lower case.", "linux", "windows"),
		"files":                list("What is copied to the server, at the event Install.", files),
		"file_exists_behavior": schema{"enum": []any{"DISALLOW", "OVERWRITE", "RETAIN", nil}, "description": "What happens to a file that is at a destination already and that no earlier deployment put there: the deployment fails, or it is replaced, or it stays. The deployment's own setting holds if this is left out."},
		"permissions":          list("Modes, owners and more of what was copied. Linux only.", ref("permission")),
		"hooks":                serverHooks(),
	}, "version", "os")
	s["allOf"] = []schema{{
		"if": schema{"properties": schema{"os": schema{"const": "windows"}}},
		"then": schema{"properties": schema{
			"permissions": schema{"maxItems": 0},
			"hooks":       schema{"additionalProperties": schema{"items": schema{"not": schema{"required": []string{"runas"}}}}},
		}},
	}}
	return s
}

func permission() schema {
	context := closed("An SELinux context, set with semanage and restorecon.", schema{
		"user":  text("The SELinux user, as the guide names it; the agent reads the key name instead."),
		"name":  text("The SELinux user, as the agent reads it."),
		"type":  text("The SELinux type."),
		"range": schema{"type": "string", "description": "The range, such as s0 or s0-s3:c0.c255. The agent fails without one.", "pattern": `^s\d+(-s\d+)?(:c\d+(\.c\d+)?(,c\d+(\.c\d+)?)*)?$`},
	}, "type", "range")
	context["type"] = []string{"object", "null"}
	return closed("An entry of permissions.", schema{
		"object":  schema{"type": "string", "description": "A file that is copied, or a folder: then what the deployment copies to or makes below it is meant, not the folder itself. An absolute path.", "pattern": `^\s*/`},
		"pattern": optional("Names directly below object; only * is special. Without it, or with \"**\", everything below object at any depth."),
		"except":  list("Names directly below object that are left out; only * is special.", schema{"type": "string"}),
		"type":    list("What the entry is for: files, folders, or both, which is the default.", schema{"enum": []string{"file", "directory"}}),
		"owner":   optional("The owner, by name."),
		"group":   optional("The group, by name."),
		"mode":    schema{"type": []string{"string", "integer", "null"}, "description": "Three or four octal digits. With a leading zero it must be quoted: \"0644\", or 644.", "minimum": 0, "maximum": 7777, "pattern": `^[0-7]{0,4}$`},
		"acls":    list("ACL entries such as u:bob:rw or d:g:web:rx, set with setfacl; they replace those that are there.", schema{"type": "string", "pattern": aclEntry}),
		"context": context,
	}, "object")
}

// aclEntry is the pattern of an ACL entry: without default, one for the owner,
// the group or others is for mode to set.
const aclEntry = `^((u|user|g|group):[^:]+:|m(ask)?::?|[^:]+:|d(efault)?:((u|user|g|group):[^:]*:|(m|mask|o|other)::?|[^:]*:))([0-7]|[rwx-]*)$`

func script() schema {
	return closed("A script of the revision.", schema{
		"location": text("The script's path in the revision. No arguments."),
		"timeout":  schema{"type": []string{"number", "string", "null"}, "description": "Seconds that the script may run: 3600 if it is left out; all scripts of an event together at most 3600.", "minimum": 1, "maximum": 3600, "pattern": `^0*[1-9][0-9]*$`},
		"runas":    optional("The user that runs the script, by name. Linux only."),
	}, "location")
}

func serverHooks() schema {
	events := schema{}
	for _, event := range appspec.Events() {
		events[event] = list(eventText(event), ref("script"))
	}
	s := closed("The scripts of each lifecycle event, run in the order in which they stand.", events)
	s["type"] = []string{"object", "null"}
	return s
}

// eventText says when the scripts of an event run
// (reference-appspec-file-structure-hooks.md).
func eventText(event string) string {
	const balanced = " Only with a load balancer."
	switch event {
	case "BeforeBlockTraffic":
		return "Before the server is taken out of the load balancer; the scripts are those of the revision deployed last." + balanced
	case "AfterBlockTraffic":
		return "After the server is taken out of the load balancer; the scripts are those of the revision deployed last." + balanced
	case "ApplicationStop":
		return "Before the new revision is downloaded: to stop what runs. The scripts are those of the revision deployed last, so a change takes effect one deployment later."
	case "BeforeInstall":
		return "Before the files are copied."
	case "AfterInstall":
		return "After the files are copied: to configure, to change permissions."
	case "ApplicationStart":
		return "To start what ApplicationStop stopped."
	case "ValidateService":
		return "Last: to check that the deployment succeeded."
	case "BeforeAllowTraffic":
		return "Before the server is put back into the load balancer." + balanced
	default:
		return "After the server is put back into the load balancer." + balanced
	}
}
