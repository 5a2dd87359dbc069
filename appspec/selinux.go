package appspec

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// highestCategory is the last SELinux category.
const highestCategory = 1023

// ParseSELinuxRange reads a range sN[-sM][:categories] as the agent does and
// returns it in the form in which the agent hands it on: categories sorted and
// joined. The error holds the agent's words.
func ParseSELinuxRange(text string) (string, error) {
	levels, categories, hasCategories := strings.Cut(text, ":")
	if levels == "" || hasCategories && categories == "" {
		return "", errors.New("invalid range part " + text)
	}
	low, high, hasHigh := strings.Cut(levels, "-")
	if low == "" || hasHigh && high == "" {
		return "", errors.New("invalid range part " + levels)
	}
	from, err := numbered(low, 's', "sensitivity")
	if err != nil {
		return "", err
	}
	canonical := fmt.Sprintf("s%d", from)
	if hasHigh {
		to, err := numbered(high, 's', "sensitivity")
		if err != nil {
			return "", err
		}
		if to < from {
			return "", fmt.Errorf(saysRangeOrder, text)
		}
		if to > from {
			canonical += fmt.Sprintf("-s%d", to)
		}
	}
	if !hasCategories {
		return canonical, nil
	}
	numbers, err := selinuxCategories(categories)
	if err != nil {
		return "", err
	}
	return canonical + ":" + joined(numbers), nil
}

// selinuxCategories gives the numbers of a list such as c1,c4.c6, sorted. As
// with the agent, commas at its end are not seen.
func selinuxCategories(list string) ([]int, error) {
	var numbers []int
	list = strings.TrimRight(list, ",")
	if list == "" {
		return nil, nil
	}
	for part := range strings.SplitSeq(list, ",") {
		low, high, isRange := strings.Cut(part, ".")
		if isRange && (low == "" || high == "") {
			return nil, errors.New("invalid range part " + part)
		}
		from, err := category(low)
		if err != nil {
			return nil, err
		}
		to := from
		if isRange {
			if to, err = category(high); err != nil {
				return nil, err
			}
			if to < from {
				return nil, fmt.Errorf("invalid category range %s.%s", low, high)
			}
		}
		for n := from; n <= to; n++ {
			numbers = append(numbers, n)
		}
		if len(numbers) > highestCategory+1 {
			return nil, errors.New("duplicate categories")
		}
	}
	slices.Sort(numbers)
	if len(slices.Compact(slices.Clone(numbers))) < len(numbers) {
		return nil, errors.New("duplicate categories")
	}
	return numbers, nil
}

func category(text string) (int, error) {
	n, err := numbered(text, 'c', "category")
	if err == nil && n > highestCategory {
		err = errors.New("invalid category " + text)
	}
	return n, err
}

// numbered reads a letter and a number.
func numbered(text string, letter byte, what string) (int, error) {
	if len(text) < 2 || text[0] != letter || strings.Trim(text[1:], "0123456789") != "" {
		return 0, fmt.Errorf("invalid %s %s", what, text)
	}
	n, err := strconv.Atoi(text[1:])
	if err != nil {
		return n, nil // too large for an int: Atoi gives the largest
	}
	return n, nil
}

// joined writes sorted numbers, consecutive ones as a range.
func joined(numbers []int) string {
	var parts []string
	for i := 0; i < len(numbers); {
		end := i
		for end+1 < len(numbers) && numbers[end+1] == numbers[end]+1 {
			end++
		}
		part := fmt.Sprintf("c%d", numbers[i])
		if end > i {
			part += fmt.Sprintf(".c%d", numbers[end])
		}
		parts = append(parts, part)
		i = end + 1
	}
	return strings.Join(parts, ",")
}

func (r *reader) context(p *Permission, e entry) {
	const help = "Write context: with type: and range: below it."
	switch {
	case isNull(e):
		return
	case e.node.Kind != yaml.MappingNode:
		says := fmt.Sprintf(saysContextType, inspect(e.node))
		text := r.value(e)
		switch {
		case e.node.Kind == yaml.SequenceNode:
			says = saysNoIndex
		case text.Kind == Text && strings.Contains(text.Value, "type") && strings.Contains(text.Value, "range"):
			says = "invalid sensitivity range" // Ruby finds the keys in the text
		case text.Kind == Text && strings.Contains(text.Value, "type"):
			r.fails("EC2-080", text.Range(), "context is a text, not a mapping with a type", saysNoRange, help)
			return
		}
		r.refused("EC2-080", r.valueRange(e), "context is not a mapping with a type", says, help)
		return
	}
	entries := r.entries(e.node)
	c := &Context{Name: r.value(find(entries, "name")), Type: r.value(find(entries, "type")), Range: r.value(find(entries, "range"))}
	p.Context = c
	if !c.Type.Present() {
		r.refused("EC2-080", e.key.Range(), "context has no type", fmt.Sprintf(saysContextType, inspect(e.node)), help)
	}
	switch v := c.Range; {
	case !v.Present():
		r.fails("EC2-081", e.key.Range(), "context has no range", saysNoRange, "Add range: s0.")
	case v.Kind != Text:
		r.refused("EC2-083", v.Range(), "range is not text but "+show(keyName(v)), "NoMethodError: undefined method 'include?'", "Write range: s0.")
	default:
		if _, err := ParseSELinuxRange(v.Value); err != nil {
			r.refused("EC2-083", v.Range(), show(v.Value)+" is not an SELinux range", err.Error(), "The form is sN[-sM][:cK[.cL],…], such as s0:c1.c5.")
		}
	}
	user := find(entries, "user")
	if user.node != nil && !c.Name.Present() {
		r.warn("EC2-082", user.key.Range(), "the agent reads the key name and ignores user", "Write both with the same value.")
	}
	r.unknownKeys("EC2-084", entries, contextKeys())
}
