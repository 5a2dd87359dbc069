package owner

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// Prefix begins the X-Amz-Target of the engine's own operations, which
// CodeDeploy does not have.
const Prefix = "CodeDeploySteps."

// EnsureInput asks for built-in instances. Nil and empty leave what is there,
// or take the default.
type EnsureInput struct {
	Count   *int
	Kind    string
	Network string
	Name    string
}

// EnsureOutput tells what there is now.
type EnsureOutput struct {
	Instances []InstanceInfo
	Notes     []string // what the user should know: kind taken, what is not isolated
}

// StatusInput asks for the engine's state.
type StatusInput struct{ Changes bool }

// StatusOutput is the engine's state.
type StatusOutput struct {
	PID       int
	Listen    string // address of a serving engine
	Instances []InstanceInfo
	Active    []string // deployments that have not ended
}

// InstanceInfo tells of one built-in instance.
type InstanceInfo struct {
	ID, Hostname  string
	Kind, Network string
	Name          string // its tag Name
	State         string // running, stopped, …
	PID           int
	Changes       []Change
	// What an instance of the kind directory or host keeps: the folder of its files.
	Folder string
}

// Change is a file that deployments added, changed or removed.
type Change struct{ Kind, Path string }

// StopInput ends the built-in instances, and the engine if it serves.
type StopInput struct{}

// StopOutput tells what was ended.
type StopOutput struct{ Instances []InstanceInfo }

// Call calls one of the engine's own operations.
func Call[Out any](ctx context.Context, t http.RoundTripper, c Credentials, operation string, in any) (*Out, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, URL+"/", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("X-Amz-Target", Prefix+operation)
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	hash := sha256.Sum256(body)
	keys := aws.Credentials{AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey}
	if err := v4.NewSigner().SignHTTP(ctx, keys, r, hex.EncodeToString(hash[:]), "codedeploy", Region, time.Now()); err != nil {
		return nil, err
	}
	answer, err := t.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		var e struct{ Message string }
		if json.Unmarshal(text, &e) != nil || e.Message == "" {
			e.Message = answer.Status
		}
		return nil, fmt.Errorf("%s", e.Message)
	}
	out := new(Out)
	return out, json.Unmarshal(text, out)
}

// Region is the engine's region where nobody names one.
const Region = "us-east-1"
