package e2e

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// internet is a network behind a proxy: each host that the proxy is asked for is
// one server, which answers for AWS and for a GitHub Enterprise Server, with a
// certificate for that host by a private authority.
type internet struct {
	*testing.T
	dir       string
	proxy     string // its address
	authority string // file with its certificate
	password  string // that the proxy wants
	server    string // the server's own address, for who needs no proxy

	mu    sync.Mutex
	asked []string // hosts, in order, each once in a row
}

func newInternet(t *testing.T, password string) *internet {
	t.Helper()
	n := &internet{T: t, dir: t.TempDir(), password: password}
	certificate, sign := newAuthority(t)
	n.authority = filepath.Join(n.dir, "ca.pem")
	if err := os.WriteFile(n.authority, certificate, 0o644); err != nil {
		t.Fatal(err)
	}
	behind := n.listen()
	n.server = behind.Addr().String()
	server := &http.Server{Handler: http.HandlerFunc(n.answer), ErrorLog: log.New(io.Discard, "", 0)}
	go server.Serve(tls.NewListener(behind, &tls.Config{GetCertificate: func(h *tls.ClientHelloInfo) (*tls.Certificate, error) { return sign(h.ServerName) }}))
	proxy := n.listen()
	n.proxy = "http://" + proxy.Addr().String()
	go (&http.Server{ErrorLog: log.New(io.Discard, "", 0), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { n.tunnel(w, r, behind.Addr().String()) })}).Serve(proxy)
	return n
}

func (n *internet) listen() net.Listener {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		n.Fatal(err)
	}
	n.Cleanup(func() { l.Close() })
	return l
}

// tunnel is what a proxy does for HTTPS: it joins two connections and sees no more.
func (n *internet) tunnel(w http.ResponseWriter, r *http.Request, to string) {
	if r.Method != http.MethodConnect {
		http.Error(w, "only for HTTPS", http.StatusMethodNotAllowed)
		return
	}
	if n.password != "" && r.Header.Get("Proxy-Authorization") != "Basic "+base64.StdEncoding.EncodeToString([]byte("ci:"+n.password)) {
		http.Error(w, "who are you?", http.StatusProxyAuthRequired)
		return
	}
	n.mu.Lock()
	if host := strings.TrimSuffix(r.Host, ":443"); len(n.asked) == 0 || n.asked[len(n.asked)-1] != host {
		n.asked = append(n.asked, host)
	}
	n.mu.Unlock()
	there, err := net.Dial("tcp", to)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	here, buffered, err := w.(http.Hijacker).Hijack()
	if err != nil {
		there.Close()
		return
	}
	fmt.Fprint(here, "HTTP/1.1 200 Connection established\r\n\r\n")
	go func(from *bufio.Reader) { io.Copy(there, from); there.Close() }(buffered.Reader)
	go func() { io.Copy(here, there); here.Close() }()
}

// answer is what the services say.
func (n *internet) answer(w http.ResponseWriter, r *http.Request) {
	io.Copy(io.Discard, r.Body)
	switch {
	case strings.HasPrefix(r.Host, "sts"):
		w.Header().Set("Content-Type", "text/xml")
		credentials := "<Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>"
		action := "AssumeRoleWithWebIdentity"
		if r.Header.Get("Authorization") != "" {
			action = "AssumeRole"
		}
		fmt.Fprintf(w, "<%[1]sResponse><%[1]sResult>%[2]s</%[1]sResult></%[1]sResponse>", action, credentials)
	case strings.HasPrefix(r.Header.Get("X-Amz-Target"), "CodeDeploy"):
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		io.WriteString(w, `{"applicationName":"web"}`)
	case strings.HasPrefix(r.Host, "releases.s3") && r.Method == http.MethodHead:
		w.WriteHeader(http.StatusNotFound)
	case strings.HasPrefix(r.Host, "releases.s3"):
		w.Header().Set("ETag", `"0123"`)
	case r.URL.Path == "/api/v3/repos/octo/app/commits/main":
		io.WriteString(w, "0123456789abcdef0123456789abcdef01234567")
	case r.URL.Path == "/_services/token/issue":
		io.WriteString(w, `{"value":"the-oidc-token"}`)
	default:
		n.Errorf("nobody is there for %s %s%s", r.Method, r.Host, r.URL)
		http.NotFound(w, r)
	}
}

