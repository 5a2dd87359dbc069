package deploy

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// isName says if a text can name an application, a group or a configuration (limits.md).
func isName(s string) bool {
	const others = "._+=,@-"
	for _, r := range s {
		if !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(others, r)) {
			return false
		}
	}
	return 1 <= len(s) && len(s) <= 100
}

const nameWords = "a name has 1 to 100 letters, digits and . _ + = , @ -"

func checkApplicationName(name *string) error {
	switch {
	case aws.ToString(name) == "":
		return &types.ApplicationNameRequiredException{Message: ptr("An application name is required.")}
	case !isName(*name):
		return &types.InvalidApplicationNameException{Message: ptr(fmt.Sprintf("%q is not an application name: %s.", *name, nameWords))}
	}
	return nil
}

func checkGroupName(name *string) error {
	switch {
	case aws.ToString(name) == "":
		return &types.DeploymentGroupNameRequiredException{Message: ptr("A deployment group name is required.")}
	case !isName(*name):
		return &types.InvalidDeploymentGroupNameException{Message: ptr(fmt.Sprintf("%q is not a deployment group name: %s.", *name, nameWords))}
	}
	return nil
}

func (w *world) application(name *string) (*application, error) {
	if err := checkApplicationName(name); err != nil {
		return nil, err
	}
	app := w.applications[*name]
	if app == nil {
		return nil, &types.ApplicationDoesNotExistException{Message: ptr("No application found for name: " + *name)}
	}
	return app, nil
}

func (w *world) groupNamed(appName, groupName *string) (*application, *group, error) {
	app, err := w.application(appName)
	if err != nil {
		return nil, nil, err
	}
	if err := checkGroupName(groupName); err != nil {
		return nil, nil, err
	}
	g := app.groups[*groupName]
	if g == nil {
		return nil, nil, &types.DeploymentGroupDoesNotExistException{Message: ptr("No Deployment Group found for name: " + *groupName)}
	}
	return app, g, nil
}

var deploymentIDRule = regexp.MustCompile(`^d-[A-Z0-9]{9}$`)

func (w *world) deployment(id *string) (*deployment, error) {
	switch {
	case aws.ToString(id) == "":
		return nil, &types.DeploymentIdRequiredException{Message: ptr("A deployment id is required.")}
	case !deploymentIDRule.MatchString(*id):
		return nil, &types.InvalidDeploymentIdException{Message: ptr(fmt.Sprintf("%q is not a deployment id: d- and nine letters or digits.", *id))}
	}
	d := w.deployments[*id]
	if d == nil {
		return nil, &types.DeploymentDoesNotExistException{Message: ptr("The deployment " + *id + " could not be found.")}
	}
	return d, nil
}

func checkRevision(r *types.RevisionLocation) error {
	if r == nil {
		return &types.RevisionRequiredException{Message: ptr("A revision is required.")}
	}
	invalid := func(format string, args ...any) error {
		return &types.InvalidRevisionException{Message: ptr(fmt.Sprintf(format, args...))}
	}
	switch r.RevisionType {
	case types.RevisionLocationTypeS3:
		l := r.S3Location
		if l == nil || aws.ToString(l.Bucket) == "" || aws.ToString(l.Key) == "" {
			return invalid("A revision in S3 needs s3Location with bucket and key.")
		}
		switch l.BundleType {
		case types.BundleTypeZip, types.BundleTypeTar, types.BundleTypeTarGZip:
		default:
			return invalid("The bundle type %q is not zip, tar or tgz.", l.BundleType)
		}
	case types.RevisionLocationTypeGitHub:
		return invalid("The engine can't fetch revisions from GitHub yet: push the revision to S3 and deploy that.")
	case "":
		return invalid("The revision has no revisionType.")
	default:
		return invalid("The engine carries out EC2/on-premises deployments of revisions in S3; %s is not among them.", r.RevisionType)
	}
	return nil
}

const (
	pageSize  = 100
	batchSize = 100 // of what is asked for at once, targets aside (limits.md)
)

func tooMany(n int) error {
	return &types.BatchLimitExceededException{Message: ptr(fmt.Sprintf("At most %d names can be asked for at once; there were %d.", batchSize, n))}
}

// page cuts one page out of a list. The token is the offset of the next one.
func page[T any](items []T, token *string, size int) ([]T, *string, error) {
	from := 0
	if aws.ToString(token) != "" {
		n, err := strconv.Atoi(strings.TrimPrefix(*token, "page-"))
		if err != nil || n < 0 || n > len(items) {
			return nil, nil, &types.InvalidNextTokenException{Message: ptr("The next token is not one that this operation gave.")}
		}
		from = n
	}
	to := min(from+size, len(items))
	if items == nil {
		items = []T{}
	}
	if to < len(items) {
		return items[from:to], ptr("page-" + strconv.Itoa(to)), nil
	}
	return items[from:to], nil, nil
}
