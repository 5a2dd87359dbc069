// Package authority has clients that are not the AWS SDK's (of GitHub's API, of
// a CI system's tokens) trust the certificate authority that AWS_CA_BUNDLE names,
// as the SDK does: a private one is named once.
//
// The SDK trusts nobody else then. These clients trust the system's authorities,
// too: a private endpoint of AWS is no reason to lose github.com.
package authority

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
)

// Variable names the file with the certificates, in PEM.
const Variable = "AWS_CA_BUNDLE"

// Transport is the default transport with that authority trusted. If the file is
// of no use, each request fails and says so.
func Transport(getenv func(string) string) http.RoundTripper {
	path := getenv(Variable)
	if path == "" {
		return http.DefaultTransport
	}
	certificates, err := os.ReadFile(path)
	if err != nil {
		return useless{fmt.Errorf("%s: %w", Variable, err)}
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(certificates) {
		return useless{fmt.Errorf("%s: %s has no certificate in PEM", Variable, path)}
	}
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.TLSClientConfig = &tls.Config{RootCAs: pool}
	return t
}

type useless struct{ error }

func (u useless) RoundTrip(*http.Request) (*http.Response, error) { return nil, u.error }
