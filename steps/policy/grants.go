package policy

// grant is an action that an operation needs, and the kind of resource that it
// is allowed on.
type grant struct {
	action string
	on     kind
	// when says if the inputs ask for it; nil is always.
	when func(*Inputs) bool
	// wide says that the Service Authorization Reference allows the action on *
	// only, where the User Guide names a resource.
	wide bool
}

// grants says what each operation needs. It is made when it is asked for: other
// steps do not wait for it.
//
// CodeDeploy: the User Guide's "CodeDeploy permissions reference". It does not
// name BatchGetDeploymentTargets, which is taken for what GetDeploymentTarget is.
// S3: the API reference's permissions of each operation, and "Required
// permissions for Amazon S3 API operations". The owner of a bucket is told that
// an object is not there only with s3:ListBucket; else it is forbidden to him,
// and neither push, rollback nor prune could tell an absent bundle from one that
// must not be read. KMS: "Protecting data with server-side encryption": a part
// is encrypted with a key that the others have to decrypt.
func grants() map[string][]grant {
	// written is what an object that is made needs.
	written := []grant{
		{action: "s3:PutObject", on: bundles},
		{action: "kms:GenerateDataKey", on: key, when: withKey},
		{action: "s3:PutObjectAcl", on: bundles, when: func(in *Inputs) bool { return in.S3ACL != "" }},
		{action: "s3:PutObjectTagging", on: bundles, when: func(in *Inputs) bool { return len(in.S3Tags) > 0 }},
	}
	part := append([]grant{{action: "kms:Decrypt", on: key, when: withKey}}, written[:2]...)
	return map[string][]grant{
		"CodeDeploy BatchGetApplicationRevisions": {{action: "codedeploy:BatchGetApplicationRevisions", on: application}},
		"CodeDeploy BatchGetDeployments":          {{action: "codedeploy:BatchGetDeployments", on: group}},
		"CodeDeploy BatchGetDeploymentTargets":    {{action: "codedeploy:BatchGetDeploymentTargets", on: group, wide: true}},
		"CodeDeploy CreateDeployment": {
			{action: "codedeploy:CreateDeployment", on: group},
			{action: "codedeploy:GetDeploymentConfig", on: config},
			{action: "codedeploy:GetApplicationRevision", on: application},
		},
		"CodeDeploy GetApplication":              {{action: "codedeploy:GetApplication", on: application}},
		"CodeDeploy GetApplicationRevision":      {{action: "codedeploy:GetApplicationRevision", on: application}},
		"CodeDeploy GetDeployment":               {{action: "codedeploy:GetDeployment", on: group}},
		"CodeDeploy GetDeploymentGroup":          {{action: "codedeploy:GetDeploymentGroup", on: group}},
		"CodeDeploy ListApplicationRevisions":    {{action: "codedeploy:ListApplicationRevisions", on: applications}},
		"CodeDeploy ListDeploymentGroups":        {{action: "codedeploy:ListDeploymentGroups", on: groups}},
		"CodeDeploy ListDeployments":             {{action: "codedeploy:ListDeployments", on: group}},
		"CodeDeploy ListDeploymentTargets":       {{action: "codedeploy:ListDeploymentTargets", on: group, wide: true}},
		"CodeDeploy ListGitHubAccountTokenNames": {{action: "codedeploy:ListGitHubAccountTokenNames", on: account, wide: true}},
		"CodeDeploy RegisterApplicationRevision": {{action: "codedeploy:RegisterApplicationRevision", on: application}},
		"CodeDeploy StopDeployment":              {{action: "codedeploy:StopDeployment", on: group, wide: true}},

		"S3 HeadObject":              {{action: "s3:GetObject", on: bundles}, {action: "s3:ListBucket", on: bucket}},
		"S3 GetObject":               {{action: "s3:GetObject", on: bundles}, {action: "kms:Decrypt", on: key, when: withKey}},
		"S3 PutObject":               written,
		"S3 CreateMultipartUpload":   written,
		"S3 UploadPart":              part,
		"S3 CompleteMultipartUpload": part,
		"S3 AbortMultipartUpload":    {{action: "s3:AbortMultipartUpload", on: bundles}},
		"S3 DeleteObject":            {{action: "s3:DeleteObject", on: bundles}},
	}
}

// versioned is the action that S3 has instead for a version of an object.
func versioned(action string) string {
	switch action {
	case "s3:GetObject", "s3:DeleteObject":
		return action + "Version"
	}
	return ""
}

func withKey(in *Inputs) bool { return in.S3KMSKey != "" }
