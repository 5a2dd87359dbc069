// Package engine is the embedded, CodeDeploy-compatible service with the S3
// subset and the instances that a release needs, over one state folder. It is
// one http.Handler: callers in the same process, on the folder's socket or on a
// TCP port all sign their requests and get the same answers.
//
// Killed at any moment, it goes on where it was when it is opened again.
package engine

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"

	"github.com/codedeploy-steps/codedeploy-steps/internal/agent"
	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/api"
	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/deploy"
	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/hosts"
	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/objects"
	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/owner"
	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/sigv4"
	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/store"
)

// account is the engine's account id in ARNs.
const account = "000000000000"

// Engine is an open state folder.
type Engine struct {
	Folder owner.Folder
	Keys   owner.Credentials
	Deploy *deploy.Service
	Hosts  *hosts.Manager

	log     *store.Log
	objects *objects.Store
	handler *api.Handler

	mu       sync.Mutex
	listen   string        // address of a serving engine
	shutdown chan struct{} // closed when a caller asks a serving engine to end
	ctx      context.Context
	cancel   context.CancelFunc
	running  sync.Once
	wg       sync.WaitGroup
}

// Open makes a state folder if need be and takes it over. It answers
// store.ErrOwned if another process has it. hide names paths that sandboxes do
// not show, beside the state folder itself.
func Open(dir string, hide []string) (*Engine, error) {
	folder, err := owner.Make(dir)
	if err != nil {
		return nil, err
	}
	keys, err := folder.Credentials()
	if err != nil {
		return nil, err
	}
	log, err := store.Open(dir)
	if Owned(err) {
		return nil, err
	}
	if err != nil {
		return nil, folder.Refused(err)
	}
	e := &Engine{Folder: folder, Keys: keys, log: log, shutdown: make(chan struct{})}
	e.ctx, e.cancel = context.WithCancel(context.Background())
	if err := e.open(hide); err != nil {
		e.cancel()
		log.Close()
		return nil, folder.Refused(err)
	}
	return e, nil
}

func (e *Engine) open(hide []string) (err error) {
	dir := e.Folder.Dir
	if e.Deploy, err = deploy.New(e.log, deploy.Wall{}, owner.Region, account); err != nil {
		return err
	}
	err = e.log.Sound(func() (err error) {
		e.objects, err = objects.Open(e.log.DB, filepath.Join(dir, "objects"))
		return err
	})
	if err != nil {
		return err
	}
	e.Hosts = &hosts.Manager{Dir: filepath.Join(dir, "instances"), Service: e.Deploy, Bundles: e.bundle, Hide: append([]string{dir}, hide...)}
	for _, i := range e.Deploy.Instances() {
		e.Hosts.Add(spec(i.InstanceAdded))
	}
	if err := e.Hosts.Check(); err != nil {
		return err
	}
	verifier := &sigv4.Verifier{Lookup: sigv4.Keys(sigv4.Key{ID: e.Keys.AccessKeyID, Secret: e.Keys.SecretAccessKey})}
	e.handler = &api.Handler{Operations: api.CodeDeploy(e.Deploy), Verifier: verifier, S3: e.objects.Handler(verifier), NewID: requestID}
	e.handler.Operations[owner.Prefix+"EnsureInstances"] = api.Own(e.ensureInstances)
	e.handler.Operations[owner.Prefix+"Status"] = api.Own(e.status)
	e.handler.Operations[owner.Prefix+"Stop"] = api.Own(e.stop)
	return nil
}

func requestID() string { return rand.Text() }

// bundle opens a bundle for an instance, as an agent would fetch it.
func (e *Engine) bundle(r agent.Revision) (*os.File, string, error) {
	f, o, err := e.objects.OpenObject(r.Bucket, r.Key, r.Version)
	if err != nil {
		return nil, "", fmt.Errorf("s3://%s/%s: %w", r.Bucket, r.Key, err)
	}
	return f, o.ETag, nil
}

// follows are the operations by which somebody shows that a deployment matters
// to them now.
var follows = map[string]bool{
	api.Prefix + "GetDeployment": true, api.Prefix + "StopDeployment": true,
}

// ServeHTTP answers a caller. An engine inside a step carries deployments on
// from the moment that somebody follows one: a step that only creates one ends
// at once, and would leave its first script half done.
func (e *Engine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if follows[r.Header.Get("X-Amz-Target")] {
		e.Run()
	}
	e.handler.ServeHTTP(w, r)
}

// Run carries deployments on until Close.
func (e *Engine) Run() {
	e.running.Do(func() { e.wg.Go(func() { e.Deploy.Run(e.ctx) }) })
}

// Close gives the state folder up. Commands on instances that outlive this
// process go on and are picked up by the next owner; those of others are waited
// for until ctx ends, and called off then.
func (e *Engine) Close(ctx context.Context) error {
	e.Hosts.Close(ctx)
	e.cancel()
	e.wg.Wait()
	return e.log.Close()
}

// Owned says if an error means that another process has the state folder.
func Owned(err error) bool { return errors.Is(err, store.ErrOwned) }
