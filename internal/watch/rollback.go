package watch

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// OurRollback begins the description of a deployment that the step rollback
// makes. Nothing else tells it from others: to the service a user made it.
const OurRollback = "Rollback to the revision of "

// IsRollback says if a deployment goes back: one that the service made, or the
// step rollback.
func IsRollback(info *types.DeploymentInfo) bool {
	return info.Creator == types.DeploymentCreatorCodeDeployRollback || strings.HasPrefix(aws.ToString(info.Description), OurRollback)
}
