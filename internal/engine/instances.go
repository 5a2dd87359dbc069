package engine

import (
	"context"
	"fmt"
	"strings"

	"github.com/codedeploy-steps/codedeploy-steps/internal/awsconf"
	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/deploy"
	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/hosts"
	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/owner"
)

// defaultCount is how many instances there are if nobody says.
const defaultCount = 2

func spec(i deploy.InstanceAdded) hosts.Spec {
	return hosts.Spec{ID: i.ID, Hostname: i.Hostname, Kind: hosts.Kind(i.Kind), Network: i.Network, Name: i.Tags["Name"]}
}

// instanceID numbers the instances of one name: 17 hexadecimal digits, as the
// ids of EC2 instances have, that can be told apart at a glance.
func instanceID(n int) string { return fmt.Sprintf("i-0c0de%012d", n) }

// ensureInstances has as many instances of a name as were asked for. Those that
// are there are kept as long as they are of the right kind; the others go.
func (e *Engine) ensureInstances(ctx context.Context, in *owner.EnsureInput) (*owner.EnsureOutput, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if in.Count != nil && (*in.Count < 1 || *in.Count > awsconf.MaxInstances) {
		return nil, fmt.Errorf("--instances %d: the engine has from 1 to %d instances", *in.Count, awsconf.MaxInstances)
	}
	var have []deploy.Instance
	all := e.Deploy.Instances()
	for _, i := range all {
		if i.Tags["Name"] == in.Name {
			have = append(have, i)
		}
	}
	kind, notes, err := e.kind(ctx, in, have)
	if err != nil {
		return nil, err
	}
	count := defaultCount
	switch {
	case kind == hosts.Host && in.Count != nil && *in.Count != 1:
		return nil, fmt.Errorf("--instances %d: the kind host is this machine, one instance", *in.Count)
	case kind == hosts.Host:
		count = 1
	case in.Count != nil:
		count = *in.Count
	case len(have) > 0:
		count = len(have)
	}
	var kept []deploy.Instance
	for n, i := range have {
		if n < count && hosts.Kind(i.Kind) == kind && (kind != hosts.Sandbox || i.Network == in.Network) {
			kept = append(kept, i)
			continue
		}
		if active := e.Deploy.Active(); len(active) > 0 {
			return nil, fmt.Errorf("instances can't be changed while deployment %s runs", active[0])
		}
		if err := e.Hosts.Remove(i.ID); err != nil {
			return nil, err
		}
		if err := e.Deploy.RemoveInstance(i.ID); err != nil {
			return nil, err
		}
		notes = append(notes, fmt.Sprintf("instance %s (%s) was ended: %d of kind %s are asked for", i.ID, i.Kind, count, kind))
	}
	used := map[string]bool{}
	for _, i := range e.Deploy.Instances() {
		used[i.ID] = true
	}
	for n := 1; len(kept) < count; n++ {
		id := instanceID(n)
		if used[id] {
			continue
		}
		added := deploy.InstanceAdded{ID: id, Hostname: fmt.Sprintf("%s-%d", in.Name, n), Kind: string(kind), Network: in.Network, Tags: map[string]string{"Name": in.Name}}
		if err := e.Deploy.AddInstance(added); err != nil {
			return nil, err
		}
		e.Hosts.Add(spec(added))
		kept = append(kept, deploy.Instance{InstanceAdded: added})
	}
	isolation, err := e.Hosts.Start(ctx)
	if err != nil {
		return nil, err
	}
	what := fmt.Sprintf("instances: %d of kind %s", count, kind)
	for _, s := range isolation {
		what += "; " + strings.ToLower(s[:1]) + strings.TrimSuffix(s[1:], ".")
	}
	out := &owner.EnsureOutput{Notes: append([]string{what}, notes...)}
	for _, i := range kept {
		out.Instances = append(out.Instances, owner.InstanceInfo{ID: i.ID, Hostname: i.Hostname, Kind: i.Kind, Network: i.Network, Name: in.Name})
	}
	return out, nil
}

// kind settles the kind of the instances: that of those that are there, unless
// another one is asked for.
func (e *Engine) kind(ctx context.Context, in *owner.EnsureInput, have []deploy.Instance) (hosts.Kind, []string, error) {
	asked := hosts.Kind(in.Kind)
	if len(have) > 0 && (asked == hosts.Auto || asked == "" || asked == hosts.Kind(have[0].Kind)) {
		return hosts.Kind(have[0].Kind), nil, nil
	}
	choice, err := hosts.Choose(ctx, asked, hosts.Here(e.Folder.Dir))
	if err != nil {
		return "", nil, fmt.Errorf("--instance-kind %s: %w", in.Kind, err)
	}
	return choice.Kind, choice.Why, nil
}

// status tells of the instances and of what runs.
func (e *Engine) status(_ context.Context, in *owner.StatusInput) (*owner.StatusOutput, error) {
	listen := e.listening() // waits for instances that are being made, so that the list has them
	list, err := e.Hosts.Status(in.Changes)
	if err != nil {
		return nil, err
	}
	out := &owner.StatusOutput{PID: pid(), Listen: listen, Active: e.Deploy.Active()}
	for _, s := range list {
		out.Instances = append(out.Instances, info(s))
	}
	return out, nil
}

func info(s hosts.Status) owner.InstanceInfo {
	i := owner.InstanceInfo{ID: s.ID, Hostname: s.Hostname, Kind: string(s.Kind), Network: s.Network, Name: s.Name, State: s.State, PID: s.PID, Folder: s.Folder}
	for _, c := range s.Changes {
		i.Changes = append(i.Changes, owner.Change(c))
	}
	return i
}

// stop ends every instance's processes, and a serving engine with them.
func (e *Engine) stop(context.Context, *owner.StopInput) (*owner.StopOutput, error) {
	list, err := e.Hosts.Status(false)
	if err != nil {
		return nil, err
	}
	if err := e.Hosts.Stop(); err != nil {
		return nil, err
	}
	out := &owner.StopOutput{}
	for _, s := range list {
		out.Instances = append(out.Instances, info(s))
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	select {
	case <-e.shutdown:
	default:
		close(e.shutdown)
	}
	return out, nil
}
