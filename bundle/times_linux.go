package bundle

import "golang.org/x/sys/unix"

func fileTimes(s *unix.Stat_t) (modified, changed unix.Timespec) { return s.Mtim, s.Ctim }
