package policy

import (
	"bytes"
	"encoding/json"

	"github.com/codedeploy-steps/codedeploy-steps/internal/event"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// document is an IAM policy (IAM User Guide: Grammar of the IAM JSON policy language).
type document struct {
	Version   string
	Statement []statement
}

type statement struct {
	Sid       string                       `json:",omitempty"`
	Effect    string                       // always Allow
	Principal map[string]string            `json:",omitempty"` // trust policies only
	Action    []string                     //
	Resource  []string                     `json:",omitempty"` // not in trust policies
	Condition map[string]map[string]string `json:",omitempty"`
}

// say gives the document to whoever asked for it.
func say(env *step.Env, statements []statement) error {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(document{"2012-10-17", statements}); err != nil {
		return err
	}
	env.Events.Emit(event.Policy{Document: text.Bytes()})
	return nil
}
