//go:build !unix

package bundle

// setUmask does nothing: there is no umask.
func setUmask(int) func() { return func() {} }
