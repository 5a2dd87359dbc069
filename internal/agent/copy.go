package agent

import (
	"errors"
	"io"
	"os"
	"path"
)

// copy puts one file of the revision in its place, with its mode and times,
// and its owner where that is allowed. A link is made again with its text. If
// a folder is in the place, the file goes into it.
func (in *installer) copy(c copyFile) error {
	info, err := in.archive.lstat(c.Source)
	if err != nil {
		return systemError("rb_sysopen", c.Source, err)
	}
	if info.Mode()&os.ModeSymlink != 0 {
		text, err := in.archive.readLink(c.Source)
		if err != nil {
			return systemError("rb_readlink", c.Source, err)
		}
		if err := in.fs.link(text, c.Destination); err != nil {
			return systemError("syserr_fail2_in", c.Destination, err)
		}
		return nil
	}
	if !info.Mode().IsRegular() {
		return errors.New(c.Source + " is neither a file, a folder nor a link: it cannot be installed")
	}
	to := c.Destination
	if in.fs.isFolder(to) {
		to = joinPath(to, path.Base(c.Source))
	}
	if err := in.copyContent(c.Source, to, info.Mode()); err != nil {
		return err
	}
	return in.keepAttributes(to, info)
}

func (in *installer) copyContent(from, to string, mode os.FileMode) (err error) {
	source, err := in.archive.open(from)
	if err != nil {
		return systemError("rb_sysopen", from, err)
	}
	defer source.Close()
	target, err := in.fs.write(to, mode.Perm())
	if err != nil {
		return systemError("rb_sysopen", to, err)
	}
	if _, err = io.Copy(target, source); err != nil {
		_ = target.Close()
		return systemError("copy_stream", to, err)
	}
	if err = target.Close(); err != nil {
		return systemError("copy_stream", to, err)
	}
	return nil
}

func (in *installer) keepAttributes(to string, info os.FileInfo) error {
	if err := in.fs.setTimes(to, info.ModTime()); err != nil {
		return systemError("apply2files", to, err)
	}
	mode := info.Mode() & (os.ModePerm | os.ModeSetuid | os.ModeSetgid | os.ModeSticky)
	if uid, gid, known := ownerOf(info); known {
		// Without the owner the bits that lend the owner's rights go too.
		if err := in.fs.setOwner(to, uid, gid); err != nil {
			mode &^= os.ModeSetuid | os.ModeSetgid
		}
	}
	if err := in.fs.setMode(to, mode); err != nil {
		return systemError("apply2files", to, err)
	}
	return nil
}
