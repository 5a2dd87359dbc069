package agent

// Command asks an instance to carry out one lifecycle event of one deployment.
// Its shape is that of the host-command protocol, so a built-in instance and a
// published agent are given the same thing.
type Command struct {
	// ID is the host command identifier. Carrying out the same ID twice gives
	// the first result again: the caller may have lost it.
	ID    string        `json:"id"`
	Event string        `json:"event"` // lifecycle event: ApplicationStop, DownloadBundle, …
	Spec  Specification `json:"spec"`
}

// Specification is the deployment specification that a command belongs to.
type Specification struct {
	DeploymentID        string   `json:"deploymentId"`
	DeploymentGroupID   string   `json:"deploymentGroupId"`
	DeploymentGroupName string   `json:"deploymentGroupName"`
	ApplicationName     string   `json:"applicationName"`
	DeploymentCreator   string   `json:"deploymentCreator"`            // user, codeDeployRollback, autoscaling
	DeploymentType      string   `json:"deploymentType"`               // IN_PLACE or BLUE_GREEN
	AppSpecFilename     string   `json:"appSpecFilename,omitempty"`    // "" is appspec.yml
	FileExistsBehavior  string   `json:"fileExistsBehavior,omitempty"` // "" is DISALLOW
	Revision            Revision `json:"revision"`
}

// Revision is the location of a revision in S3.
type Revision struct {
	Bucket     string `json:"bucket"`
	Key        string `json:"key"`
	BundleType string `json:"bundleType"` // zip, tar or tgz
	Version    string `json:"version,omitempty"`
	ETag       string `json:"etag,omitempty"`
}

// Result is what an instance says about a command it carried out: the
// diagnostics of the host-command protocol.
type Result struct {
	Code       Code   `json:"error_code"`
	ScriptName string `json:"script_name"`
	Message    string `json:"message"`
	Log        string `json:"log"`
	// Noop is true if there was nothing to run for the event.
	Noop bool `json:"noop,omitempty"`
	// Owner is the id of the deployment group that installed the file in the way
	// of this one, "" if none did. The published agent does not tell.
	Owner string `json:"owner,omitempty"`
}

// Code is the agent's error code of a lifecycle event.
type Code int

const (
	Succeeded           Code = 0
	ScriptMissing       Code = 1
	ScriptNotExecutable Code = 2
	ScriptTimedOut      Code = 3
	ScriptFailed        Code = 4
	UnknownError        Code = 5
	OutputsLeftOpen     Code = 6
	FailedAfterRestart  Code = 7
)
