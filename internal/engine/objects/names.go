package objects

import (
	"net/netip"
	"strings"
	"unicode/utf8"
)

const maxKeyBytes = 1024

// checkBucketName follows "General purpose bucket naming rules".
func checkBucketName(name string) error {
	bad := func(why string) error {
		return errorf(ErrInvalidBucketName, "%q is no bucket name: it %s", name, why)
	}
	if len(name) < 3 || len(name) > 63 {
		return bad("has not 3 to 63 characters")
	}
	for _, c := range []byte(name) {
		if !isLowerOrDigit(c) && c != '.' && c != '-' {
			return bad("holds other characters than a-z, 0-9, dot and hyphen")
		}
	}
	if !isLowerOrDigit(name[0]) || !isLowerOrDigit(name[len(name)-1]) {
		return bad("does not begin and end with a letter or digit")
	}
	if strings.Contains(name, "..") {
		return bad("holds two dots in a row")
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return bad("looks like an IP address")
	}
	for _, prefix := range []string{"xn--", "sthree-", "amzn-s3-demo-"} {
		if strings.HasPrefix(name, prefix) {
			return bad("begins with the reserved " + prefix)
		}
	}
	for _, suffix := range []string{"-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"} {
		if strings.HasSuffix(name, suffix) {
			return bad("ends with the reserved " + suffix)
		}
	}
	return nil
}

func isLowerOrDigit(c byte) bool { return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' }

func checkKey(key string) error {
	switch {
	case key == "":
		return errorf(errInvalidURI, "the key is empty")
	case len(key) > maxKeyBytes:
		return errorf(errKeyTooLong, "the key has %d bytes, more than %d", len(key), maxKeyBytes)
	case !utf8.ValidString(key):
		return errorf(errInvalidURI, "the key is not UTF-8")
	}
	return nil
}
