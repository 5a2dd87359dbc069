package step

import "os"

// giveToFolder has nothing to do: a folder's access list is inherited.
func giveToFolder(*os.File) {}

// GiveTree has nothing to do either.
func GiveTree(string) {}
