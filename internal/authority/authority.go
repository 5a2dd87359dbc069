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

// Transport is the default transport with that authority trusted, and those of
// more such variables. If a file is of no use, each request fails and says so.
func Transport(getenv func(string) string, more ...string) http.RoundTripper {
	var pool *x509.CertPool
	for _, variable := range append(more, Variable) {
		path := getenv(variable)
		if path == "" {
			continue
		}
		certificates, err := os.ReadFile(path)
		if err != nil {
			return useless{fmt.Errorf("%s: %w", variable, err)}
		}
		if pool == nil {
			if pool, err = x509.SystemCertPool(); err != nil {
				pool = x509.NewCertPool()
			}
		}
		if !pool.AppendCertsFromPEM(certificates) {
			return useless{fmt.Errorf("%s: %s has no certificate in PEM", variable, path)}
		}
	}
	if pool == nil {
		return http.DefaultTransport
	}
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.TLSClientConfig = &tls.Config{RootCAs: pool}
	return t
}

type useless struct{ error }

func (u useless) RoundTrip(*http.Request) (*http.Response, error) { return nil, u.error }
