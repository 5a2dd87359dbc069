package agent

import "os"

func ownerOf(os.FileInfo) (uid, gid int, known bool) { return 0, 0, false }