// run runs the program behind the proxy, and gives its exit code, what it wrote
// and the hosts that the proxy was asked for.
func (n *internet) run(env []string, args ...string) (code int, out string, asked []string) {
	n.Helper()
	exe, err := os.Executable()
	if err != nil {
		n.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(n.Context(), 3*time.Minute) // only so that it ends
	defer cancel()
	cmd := exec.CommandContext(ctx, exe, args...)
	cmd.Dir = n.dir
	cmd.Env = append([]string{
		asProgram + "=1", "HOME=" + n.dir, "TMPDIR=" + os.TempDir(), "SYSTEMROOT=" + os.Getenv("SYSTEMROOT"), "AWS_EC2_METADATA_DISABLED=true", "AWS_REGION=eu-west-1",
		"AWS_ACCESS_KEY_ID=" + accessKey, "AWS_SECRET_ACCESS_KEY=" + secretKey, "AWS_MAX_ATTEMPTS=1", "HTTPS_PROXY=" + n.proxy,
	}, env...)
	n.mu.Lock()
	n.asked = nil
	n.mu.Unlock()
	text, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil || ctx.Err() != nil {
		n.Fatalf("%q does not end: %v\n%s", args, err, text)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return cmd.ProcessState.ExitCode(), string(text), n.asked
}

// newAuthority makes a certificate authority: its certificate, and what it signs
// for a host.
func newAuthority(t *testing.T) ([]byte, func(host string) (*tls.Certificate, error)) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "A company's own"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, root, root, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), func(host string) (*tls.Certificate, error) {
		leaf := &x509.Certificate{
			SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "server"}, NotBefore: root.NotBefore, NotAfter: root.NotAfter,
			KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		}
		if host == "" { // addresses are not named in the greeting
			leaf.IPAddresses = []net.IP{net.IPv4zero}
		} else {
			leaf.DNSNames = []string{host}
		}
		der, err := x509.CreateCertificate(rand.Reader, leaf, root, &key.PublicKey, key)
		return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
	}
}

// Steps that make one call each.
var (
	register = []string{"register", "--application", "web", "--revision", "s3://releases/web.zip?etag=1"}
	onGitHub = []string{"register", "--application", "web", "--revision", "github://octo/app@main"}
)

func asRole(args []string, roles ...string) []string {
	args = slices.Clone(args)
	for _, role := range roles {
		args = append(args, "--role-to-assume", role)
	}
	return args
}

