package ci

// detectDrone finds Drone (docs.drone.io: "Environment reference"), which
// takes as little from a step as Woodpecker does.
func detectDrone(v variables) System {
	if v("DRONE") != "true" {
		return nil
	}
	return &known{
		variables: v, name: "Drone", workspace: "DRONE_WORKSPACE", repository: "DRONE_REPO", commit: "DRONE_COMMIT_SHA DRONE_COMMIT",
		ref: "DRONE_TAG DRONE_BRANCH", run: "DRONE_BUILD_NUMBER", url: "DRONE_BUILD_LINK", actor: "DRONE_COMMIT_AUTHOR",
	}
}
