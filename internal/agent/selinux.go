package agent

import (
	"context"
	"fmt"
	"sort"
	"strconv"
	"strings"
)

// semanageMark begins the line of the clean-up file that takes back an SELinux
// rule; the path follows.
const semanageMark = "semanage\x00"

func (in *installer) setContext(ctx context.Context, s setContext) error {
	if in.machine.Root != "" {
		in.log.note("", "the context of "+s.File+" is not set: this instance is a folder")
		return nil
	}
	args := []string{"fcontext", "-a"}
	if s.Context.User != nil {
		args = append(args, "-s", *s.Context.User)
	}
	args = append(args, "-t", s.Context.Type)
	args = append(args, "-r", s.Context.Range)
	if err := in.runSELinux(ctx, "semanage", append(args, s.File)...); err != nil {
		return err
	}
	if err := in.runSELinux(ctx, "restorecon", "-v", s.File); err != nil {
		return err
	}
	return in.record(semanageMark + s.File)
}

func (in *installer) runSELinux(ctx context.Context, program string, args ...string) error {
	err := in.run(ctx, program, args...)
	if err == nil {
		return nil
	}
	return planError("the application specification file contains an error in the settings for the context parameter. Update the permissions section of the AppSpec file, and then try again. Failed command: %s %s. Exit code: %s", program, strings.Join(args, " "), err)
}

// canonicalRange writes an SELinux range with its categories sorted and those
// in a row joined. The range is known to be well formed.
func canonicalRange(span string) string {
	levels, list, has := strings.Cut(span, ":")
	if !has {
		return span
	}
	var numbers []int
	for _, part := range strings.Split(list, ",") {
		from, to, ranged := strings.Cut(part, ".")
		first, _ := strconv.Atoi(strings.TrimPrefix(from, "c"))
		last := first
		if ranged {
			last, _ = strconv.Atoi(strings.TrimPrefix(to, "c"))
		}
		for n := first; n <= last && n <= 1023; n++ {
			numbers = append(numbers, n)
		}
	}
	sort.Ints(numbers)
	var parts []string
	for i := 0; i < len(numbers); {
		j := i
		for j+1 < len(numbers) && numbers[j+1] == numbers[j]+1 {
			j++
		}
		part := fmt.Sprintf("c%d", numbers[i])
		if j > i {
			part += fmt.Sprintf(".c%d", numbers[j])
		}
		parts = append(parts, part)
		i = j + 1
	}
	return levels + ":" + strings.Join(parts, ",")
}
