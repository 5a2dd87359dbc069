package ci

import "strings"

// jenkins is Jenkins (jenkins.io/doc: "Using a Jenkinsfile", "Using
// environment variables"; the Git plugin's "Environment Variables"). What it
// shows it reads from files, through its Pipeline steps: JUnit, Checkstyle,
// HTML; outputs through the file of --dotenv or --outputs. A token of the OpenID
// Connect Provider plugin is bound by the job, as the variable of --oidc-token
// or the file of --oidc-token-file.
type jenkins struct{ known }

func detectJenkins(v variables) System {
	if v("JENKINS_URL") == "" && !strings.HasPrefix(v("BUILD_TAG"), "jenkins-") {
		return nil
	}
	return &jenkins{known{
		variables: v, name: "Jenkins", workspace: "WORKSPACE", repository: "GIT_URL", commit: "GIT_COMMIT",
		ref: "TAG_NAME BRANCH_NAME GIT_LOCAL_BRANCH GIT_BRANCH", run: "BUILD_NUMBER", url: "BUILD_URL", actor: "BUILD_USER_ID CHANGE_AUTHOR",
	}}
}

// Build takes the remote's name off the branch.
func (j *jenkins) Build() Build {
	b := j.known.Build()
	b.Ref = strings.TrimPrefix(b.Ref, "origin/")
	return b
}
