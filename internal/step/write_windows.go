package step

import "os"

// giveToFolder has nothing to do: a folder's access list is inherited.
func giveToFolder(*os.File) {}

// GiveTree has nothing to do either.
func GiveTree(string) {}

// access can't tell here: what is refused is told when it is written.
func access(string) error { return nil }
