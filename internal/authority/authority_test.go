package authority

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTransport(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	server.Config.ErrorLog = nil
	file := func(text []byte) string {
		path := filepath.Join(t.TempDir(), "ca.pem")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	own := file(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	for _, test := range []struct{ bundle, want string }{
		{own, ""},
		{"", "failed to verify certificate"},
		{filepath.Join(t.TempDir(), "none"), "AWS_CA_BUNDLE: open "},
		{file([]byte("not PEM")), "has no certificate in PEM"},
	} {
		client := &http.Client{Transport: Transport(func(string) string { return test.bundle })}
		answer, err := client.Get(server.URL)
		if err == nil {
			answer.Body.Close()
		}
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: %v", test.bundle, err)
		}
	}
}
