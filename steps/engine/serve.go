// Package engine has the steps that concern the embedded engine itself: serve
// it to other processes, look at it, end what it keeps running.
package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/codedeploy-steps/codedeploy-steps/internal/awsconf"
	"github.com/codedeploy-steps/codedeploy-steps/internal/engine"
	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/local"
	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/owner"
	"github.com/codedeploy-steps/codedeploy-steps/internal/step"
)

// Serve are the inputs of engine serve.
type Serve struct {
	step.Common
	awsconf.Engine
	Listen      string `flag:"listen" default:"127.0.0.1:0" file:"no" help:"Address to listen on; port 0 takes a free one."`
	AllowRemote bool   `flag:"allow-remote" file:"no" help:"Listen on an address that other machines reach. Who has the credentials may run code here."`
	ReadyFile   string `flag:"ready-file" file:"no" help:"File that is written once the engine answers: JSON with endpoint, region, accessKeyId and secretAccessKey."`
}

// Steps declares the steps.
func Steps() []step.Step {
	return []step.Step{
		{Name: "engine serve", Summary: "Serve the engine to other processes: aws deploy, SDKs, other steps.", First: true, New: func() step.Inputs { return &Serve{} }},
		{Name: "engine status", Summary: "Show the engine's instances, what deployments changed on them, and what runs.", First: true, New: func() step.Inputs { return &Status{} }},
		{Name: "engine stop", Summary: "End the engine's instances, and the engine where it serves.", First: true, New: func() step.Inputs { return &Stop{} }},
	}
}

// ready is what the ready file holds.
type ready struct {
	Endpoint        string `json:"endpoint"`
	Region          string `json:"region"`
	AccessKeyID     string `json:"accessKeyId"`
	SecretAccessKey string `json:"secretAccessKey"`
}

// Ready looks at what will be written.
func (in *Serve) Ready(env *step.Env) error {
	if in.ReadyFile != "" {
		if err := env.CheckPlace("ready-file", in.ReadyFile); err != nil {
			return err
		}
	}
	return in.Engine.Ready(env)
}

// Run serves the engine until a signal or engine stop ends it.
func (in *Serve) Run(ctx context.Context, env *step.Env) error {
	if err := in.Engine.Check(); err != nil {
		return err
	}
	if err := in.mayListen(); err != nil {
		return err
	}
	dir := env.Path(in.State)
	e, err := engine.Open(dir, local.Hidden(env))
	if engine.Owned(err) {
		return step.Errorf(step.Misused, "another process owns the state folder %s", in.State).
			Do("See it with: engine status --state %s", in.State)
	}
	if err != nil {
		return err
	}
	e.Hosts.Say = local.Say(env)
	defer func() {
		// What runs as a part of this process has a moment to end; the rest goes on.
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTime)
		defer cancel()
		e.Close(closing)
	}()
	if err := in.serve(ctx, env, e); err != nil {
		return err
	}
	select {
	case <-e.Shutdown():
		env.Info("the engine and its instances were ended")
	default:
		env.Info("the engine was ended; its instances keep running until `engine stop`")
	}
	return nil
}

// closeTime is what scripts on instances of kind host have to end.
const closeTime = 3 * time.Second

// mayListen keeps other machines out unless the user lets them in.
func (in *Serve) mayListen() error {
	host, _, err := net.SplitHostPort(in.Listen)
	if err != nil {
		return step.Errorf(step.Misused, "--listen %q is not an address such as 127.0.0.1:4100", in.Listen)
	}
	ip := net.ParseIP(host)
	if !in.AllowRemote && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return step.Errorf(step.Misused, "--listen %s can be reached from other machines", in.Listen).
			Do("Take 127.0.0.1, or say --allow-remote if that is meant: who has the credentials may run code here.")
	}
	return nil
}

func (in *Serve) serve(ctx context.Context, env *step.Env, e *engine.Engine) error {
	l, err := net.Listen("tcp", in.Listen)
	if err != nil {
		return step.Errorf(step.Misused, "--listen: %w", err)
	}
	ensured, err := owner.Ensure(ctx, local.InProcess(e), e.Keys, in.Engine)
	if err != nil {
		l.Close()
		return err
	}
	address := "http://" + l.Addr().String()
	socket, err := e.Folder.Listen()
	if err != nil {
		l.Close()
		return step.Errorf(step.Misused, "make the engine's socket: %w", err)
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	e.Run()
	served := make(chan error, 2)
	go func() { served <- e.Serve(ctx, l, address) }()
	go func() { served <- e.Serve(ctx, socket, address) }()
	for _, note := range ensured.Notes {
		env.Info("%s", note)
	}
	env.Info("the engine answers at %s", address)
	env.Info("for aws and SDKs: export AWS_ENDPOINT_URL=%s AWS_REGION=%s", address, owner.Region)
	env.Info("credentials: accessKeyId and secretAccessKey in %s, readable by you alone", env.Relative(filepath.Join(e.Folder.Dir, "credentials.json")))
	if in.ReadyFile != "" {
		if err := in.ready(env, e, address); err != nil {
			return err
		}
	}
	select {
	case <-ctx.Done():
	case <-e.Shutdown():
	case err := <-served:
		return err
	}
	stop()
	for range cap(served) { // the one that was asked to stop still answers
		<-served
	}
	if in.ReadyFile != "" {
		os.Remove(env.Path(in.ReadyFile))
	}
	return nil
}

// ready writes the ready file, whole or not at all.
func (in *Serve) ready(env *step.Env, e *engine.Engine, address string) error {
	text, err := json.MarshalIndent(ready{address, owner.Region, e.Keys.AccessKeyID, e.Keys.SecretAccessKey}, "", "  ")
	if err != nil {
		return err
	}
	path := env.Path(in.ReadyFile)
	tmp := fmt.Sprintf("%s.%d", path, os.Getpid())
	if err := os.WriteFile(tmp, append(text, '\n'), 0o600); err != nil {
		return step.Errorf(step.Misused, "--ready-file: %w", err)
	}
	if err := os.Rename(tmp, path); err != nil {
		os.Remove(tmp)
		return step.Errorf(step.Misused, "--ready-file: %w", err)
	}
	return nil
}
