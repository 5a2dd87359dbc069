package ci

// detectWoodpecker finds Woodpecker (woodpecker-ci.org/docs: "Environment
// variables", "Creating plugins"), which tells a plugin its settings as
// PLUGIN_* and has nothing that a step could hand on or mark in the log:
// outputs go to the files of --outputs and --dotenv in the workspace, which the
// steps of a workflow share.
func detectWoodpecker(v variables) System {
	if v("CI") != "woodpecker" {
		return nil
	}
	return &known{
		variables: v, name: "Woodpecker CI", workspace: "CI_WORKSPACE", repository: "CI_REPO", commit: "CI_COMMIT_SHA",
		ref: "CI_COMMIT_TAG CI_COMMIT_BRANCH", run: "CI_PIPELINE_NUMBER", url: "CI_PIPELINE_URL", actor: "CI_PIPELINE_AUTHOR CI_COMMIT_AUTHOR",
	}
}
