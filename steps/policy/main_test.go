package policy_test

import (
	"testing"

	"github.com/codedeploy-steps/codedeploy-steps/internal/steptest"
)

func TestMain(m *testing.M) { steptest.Main(m) }
