package owner

import "io/fs"

// ownedAlone trusts the access control list that a folder inherits: mode bits
// say nothing on Windows.
func ownedAlone(string, fs.FileInfo) error { return nil }
