package api

import "github.com/codedeploy-steps/codedeploy-steps/internal/engine/deploy"

// CodeDeploy lists the operations of the service by their X-Amz-Target.
func CodeDeploy(s *deploy.Service) map[string]Operation {
	named := map[string]Operation{
		"CreateApplication":            Handle(s.CreateApplication),
		"GetApplication":               Handle(s.GetApplication),
		"BatchGetApplications":         Handle(s.BatchGetApplications),
		"ListApplications":             Handle(s.ListApplications),
		"DeleteApplication":            Handle(s.DeleteApplication),
		"RegisterApplicationRevision":  Handle(s.RegisterApplicationRevision),
		"GetApplicationRevision":       Handle(s.GetApplicationRevision),
		"BatchGetApplicationRevisions": Handle(s.BatchGetApplicationRevisions),
		"ListApplicationRevisions":     Handle(s.ListApplicationRevisions),
		"CreateDeploymentGroup":        Handle(s.CreateDeploymentGroup),
		"UpdateDeploymentGroup":        Handle(s.UpdateDeploymentGroup),
		"GetDeploymentGroup":           Handle(s.GetDeploymentGroup),
		"ListDeploymentGroups":         Handle(s.ListDeploymentGroups),
		"DeleteDeploymentGroup":        Handle(s.DeleteDeploymentGroup),
		"CreateDeploymentConfig":       Handle(s.CreateDeploymentConfig),
		"GetDeploymentConfig":          Handle(s.GetDeploymentConfig),
		"ListDeploymentConfigs":        Handle(s.ListDeploymentConfigs),
		"DeleteDeploymentConfig":       Handle(s.DeleteDeploymentConfig),
		"CreateDeployment":             Handle(s.CreateDeployment),
		"GetDeployment":                Handle(s.GetDeployment),
		"BatchGetDeployments":          Handle(s.BatchGetDeployments),
		"ListDeployments":              Handle(s.ListDeployments),
		"StopDeployment":               Handle(s.StopDeployment),
		"ListDeploymentTargets":        Handle(s.ListDeploymentTargets),
		"GetDeploymentTarget":          Handle(s.GetDeploymentTarget),
		"BatchGetDeploymentTargets":    Handle(s.BatchGetDeploymentTargets),
	}
	out := map[string]Operation{}
	for name, op := range named {
		out[Prefix+name] = op
	}
	return out
}
