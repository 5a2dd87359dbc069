package deploy

import (
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// world is the state that the log adds up to.
type world struct {
	applications map[string]*application
	configs      map[string]*config
	instances    map[string]*Instance
	deployments  map[string]*deployment
	order        []*deployment // by creation
}

type application struct {
	id, name  string
	created   time.Time
	groups    map[string]*group
	revisions []*revision
}

type group struct {
	info   types.DeploymentGroupInfo
	health map[string]health // by instance
	active *deployment       // the one deployment that a group may have running
	last   *deployment       // newest that was tried
	good   []*deployment     // those that succeeded, oldest first
}

// health is what a group knows of an instance: the outcome of its last deployment.
type health struct {
	healthy  bool
	revision string // key of the revision that was deployed with success last
}

type config struct {
	id, name string
	minimum  types.MinimumHealthyHosts
	created  time.Time
}

type revision struct {
	location    types.RevisionLocation
	description string
	registered  time.Time
	firstUsed   time.Time
	lastUsed    time.Time
}

// Instance is a built-in instance.
type Instance struct {
	InstanceAdded
	Added time.Time
}

type deployment struct {
	DeploymentCreated
	groupID   string
	created   time.Time
	started   time.Time
	completed time.Time
	status    types.DeploymentStatus
	targets   []*target
	minimum   int
	failing   *types.ErrorInformation
	stopping  bool
	stop      *StopRequested
	err       *types.ErrorInformation
	rollback  string // id of the deployment that rolled this one back
	message   string // rollback message
}

type target struct {
	id      string
	status  types.TargetStatus
	events  []*lifecycle
	updated time.Time
}

type lifecycle struct {
	name        string
	status      types.LifecycleEventStatus
	start, end  time.Time
	diagnostics *types.Diagnostics
}

func newWorld() *world {
	return &world{
		applications: map[string]*application{},
		configs:      map[string]*config{},
		instances:    map[string]*Instance{},
		deployments:  map[string]*deployment{},
	}
}

// apply folds one event into the state. Events were checked when they were
// made, so what they name exists.
func (w *world) apply(e Event) {
	switch {
	case e.ApplicationCreated != nil:
		w.applications[e.ApplicationCreated.Name] = &application{
			id: e.ApplicationCreated.ID, name: e.ApplicationCreated.Name, created: e.At, groups: map[string]*group{},
		}
	case e.ApplicationDeleted != nil:
		delete(w.applications, e.ApplicationDeleted.Name)
	case e.GroupPut != nil:
		info := e.GroupPut.Info
		app := w.applications[aws.ToString(info.ApplicationName)]
		g := app.groups[aws.ToString(info.DeploymentGroupName)]
		if g == nil {
			g = &group{health: map[string]health{}}
			app.groups[aws.ToString(info.DeploymentGroupName)] = g
		}
		g.info = info
	case e.GroupDeleted != nil:
		delete(w.applications[e.GroupDeleted.Application].groups, e.GroupDeleted.Group)
	case e.ConfigCreated != nil:
		w.configs[e.ConfigCreated.Name] = &config{id: e.ConfigCreated.ID, name: e.ConfigCreated.Name, minimum: e.ConfigCreated.Minimum, created: e.At}
	case e.ConfigDeleted != nil:
		delete(w.configs, e.ConfigDeleted.Name)
	case e.RevisionRegistered != nil:
		w.applyRevision(e)
	case e.InstanceAdded != nil:
		w.instances[e.InstanceAdded.ID] = &Instance{InstanceAdded: *e.InstanceAdded, Added: e.At}
	case e.InstanceRemoved != nil:
		delete(w.instances, e.InstanceRemoved.ID)
		w.forget(e.InstanceRemoved.ID)
	case e.InstanceReplaced != nil:
		w.forget(e.InstanceReplaced.ID)
	default:
		w.applyDeployment(e)
	}
}

func (w *world) applyRevision(e Event) {
	app := w.applications[e.RevisionRegistered.Application]
	key := revisionKey(&e.RevisionRegistered.Location)
	for _, r := range app.revisions {
		if revisionKey(&r.location) == key {
			r.registered, r.description = e.At, e.RevisionRegistered.Description
			return
		}
	}
	app.revisions = append(app.revisions, &revision{
		location: e.RevisionRegistered.Location, description: e.RevisionRegistered.Description, registered: e.At,
	})
}

// known says if a group has deployed to an instance.
func (w *world) known(instance string) bool {
	for _, app := range w.applications {
		for _, g := range app.groups {
			if _, ok := g.health[instance]; ok {
				return true
			}
		}
	}
	return false
}

// forget drops what the groups know of an instance that is not the same any more.
func (w *world) forget(instance string) {
	for _, app := range w.applications {
		for _, g := range app.groups {
			delete(g.health, instance)
		}
	}
}

func (w *world) applyDeployment(e Event) {
	switch {
	case e.DeploymentCreated != nil:
		d := &deployment{DeploymentCreated: *e.DeploymentCreated, created: e.At, status: types.DeploymentStatusCreated}
		w.deployments[d.ID] = d
		w.order = append(w.order, d)
		if g := w.group(d); g != nil {
			d.groupID = aws.ToString(g.info.DeploymentGroupId)
			g.active, g.last = d, d
		}
		if of := w.deployments[d.RollbackOf]; of != nil {
			of.rollback = d.ID
		}
		if app := w.applications[d.Application]; app != nil {
			app.used(&d.Revision, e.At)
		}
	case e.DeploymentStarted != nil:
		d := w.deployments[e.DeploymentStarted.ID]
		d.status, d.started, d.minimum = types.DeploymentStatusInProgress, e.At, e.DeploymentStarted.Minimum
		for _, id := range e.DeploymentStarted.Targets {
			t := &target{id: id, status: types.TargetStatusPending, updated: e.At}
			for _, name := range e.DeploymentStarted.Events {
				t.events = append(t.events, &lifecycle{name: name, status: types.LifecycleEventStatusPending})
			}
			d.targets = append(d.targets, t)
		}
	case e.DeploymentFailing != nil:
		w.deployments[e.DeploymentFailing.ID].failing = &e.DeploymentFailing.Error
	case e.StopRequested != nil:
		d := w.deployments[e.StopRequested.ID]
		d.stopping, d.stop = true, e.StopRequested
	case e.EventStarted != nil:
		t := w.deployments[e.EventStarted.Deployment].target(e.EventStarted.Target)
		l := t.event(e.EventStarted.Name)
		l.status, l.start = types.LifecycleEventStatusInProgress, e.At
		t.status, t.updated = types.TargetStatusInProgress, e.At
	case e.EventEnded != nil:
		t := w.deployments[e.EventEnded.Deployment].target(e.EventEnded.Target)
		l := t.event(e.EventEnded.Name)
		l.status, l.end, l.diagnostics = e.EventEnded.Status, e.At, e.EventEnded.Diagnostics
		t.updated = e.At
	case e.TargetEnded != nil:
		w.applyTargetEnded(e)
	case e.DeploymentEnded != nil:
		d := w.deployments[e.DeploymentEnded.ID]
		d.status, d.err, d.completed, d.message = e.DeploymentEnded.Status, e.DeploymentEnded.Error, e.At, e.DeploymentEnded.RollbackMessage
		if g := w.group(d); g != nil {
			if g.active == d {
				g.active = nil
			}
			if d.status == types.DeploymentStatusSucceeded {
				g.good = append(g.good, d)
			}
		}
	}
}

// applyTargetEnded settles a target's events and its health (instances-health.md).
func (w *world) applyTargetEnded(e Event) {
	d := w.deployments[e.TargetEnded.Deployment]
	t := d.target(e.TargetEnded.Target)
	attempted := t.status != types.TargetStatusPending
	t.status, t.updated = e.TargetEnded.Status, e.At
	for _, l := range t.events {
		if l.status == types.LifecycleEventStatusPending {
			l.status = types.LifecycleEventStatusSkipped
		}
	}
	g := w.group(d)
	if g == nil || !attempted {
		return
	}
	h := g.health[t.id]
	if h.healthy = t.status == types.TargetStatusSucceeded; h.healthy {
		h.revision = revisionKey(&d.Revision)
	}
	g.health[t.id] = h
}

func (a *application) used(location *types.RevisionLocation, at time.Time) {
	for _, r := range a.revisions {
		if revisionKey(&r.location) != revisionKey(location) {
			continue
		}
		if r.firstUsed.IsZero() {
			r.firstUsed = at
		}
		r.lastUsed = at
	}
}

// groupName names the group of an id as users do; "" if there is none.
func (w *world) groupName(id string) string {
	for _, app := range w.applications {
		for name, g := range app.groups {
			if id != "" && aws.ToString(g.info.DeploymentGroupId) == id {
				return name + " of the application " + app.name
			}
		}
	}
	return ""
}

func (w *world) group(d *deployment) *group {
	app := w.applications[d.Application]
	if app == nil {
		return nil
	}
	return app.groups[d.Group]
}

func (d *deployment) target(id string) *target {
	for _, t := range d.targets {
		if t.id == id {
			return t
		}
	}
	return nil
}

func (d *deployment) ended() bool {
	switch d.status {
	case types.DeploymentStatusSucceeded, types.DeploymentStatusFailed, types.DeploymentStatusStopped:
		return true
	}
	return false
}

func (t *target) event(name string) *lifecycle {
	for _, l := range t.events {
		if l.name == name {
			return l
		}
	}
	return nil
}

// running gives the event that is being carried out on the target, or nil.
func (t *target) running() *lifecycle {
	for _, l := range t.events {
		if l.status == types.LifecycleEventStatusInProgress {
			return l
		}
	}
	return nil
}

// revisionKey names a revision's location, so that equal ones have equal keys.
func revisionKey(r *types.RevisionLocation) string {
	switch {
	case r == nil:
		return ""
	case r.S3Location != nil:
		l := r.S3Location
		return "s3://" + aws.ToString(l.Bucket) + "/" + aws.ToString(l.Key) + "?" + aws.ToString(l.Version) + "&" + trimETag(l.ETag)
	case r.GitHubLocation != nil:
		return "github://" + aws.ToString(r.GitHubLocation.Repository) + "@" + aws.ToString(r.GitHubLocation.CommitId)
	}
	return string(r.RevisionType)
}

// revisionText names a revision's location as a user would write it.
func revisionText(r *types.RevisionLocation) string {
	if r == nil || r.S3Location == nil {
		return revisionKey(r)
	}
	l := r.S3Location
	q := url.Values{}
	if v := aws.ToString(l.Version); v != "" {
		q.Set("versionId", v)
	}
	if e := trimETag(l.ETag); e != "" {
		q.Set("etag", e)
	}
	return (&url.URL{Scheme: "s3", Host: aws.ToString(l.Bucket), Path: "/" + aws.ToString(l.Key), RawQuery: q.Encode()}).String()
}
