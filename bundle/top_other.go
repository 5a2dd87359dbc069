//go:build !linux

package bundle

import "os"

func openBeneath(*os.Root) *os.File { return nil }

func folderBeneath(*os.File, string) (directory, bool) { return nil, false }

func fileBeneath(*os.File, string) (diskFile, bool) { return nil, false }