// TestBehindAProxyWithAPrivateAuthority: every service is called through the
// proxy, is trusted by AWS_CA_BUNDLE, and is the one that the settings choose.
func TestBehindAProxyWithAPrivateAuthority(t *testing.T) {
	if testing.Short() {
		t.Skip("what runs is a process of its own")
	}
	const deployer, chained = "arn:aws:iam::123456789012:role/ci", "arn:aws:iam::210987654321:role/deploy"
	token := "CODEDEPLOY_STEPS_OIDC_TOKEN=the-oidc-token"
	fips, dual := "AWS_USE_FIPS_ENDPOINT=true", "AWS_USE_DUALSTACK_ENDPOINT=true"
	virginia := "AWS_REGION=us-east-1"
	enterprise := []string{"GITHUB_ACTIONS=true", "GITHUB_SERVER_URL=https://github.acme.invalid", "GITHUB_API_URL=https://github.acme.invalid/api/v3", "GITHUB_REPOSITORY=octo/app"}
	workflow := append([]string{"ACTIONS_ID_TOKEN_REQUEST_URL=https://github.acme.invalid/_services/token/issue", "ACTIONS_ID_TOKEN_REQUEST_TOKEN=request-token"}, enterprise...)
	push := []string{"push", "app", "--application", "web", "--s3-bucket", "releases"}
	for _, test := range []struct {
		name  string
		env   []string
		args  []string
		hosts string
	}{
		{"CodeDeploy", nil, register, "codedeploy.eu-west-1.amazonaws.com"},
		{"S3", nil, push, "releases.s3.eu-west-1.amazonaws.com"},
		{"STS by a token", []string{token}, asRole(register, deployer), "sts.eu-west-1.amazonaws.com codedeploy.eu-west-1.amazonaws.com"},
		{"STS by keys", nil, asRole(register, deployer), "sts.eu-west-1.amazonaws.com codedeploy.eu-west-1.amazonaws.com"},
		{"a chain of roles", []string{token}, asRole(register, deployer, chained), "sts.eu-west-1.amazonaws.com codedeploy.eu-west-1.amazonaws.com"},
		{"FIPS", []string{token, fips, virginia}, asRole(register, deployer), "sts-fips.us-east-1.amazonaws.com codedeploy-fips.us-east-1.amazonaws.com"},
		{"FIPS in GovCloud", []string{token, fips, "AWS_REGION=us-gov-west-1"}, asRole(register, "arn:aws-us-gov:iam::123456789012:role/ci"), "sts.us-gov-west-1.amazonaws.com codedeploy-fips.us-gov-west-1.amazonaws.com"},
		{"dual stack", []string{token, dual}, asRole(register, deployer), "sts.eu-west-1.api.aws codedeploy.eu-west-1.api.aws"},
		{"both", []string{token, fips, dual, virginia}, asRole(register, deployer), "sts-fips.us-east-1.api.aws codedeploy-fips.us-east-1.api.aws"},
		{"S3, both", []string{fips, dual, virginia}, push, "releases.s3-fips.dualstack.us-east-1.amazonaws.com"},
		{"China", []string{token, "AWS_REGION=cn-north-1"}, asRole(register, "arn:aws-cn:iam::123456789012:role/ci"), "sts.cn-north-1.amazonaws.com.cn codedeploy.cn-north-1.amazonaws.com.cn"},
		{"China, dual stack", []string{dual, "AWS_REGION=cn-north-1"}, register, "codedeploy.cn-north-1.api.amazonwebservices.com.cn"},
		{"GitHub Enterprise Server", enterprise, onGitHub, "github.acme.invalid codedeploy.eu-west-1.amazonaws.com"},
		{"its tokens", workflow, asRole(register, deployer), "github.acme.invalid sts.eu-west-1.amazonaws.com codedeploy.eu-west-1.amazonaws.com"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			n := newInternet(t, "")
			n.write("app/appspec.yml", "version: 0.0\nos: linux\n")
			code, out, asked := n.run(append(test.env, "AWS_CA_BUNDLE="+n.authority), test.args...)
			if code != 0 || strings.Join(asked, " ") != test.hosts {
				t.Errorf("%d, asked %q, not %q\n%s", code, asked, test.hosts, out)
			}
			if runtime.GOOS != "linux" {
				return
			}
			// Go's own variable does it on Linux, for all of them.
			if code, out, asked := n.run(append(test.env, "SSL_CERT_FILE="+n.authority), test.args...); code != 0 || len(asked) == 0 {
				t.Errorf("with SSL_CERT_FILE: %d, asked %q\n%s", code, asked, out)
			}
		})
	}
}

func (n *internet) write(name, text string) {
	n.Helper()
	path := filepath.Join(n.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		n.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		n.Fatal(err)
	}
}

