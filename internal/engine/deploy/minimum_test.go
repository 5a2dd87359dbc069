package deploy

import (
	"fmt"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

const (
	succeeded = types.DeploymentStatusSucceeded
	failed    = types.DeploymentStatusFailed
	stopped   = types.DeploymentStatusStopped

	count    = types.MinimumHealthyHostsTypeHostCount
	percnt   = types.MinimumHealthyHostsTypeFleetPercent
	oneByOne = "CodeDeployDefault.OneAtATime"
	half     = "CodeDeployDefault.HalfAtATime"
	all      = "CodeDeployDefault.AllAtOnce"
)

// prepare deploys v1 so that all instances but these are healthy.
func (f *fleet) prepare(unhealthy ...int) {
	f.Helper()
	f.use(failing("Install", names(unhealthy...)...))
	if info := f.deploy("v1", with(all)); info.Status != succeeded {
		f.Fatal(overview(info))
	}
	f.use(well)
}

// TestWorkedExamples is the table of minimum healthy hosts (instances-health.md).
func TestWorkedExamples(t *testing.T) {
	tests := []struct {
		name       string
		n          int
		fresh      bool  // nothing was ever deployed
		unhealthy  []int // of the last deployment
		config     string
		kind       types.MinimumHealthyHostsType
		value      int
		fail       []int
		minimum    int
		atOnce     int
		want       types.DeploymentStatus
		code       types.ErrorCode
		ok, ko, no int // succeeded, failed, skipped; all -1: not said
	}{
		{"95 percent of 10", 10, false, nil, "", percnt, 95, nil, 10, 0, failed, types.ErrorCodeHealthConstraintsInvalid, 0, 0, 10},

		{"9 of 10", 10, false, nil, "", count, 9, nil, 9, 1, succeeded, "", 10, 0, 0},
		{"9 of 10, first fails", 10, false, nil, "", count, 9, []int{1}, 9, 1, failed, types.ErrorCodeHealthConstraints, 0, 1, 9},
		{"9 of 10, fifth fails", 10, false, nil, "", count, 9, []int{5}, 9, 1, failed, types.ErrorCodeHealthConstraints, 4, 1, 5},
		{"9 of 10, last but one fails", 10, false, nil, "", count, 9, []int{9}, 9, 1, failed, types.ErrorCodeHealthConstraints, 8, 1, 1},
		{"9 of 10, only the last fails", 10, false, nil, "", count, 9, []int{10}, 9, 1, succeeded, "", 9, 1, 0},

		{"8 of 10", 10, false, nil, "", count, 8, nil, 8, 2, succeeded, "", 10, 0, 0},
		{"8 of 10, one fails", 10, false, nil, "", count, 8, []int{1}, 8, 2, succeeded, "", 9, 1, 0},
		{"8 of 10, two fail at once", 10, false, nil, "", count, 8, []int{1, 2}, 8, 2, failed, types.ErrorCodeHealthConstraints, 0, 2, 8},
		{"8 of 10, second failure with others waiting", 10, false, nil, "", count, 8, []int{1, 5}, 8, 2, failed, types.ErrorCodeHealthConstraints, 3, 2, 5},
		{"8 of 10, second failure is the last", 10, false, nil, "", count, 8, []int{1, 10}, 8, 2, succeeded, "", 8, 2, 0},

		{"0 of 10", 10, false, nil, "", count, 0, nil, 0, 10, succeeded, "", 10, 0, 0},
		{"0 of 10, one succeeds", 10, false, nil, "", count, 0, []int{1, 2, 3, 4, 5, 6, 7, 8, 9}, 0, 10, succeeded, "", 1, 9, 0},
		{"0 of 10, all fail", 10, false, nil, "", count, 0, []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 0, 10, failed, types.ErrorCodeHealthConstraints, 0, 10, 0},

		{"85 percent of 10", 10, false, nil, "", percnt, 85, nil, 9, 1, succeeded, "", 10, 0, 0},
		{"85 percent of 10, first fails", 10, false, nil, "", percnt, 85, []int{1}, 9, 1, failed, types.ErrorCodeHealthConstraints, 0, 1, 9},

		{"half of 9", 9, false, nil, half, "", 0, nil, 5, 4, succeeded, "", 9, 0, 0},
		{"half of 9, three fail", 9, false, nil, half, "", 0, []int{1, 2, 3}, 5, 4, succeeded, "", 6, 3, 0},
		{"half of 9, four fail", 9, false, nil, half, "", 0, []int{1, 2, 3, 4}, 5, 4, failed, types.ErrorCodeHealthConstraints, 0, 4, 5},
		{"half of 9, four fail before the last", 9, false, nil, half, "", 0, []int{5, 6, 7, 8}, 5, 4, failed, types.ErrorCodeHealthConstraints, 4, 4, 1},
		{"half of 9, the last four fail", 9, false, nil, half, "", 0, []int{6, 7, 8, 9}, 5, 4, succeeded, "", 5, 4, 0},

		{"all of 9", 9, false, nil, all, "", 0, nil, 0, 9, succeeded, "", 9, 0, 0},
		{"all of 9, eight fail", 9, false, nil, all, "", 0, []int{1, 2, 3, 4, 6, 7, 8, 9}, 0, 9, succeeded, "", 1, 8, 0},
		{"all of 9 fail", 9, false, nil, all, "", 0, []int{1, 2, 3, 4, 5, 6, 7, 8, 9}, 0, 9, failed, types.ErrorCodeHealthConstraints, 0, 9, 0},

		{"one of 1", 1, false, nil, oneByOne, "", 0, nil, 0, 1, succeeded, "", 1, 0, 0},
		{"one of 1 fails", 1, false, nil, oneByOne, "", 0, []int{1}, 0, 1, failed, types.ErrorCodeHealthConstraints, 0, 1, 0},
		{"one of 1, the first time", 1, true, nil, oneByOne, "", 0, nil, 0, 1, succeeded, "", 1, 0, 0},

		{"50 percent of 3", 3, false, nil, "", percnt, 50, nil, 2, 1, succeeded, "", 3, 0, 0},
		{"50 percent of 3, first fails", 3, false, nil, "", percnt, 50, []int{1}, 2, 1, failed, types.ErrorCodeHealthConstraints, 0, 1, 2},
		{"50 percent of 3, second fails", 3, false, nil, "", percnt, 50, []int{2}, 2, 1, failed, types.ErrorCodeHealthConstraints, 1, 1, 1},
		{"50 percent of 3, last fails", 3, false, nil, "", percnt, 50, []int{3}, 2, 1, succeeded, "", 2, 1, 0},

		{"4 of 4", 4, false, nil, "", count, 4, nil, 4, 0, failed, types.ErrorCodeHealthConstraintsInvalid, 0, 0, 4},

		{"half of 5 unhealthy", 5, true, nil, half, "", 0, nil, 3, 2, succeeded, "", 5, 0, 0},
		{"half of 5 unhealthy, two fail", 5, true, nil, half, "", 0, []int{1, 4}, 3, 2, succeeded, "", 3, 2, 0},
		{"half of 5 unhealthy, three fail", 5, true, nil, half, "", 0, []int{1, 2, 4}, 3, 2, failed, types.ErrorCodeHealthConstraints, -1, -1, -1},

		{"3 of 6, two unhealthy", 6, false, []int{3, 5}, "", count, 3, nil, 3, 3, succeeded, "", 6, 0, 0},

		{"3 of 4, one unhealthy is repaired", 4, false, []int{4}, "", count, 3, nil, 3, 1, succeeded, "", 4, 0, 0},
		{"3 of 4, one unhealthy fails again", 4, false, []int{4}, "", count, 3, []int{4}, 3, 1, failed, types.ErrorCodeHealthConstraints, 0, 1, 3},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			log := &memoryLog{}
			simulate(t, log, func(t *testing.T, f *fleet) {
				f.add(test.n)
				if !test.fresh {
					f.prepare(test.unhealthy...)
				}
				config := test.config
				if config == "" {
					config = f.config(test.kind, test.value)
				}
				f.use(failing("Install", names(test.fail...)...))
				info := f.deploy("v2", with(config))
				s := audit(t, log.all())[*info.DeploymentId]
				if info.Status != test.want || code(info) != test.code {
					t.Errorf("is %s, want %s %s", overview(info), test.want, test.code)
				}
				if s.minimum != test.minimum || s.atOnce != test.atOnce {
					t.Errorf("minimum %d and %d at once, want %d and %d", s.minimum, s.atOnce, test.minimum, test.atOnce)
				}
				if o := info.DeploymentOverview; test.ok >= 0 && (int(o.Succeeded) != test.ok || int(o.Failed) != test.ko || int(o.Skipped) != test.no) {
					t.Errorf("is %s, want %d succeeded, %d failed, %d skipped", overview(info), test.ok, test.ko, test.no)
				}
				if n := len(test.unhealthy); n > 0 && !slices.Equal(s.begun[:n], names(test.unhealthy...)) {
					t.Errorf("begun in the order %v, want the unhealthy ones %v first", s.begun, names(test.unhealthy...))
				}
			})
		})
	}
}

