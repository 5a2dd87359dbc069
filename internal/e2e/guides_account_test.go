//go:build linux

package e2e

import (
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/codedeploy-steps/codedeploy-steps/internal/steptest"
)

// account stands for one at AWS: an engine that is reached as AWS is, by
// nothing but the environment.
type account struct {
	groups, buckets []string // what is there already; groups as application/group
	instance        string   // the tag Name of its instances; web-server if empty
	assumed         []string // what AWS STS has to be asked for, in that order
}

// open makes the account and gives the environment that reaches it.
func (a *account) open(s *session) map[string]string {
	s.Helper()
	state := filepath.Join(s.TempDir(), "state")
	s.Cleanup(func() { steptest.StopEngine(state) })
	r := s.serve("--state", state, "--instance-name", cmp.Or(a.instance, "web-server"))
	cd := codedeploy.NewFromConfig(r.config())
	store := s3.NewFromConfig(r.config(), func(o *s3.Options) { o.UsePathStyle = true })
	for _, pair := range a.groups {
		application, group, _ := strings.Cut(pair, "/")
		if _, err := cd.CreateApplication(s.Context(), &codedeploy.CreateApplicationInput{ApplicationName: &application}); err != nil {
			s.Fatal(err)
		}
		if _, err := cd.CreateDeploymentGroup(s.Context(), &codedeploy.CreateDeploymentGroupInput{
			ApplicationName: &application, DeploymentGroupName: &group, ServiceRoleArn: aws.String("arn:aws:iam::123456789012:role/CodeDeployServiceRole"),
			Ec2TagFilters: []types.EC2TagFilter{{Key: aws.String("Name"), Value: aws.String("web-server"), Type: types.EC2TagFilterTypeKeyAndValue}},
		}); err != nil {
			s.Fatal(err)
		}
	}
	for _, bucket := range a.buckets {
		if _, err := store.CreateBucket(s.Context(), &s3.CreateBucketInput{Bucket: &bucket}); err != nil {
			s.Fatal(err)
		}
	}
	env := map[string]string{"AWS_ENDPOINT_URL": r.Endpoint, "AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1",
		"AWS_ACCESS_KEY_ID": r.AccessKeyID, "AWS_SECRET_ACCESS_KEY": r.SecretAccessKey}
	if a.assumed != nil {
		env["HTTPS_PROXY"], env["AWS_CA_BUNDLE"] = a.tokens(s, r)
		env["CODEDEPLOY_STEPS_OIDC_TOKEN"] = "token-of-the-job"
	}
	return env
}

// tokens stands for AWS STS behind a proxy: each role gets the account's own
// credentials, and a session that names the role. It gives the proxy's address
// and the file with the certificate that is to be trusted. At the end it has to
// have been asked for what the account says.
func (a *account) tokens(s *session, r ready) (proxy, authority string) {
	s.Helper()
	certificate := certificateFor(s.T, "sts.eu-west-1.amazonaws.com")
	var mu sync.Mutex
	var asked []string
	service := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		action, role := q.FormValue("Action"), q.FormValue("RoleArn")
		by := q.Header.Get("X-Amz-Security-Token")
		if action == "AssumeRoleWithWebIdentity" {
			by = q.FormValue("WebIdentityToken")
		}
		mu.Lock()
		asked = append(asked, action+" "+role+" by "+by)
		mu.Unlock()
		w.Header().Set("Content-Type", "text/xml")
		fmt.Fprintf(w, `<%[1]sResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><%[1]sResult><Credentials><AccessKeyId>%s</AccessKeyId><SecretAccessKey>%s</SecretAccessKey><SessionToken>%s</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration></Credentials></%[1]sResult></%[1]sResponse>`,
			action, r.AccessKeyID, r.SecretAccessKey, path.Base(role))
	}))
	service.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	service.StartTLS()
	s.Cleanup(service.Close)
	way := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if q.Method != http.MethodConnect || q.Host != "sts.eu-west-1.amazonaws.com:443" {
			s.Errorf("%s %s goes out", q.Method, q.Host)
			return
		}
		to, err := net.Dial("tcp", service.Listener.Addr().String())
		if err != nil {
			s.Error(err)
			return
		}
		from, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			s.Error(err)
			return
		}
		io.WriteString(from, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { io.Copy(to, from); to.Close() }()
		io.Copy(from, to)
		from.Close()
	}))
	s.Cleanup(way.Close)
	s.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		if !slices.Equal(asked, a.assumed) {
			s.Errorf("AWS STS was asked for\n%s\nnot\n%s", strings.Join(asked, "\n"), strings.Join(a.assumed, "\n"))
		}
	})
	authority = filepath.Join(s.TempDir(), "authority.pem")
	s.write(authority, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Certificate[0]})), 0o644)
	return way.URL, authority
}

// certificateFor makes a certificate that is its own authority.
func certificateFor(t *testing.T, host string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{host}, NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