// TestAnAuthorityThatIsNotTrusted: nothing is told to a server that is not
// trusted, and the message names the variable.
func TestAnAuthorityThatIsNotTrusted(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("what runs is a process of its own")
	}
	n := newInternet(t, "")
	other, _ := newAuthority(t)
	n.write("other.pem", string(other))
	github := []string{"GITHUB_API_URL=https://github.acme.invalid/api/v3"}
	for _, test := range []struct {
		env  []string
		args []string
		want string
	}{
		{nil, register, "the certificate of AWS in eu-west-1 is not trusted"},
		{[]string{"AWS_CA_BUNDLE=" + filepath.Join(n.dir, "other.pem")}, register, "the certificate of AWS in eu-west-1 is not trusted"},
		{[]string{"CODEDEPLOY_STEPS_OIDC_TOKEN=the-oidc-token"}, asRole(register, "arn:aws:iam::123456789012:role/ci"), "the role arn:aws:iam::123456789012:role/ci was not assumed"},
		{github, onGitHub, "GitHub's API is not trusted"},
	} {
		code, out, _ := n.run(test.env, test.args...)
		if code != 3 || !strings.Contains(out, test.want) || !strings.Contains(out, "certificate signed by unknown authority") || !strings.Contains(out, "AWS_CA_BUNDLE") || strings.Contains(out, "the-oidc-token") {
			t.Errorf("%q: %d\n%s", test.env, code, out)
		}
	}
	for _, args := range [][]string{register, onGitHub} {
		if code, out, asked := n.run(append(github, "AWS_CA_BUNDLE="+filepath.Join(n.dir, "none.pem")), args...); code == 0 || len(asked) != 0 || !strings.Contains(out, "none.pem") {
			t.Errorf("a bundle that is not there: %d, asked %q\n%s", code, asked, out)
		}
	}
}

// TestTheProxyItself: its password is used and not shown; what NO_PROXY names
// goes past it; a proxy that is not there is told as what is not there.
func TestTheProxyItself(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("what runs is a process of its own")
	}
	n := newInternet(t, "pass-of-proxy")
	trusted := "AWS_CA_BUNDLE=" + n.authority
	address := strings.TrimPrefix(n.proxy, "http://")
	for _, name := range []string{"HTTPS_PROXY", "https_proxy"} {
		env := []string{trusted, "HTTPS_PROXY=", name + "=http://ci:" + n.password + "@" + address}
		for _, args := range [][]string{register, onGitHub} {
			if code, out, asked := n.run(append(env, "GITHUB_API_URL=https://github.acme.invalid/api/v3"), args...); code != 0 || len(asked) == 0 {
				t.Errorf("%s: %d, asked %q\n%s", name, code, asked, out)
			}
		}
	}
	for _, args := range [][]string{register, onGitHub} {
		code, out, _ := n.run([]string{trusted, "HTTPS_PROXY=http://ci:wrong-pass@" + address, "GITHUB_API_URL=https://github.acme.invalid/api/v3"}, append(args, "--verbose")...)
		if code != 3 || !strings.Contains(out, "Proxy Authentication Required") || strings.Contains(out, "wrong-pass") {
			t.Errorf("a wrong password: %d\n%s", code, out)
		}
	}
	n = newInternet(t, "")
	trusted = "AWS_CA_BUNDLE=" + n.authority
	if runtime.GOOS != "windows" {
		// An address that is this machine, and that Go does not know to be.
		_, port, _ := net.SplitHostPort(n.server)
		here := "0.0.0.0:" + port
		own := append(slices.Clone(register), "--endpoint", "https://"+here)
		env := []string{trusted, "GITHUB_API_URL=https://" + here + "/api/v3"}
		for _, args := range [][]string{own, append(slices.Clone(onGitHub), own[len(own)-2:]...)} {
			if code, out, asked := n.run(env, args...); code != 0 || strings.Join(asked, " ") != here {
				t.Errorf("by the proxy: %d, asked %q\n%s", code, asked, out)
			}
			if code, out, asked := n.run(append(env, "NO_PROXY=0.0.0.0"), args...); code != 0 || len(asked) != 0 {
				t.Errorf("past the proxy: %d, asked %q\n%s", code, asked, out)
			}
		}
	}
	if code, out, _ := n.run([]string{trusted, "HTTPS_PROXY=http://127.0.0.1:1"}, register...); code != 3 || !strings.Contains(out, "127.0.0.1:1") || !strings.Contains(out, "proxy settings") {
		t.Errorf("no proxy there: %d\n%s", code, out)
	}
}