// TestEveryConfiguration deploys with every configuration to fleets of many
// sizes, the first time and a second time.
func TestEveryConfiguration(t *testing.T) {
	ceil := func(n, p int) int {
		m := n * p / 100
		if n*p%100 != 0 {
			m++
		}
		return m
	}
	for _, n := range []int{1, 2, 3, 4, 5, 7, 10, 11, 101} {
		type setting struct {
			config  string
			kind    types.MinimumHealthyHostsType
			value   int
			minimum int
		}
		settings := []setting{
			{config: oneByOne, minimum: n - 1}, {config: half, minimum: (n + 1) / 2}, {config: all, minimum: 0},
			{"", count, 0, 0}, {"", count, 1, 1}, {"", count, n - 1, n - 1}, {"", count, n, n}, {"", count, n + 3, n + 3},
		}
		for _, p := range []int{0, 1, 33, 50, 67, 99} {
			settings = append(settings, setting{"", percnt, p, ceil(n, p)})
		}
		if n > 100 { // where 99 percent leave one: enough of the predefined ones and that
			settings = append(settings[:2], settings[len(settings)-1])
		}
		for _, s := range settings {
			t.Run(fmt.Sprintf("%d instances, %s%s %d", n, s.config, s.kind, s.value), func(t *testing.T) {
				log := &memoryLog{}
				simulate(t, log, func(t *testing.T, f *fleet) {
					f.add(n)
					config := s.config
					if config == "" {
						config = f.config(s.kind, s.value)
					}
					first, second := f.deploy("v1", with(config)), (*types.DeploymentInfo)(nil)
					// All are unhealthy before the first: it may try one even where the minimum is all.
					want, atOnce := succeeded, max(1, n-s.minimum)
					if s.minimum > n {
						want, atOnce = failed, 0
					}
					stories := audit(t, log.all())
					if got := stories[*first.DeploymentId]; first.Status != want || got.atOnce != atOnce || got.minimum != s.minimum {
						t.Errorf("first: %s, minimum %d, %d at once; want %s, %d, %d", overview(first), got.minimum, got.atOnce, want, s.minimum, atOnce)
					}
					if want == failed {
						return
					}
					second = f.deploy("v2", with(config))
					want, atOnce = succeeded, n-s.minimum
					if s.minimum >= n {
						want, atOnce = failed, 0
						if code(second) != types.ErrorCodeHealthConstraintsInvalid {
							t.Errorf("code is %s", code(second))
						}
					}
					if got := audit(t, log.all())[*second.DeploymentId]; second.Status != want || got.atOnce != atOnce {
						t.Errorf("second: %s, %d at once; want %s, %d", overview(second), got.atOnce, want, atOnce)
					}
				})
			})
		}
	}
}
