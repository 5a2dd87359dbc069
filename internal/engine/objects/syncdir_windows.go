package objects

// syncDir does nothing: Windows offers no sync of a folder, and NTFS journals
// renames.
func syncDir(string) error { return nil }
