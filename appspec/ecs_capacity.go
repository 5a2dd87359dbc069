package appspec

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"
)

func providerKeys() []string { return []string{"Base", "CapacityProvider", "Weight"} }

// The largest values that Amazon ECS takes (API reference,
// CapacityProviderStrategyItem).
const (
	maxBase   = 100_000
	maxWeight = 1000
)

// capacityProviders reads the strategy that spreads tasks over providers.
func (r *reader) capacityProviders(d dialect, e entry) []CapacityProvider {
	switch {
	case isNull(e), r.isTemplate(r.value(e)):
		return nil
	case e.node.Kind != yaml.SequenceNode:
		r.fails("ECS-019", r.valueRange(e), "CapacityProviderStrategy is not a list", "", "Begin each provider with a dash: - CapacityProvider: FARGATE.")
		return nil
	}
	var list []CapacityProvider
	base, weighted := 0, false
	for _, item := range r.items(e.node) {
		v := stringOf(r.text, item)
		if item.Kind != yaml.MappingNode {
			weighted = weighted || r.isTemplate(v)
			if !r.isTemplate(v) {
				r.fails("ECS-019", v.Range(), "an item of CapacityProviderStrategy is no mapping", "", "Write - CapacityProvider: and its name.")
			}
			continue
		}
		if r.isTemplate(v) {
			weighted = true
			continue
		}
		keys, others := r.keys(d, r.entries(item), providerKeys()...)
		r.unknownProperties(d, others, providerKeys()...)
		p := CapacityProvider{r.value(keys["CapacityProvider"]), r.value(keys["Base"]), r.value(keys["Weight"])}
		list = append(list, p)
		r.checkProvider(p, keys["CapacityProvider"], v)
		if r.share("Base", p.Base, maxBase) > 0 {
			if base != 0 {
				r.fails("ECS-020", p.Base.Range(), fmt.Sprintf("a second provider has a Base, after line %d; only one may", base), "", "Leave Base out, or write 0, for all but one.")
			} else {
				base = p.Base.Pos.Line
			}
		}
		weighted = r.share("Weight", p.Weight, maxWeight) != 0 || weighted
	}
	if len(list) > 1 && !weighted {
		r.fails("ECS-021", e.key.Range(), "no provider has a Weight above 0, so that no task can be placed", "", "Give at least one a Weight, such as 1.")
	}
	return list
}

func (r *reader) checkProvider(p CapacityProvider, e entry, item String) {
	switch v := p.Name; {
	case e.node == nil:
		r.warn("ECS-022", item.Range(), "an item of CapacityProviderStrategy names no CapacityProvider", "Add CapacityProvider: FARGATE, for example.")
	case isBlank(v):
		r.warn("ECS-022", r.valueRange(e), "CapacityProvider has no value", "Give the provider's short name, such as FARGATE.")
	case strings.HasPrefix(v.Value, "arn:"):
		r.warn("ECS-022", v.Range(), "CapacityProvider is an ARN; its short name is expected", "Write what stands after the slash.")
	}
}

// share reads a Base or Weight: 0 if it is absent, -1 if it cannot be known.
func (r *reader) share(what string, v String, most int64) int64 {
	n, bare, ok := plainNumber(v)
	switch {
	case !v.Present():
		return 0
	case r.isTemplate(v):
		return -1
	case !ok || n > most:
		r.fails("ECS-019", v.Range(), fmt.Sprintf("%s is %s, not a number from 0 to %d", what, readAs(v), most), "", fmt.Sprintf("Write a whole number, such as %s: 1.", what))
		return -1
	case !bare:
		r.warn("ECS-019", v.Range(), what+" is text; it is documented as a number", "Remove the quotes.")
	}
	return n
}
