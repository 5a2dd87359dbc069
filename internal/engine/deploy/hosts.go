package deploy

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/codedeploy-steps/codedeploy-steps/internal/agent"
)

// Poll waits for the next command of an instance. A command is given once by
// this process; after a restart it is given again under the same id, and the
// instance knows what it has done.
func (s *Service) Poll(ctx context.Context, instance string) (agent.Command, error) {
	for {
		if err := ctx.Err(); err != nil {
			return agent.Command{}, err // whoever gave up polling would lose a command
		}
		s.mu.Lock()
		c, ok := s.command(instance)
		changed := s.changed
		s.mu.Unlock()
		if ok {
			return c, nil
		}
		select {
		case <-ctx.Done():
		case <-changed:
		}
	}
}

func (s *Service) command(instance string) (agent.Command, bool) {
	if !s.running || s.broken != nil { // its result could not be kept, and it would be given again at once
		return agent.Command{}, false
	}
	for _, d := range s.world.order {
		if d.ended() {
			continue
		}
		t := d.target(instance)
		if t == nil {
			continue
		}
		l := t.running()
		if l == nil || s.taken[commandID(d.ID, instance, l.name)] {
			continue
		}
		c := agent.Command{ID: commandID(d.ID, instance, l.name), Event: l.name, Spec: s.specification(d)}
		s.taken[c.ID] = true
		return c, true
	}
	return agent.Command{}, false
}

// commandID names a command: deployment, instance and event, so that the same
// one has the same name in every process.
func commandID(deployment, instance, event string) string {
	return deployment + "/" + instance + "/" + event
}

func (s *Service) specification(d *deployment) agent.Specification {
	spec := agent.Specification{
		DeploymentID: d.ID, DeploymentGroupID: d.groupID, DeploymentGroupName: d.Group, ApplicationName: d.Application,
		DeploymentCreator: string(d.Creator), DeploymentType: string(types.DeploymentTypeInPlace),
		FileExistsBehavior: string(d.FileExists),
	}
	if l := d.Revision.S3Location; l != nil {
		spec.Revision = agent.Revision{
			Bucket: aws.ToString(l.Bucket), Key: aws.ToString(l.Key), BundleType: string(l.BundleType),
			Version: aws.ToString(l.Version), ETag: trimETag(l.ETag),
		}
	}
	return spec
}

// Acknowledge is asked before a command is carried out. It answers false for a
// command that is not wanted any more: its deployment was stopped or ended.
func (s *Service) Acknowledge(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, _, l := s.find(id)
	// One from before this process may be running on its instance: it is joined
	// there and finished, as the service does with events that run.
	return l != nil && !d.ended() && (!d.stopping || s.before[id])
}

// Complete takes the result of a command. A result that comes too late (the
// event has ended otherwise) changes nothing.
func (s *Service) Complete(id string, r agent.Result) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.taken, id)
	d, t, l := s.find(id)
	if l == nil {
		return nil
	}
	e := &EventEnded{Deployment: d.ID, Target: t.id, Name: l.name, Status: types.LifecycleEventStatusSucceeded, Diagnostics: diagnostics(r)}
	if name := s.world.groupName(r.Owner); name != "" {
		e.Diagnostics.LogTail = ptr("The file there was installed by the deployment group " + name + ".")
	}
	if r.Code != agent.Succeeded {
		e.Status = types.LifecycleEventStatusFailed
	}
	return s.change(Event{EventEnded: e})
}

// Release gives a command back that was taken but not begun.
func (s *Service) Release(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.taken, id)
	s.wake()
}

// find gives the event that a command stands for, if it is being carried out.
func (s *Service) find(id string) (*deployment, *target, *lifecycle) {
	parts := strings.Split(id, "/")
	if len(parts) != 3 {
		return nil, nil, nil
	}
	d := s.world.deployments[parts[0]]
	if d == nil {
		return nil, nil, nil
	}
	t := d.target(parts[1])
	if t == nil {
		return nil, nil, nil
	}
	if l := t.running(); l != nil && l.name == parts[2] {
		return d, t, l
	}
	return nil, nil, nil
}

// errorCodes maps the agent's codes to the API's. Two of the agent's codes have
// no name in the API.
var errorCodes = map[agent.Code]types.LifecycleErrorCode{
	agent.Succeeded:           types.LifecycleErrorCodeSuccess,
	agent.ScriptMissing:       types.LifecycleErrorCodeScriptMissing,
	agent.ScriptNotExecutable: types.LifecycleErrorCodeScriptNotExecutable,
	agent.ScriptTimedOut:      types.LifecycleErrorCodeScriptTimedOut,
	agent.ScriptFailed:        types.LifecycleErrorCodeScriptFailed,
}

func diagnostics(r agent.Result) *types.Diagnostics {
	code, ok := errorCodes[r.Code]
	if !ok {
		code = types.LifecycleErrorCodeUnknownError
	}
	return &types.Diagnostics{ErrorCode: code, ScriptName: ptr(r.ScriptName), Message: ptr(r.Message), LogTail: ptr(r.Log)}
}

func trimETag(e *string) string { return strings.Trim(aws.ToString(e), `"`) }
