package appspec

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"
)

func balancerKeys() []string { return []string{"ContainerName", "ContainerPort"} }

var containerRule = lazily(`^[A-Za-z0-9_-]{1,255}$`)

// ecsService reads the properties of a service.
func (r *reader) ecsService(d dialect, name String, properties entry) *Service {
	s := &Service{Name: name}
	if properties.node == nil {
		return s
	}
	keys, others := r.keys(d, r.entries(properties.node), d.properties...)
	r.unknownProperties(d, others, d.properties...)
	s.TaskDefinition = r.taskDefinition(keys["TaskDefinition"], properties)
	r.balancer(d, s, keys["LoadBalancerInfo"], properties)
	s.PlatformVersion = r.platformVersion(keys["PlatformVersion"])
	s.Network = r.network(d, keys["NetworkConfiguration"])
	s.CapacityProviders = r.capacityProviders(d, keys["CapacityProviderStrategy"])
	return s
}

// missing is where a key without a value is reported: at the key, or at the
// parent that lacks it.
func (r *reader) missing(e, parent entry) Range {
	if e.node == nil {
		return parent.key.Range()
	}
	return r.valueRange(e)
}

// lacking says that a value is not there: without its key, or after it.
func lacking(e entry, name string) string {
	if e.node == nil {
		return name + " is missing"
	}
	return name + " has no value"
}

func (r *reader) taskDefinition(e, properties entry) String {
	v := r.value(e)
	const help = "Give its ARN: arn:aws:ecs:REGION:ACCOUNT:task-definition/FAMILY:REVISION."
	switch {
	case isBlank(v):
		r.fails("ECS-007", r.missing(e, properties), lacking(e, "TaskDefinition"), "", help)
	case r.isTemplate(v):
		r.warn("ECS-008", v.Range(), "TaskDefinition is a placeholder; it has to be replaced before the deployment",
			"A pipeline that fills it in, such as CodePipeline with <TASK_DEFINITION>, needs nothing more.")
	case v.Kind != Text:
		r.fails("ECS-008", v.Range(), "TaskDefinition is not text but "+show(v.Value), "", help)
	default:
		switch _, revision, problem := taskDefinition(v.Value); {
		case problem != "":
			r.fails("ECS-008", v.Range(), "TaskDefinition "+problem, "", help)
		case !revision:
			r.warn("ECS-009", v.Range(), "TaskDefinition names no revision", "Add it: :1 at the end, for example.")
		}
	}
	return v
}

// balancer reads which container gets the traffic.
func (r *reader) balancer(d dialect, s *Service, e, properties entry) {
	const help = "Add LoadBalancerInfo: with ContainerName and ContainerPort below it."
	switch {
	case isNull(e):
		r.fails("ECS-010", r.missing(e, properties), lacking(e, "LoadBalancerInfo"), "", help)
		return
	case r.isTemplate(r.value(e)):
		return
	case e.node.Kind != yaml.MappingNode:
		r.fails("ECS-010", r.valueRange(e), "LoadBalancerInfo is not a mapping", "", "Write ContainerName and ContainerPort below it, without a dash.")
		return
	}
	keys, others := r.keys(d, r.entries(e.node), balancerKeys()...)
	r.unknownProperties(d, others, balancerKeys()...)
	name := keys["ContainerName"]
	s.ContainerName = r.value(name)
	switch v := s.ContainerName; {
	case isBlank(v):
		r.fails("ECS-011", r.missing(name, e), lacking(name, "ContainerName"), "", "Name the container of the task definition that takes the traffic.")
	case r.isTemplate(v):
	case v.Kind == Text && !containerRule().MatchString(v.Value):
		r.fails("ECS-011", v.Range(), "no container can be named "+show(v.Value), "", "Container names have letters, digits, - and _, at most 255.")
	case v.Kind == Text:
	case v.Kind == List || v.Kind == Mapping:
		r.fails("ECS-011", v.Range(), "ContainerName is not text but "+show(v.Value), "", "Name one container.")
	default:
		r.warn("ECS-011", v.Range(), "ContainerName "+show(v.Raw)+" is not text to YAML", "Quote it.")
	}
	s.ContainerPort = r.containerPort(keys["ContainerPort"], e)
}

func (r *reader) containerPort(e, parent entry) String {
	v := r.value(e)
	const help = "Give a port of the container, 1 to 65535, such as ContainerPort: 80."
	n, bare, ok := plainNumber(v)
	switch {
	case isBlank(v):
		r.fails("ECS-012", r.missing(e, parent), lacking(e, "ContainerPort"), "", help)
	case r.isTemplate(v):
	case !ok || n < 1 || n > 65535:
		r.fails("ECS-012", v.Range(), "ContainerPort is "+readAs(v)+", not a port", "", help)
	case !bare:
		r.warn("ECS-013", v.Range(), "ContainerPort is text; it is the only property that is a number", "Remove the quotes.")
	}
	return v
}

var platformVersionRule = lazily(`^(?:LATEST|\d+\.\d+\.\d+)$`)

func (r *reader) platformVersion(e entry) String {
	v := r.value(e)
	const help = `Write "LATEST" or a version of three numbers in quotes, such as "1.4.0".`
	switch {
	case !v.Present() || r.isTemplate(v):
	case v.Kind == Int || v.Kind == Float:
		r.warn("ECS-023", v.Range(), "PlatformVersion "+v.Raw+" is a number, not text", help)
	case v.Kind != Text || !platformVersionRule().MatchString(v.Value):
		r.warn("ECS-023", v.Range(), "PlatformVersion "+show(v.Raw)+" is no version of the platform", help)
	}
	return v
}

// checkPlaces compares where the functions are with where the tasks are.
func (r *reader) checkPlaces(f *File) {
	at, _, problem := taskDefinition(f.Service.TaskDefinition.Value)
	if problem != "" {
		return
	}
	for _, hook := range f.Validations {
		called, ok := parseFunction(hook.Function.Value)
		if !ok {
			continue
		}
		if difference := called.differs(at); difference != "" {
			r.warn("ECS-032", hook.Function.Range(), "the function is in "+difference+" as the task definition", "Name a function of the deployment's own region and account.")
		}
	}
}

// checkService applies the rules about where a document for Amazon ECS goes.
func (f *findings) checkService(file *File, target Target) {
	if file.Service == nil {
		return
	}
	if target.NoTestListener {
		for _, hook := range file.Validations {
			if hook.Event.Value == "AfterAllowTestTraffic" {
				f.warn("ECS-031", hook.Event.Range(), "AfterAllowTestTraffic is ignored: the load balancer has no test listener",
					"Give the deployment group a test listener, or use BeforeAllowTraffic.")
			}
		}
	}
	container := file.Service.ContainerName
	if len(target.Containers) == 0 || container.Kind != Text || isBlank(container) || placeholder().MatchString(container.Value) {
		return
	}
	for _, name := range target.Containers {
		if name == container.Value {
			return
		}
	}
	help := "Its containers are " + strings.Join(target.Containers, ", ") + "."
	if near, ok := nearest(container.Value, target.Containers, 2); ok {
		help = fmt.Sprintf("Did you mean %q?", near)
	}
	f.fails("ECS-011", container.Range(), "the task definition has no container "+show(container.Value), "", help)
}
