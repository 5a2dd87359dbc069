package bundle

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestScanTakesAllButStateAndGit(t *testing.T) {
	dir := files{
		"a":                            "1",
		".env":                         "hidden files are taken",
		".codedeploy-steps.yml":        "so is the settings file",
		".codedeploy-steps/state":      "no",
		"sub/.codedeploy-steps/x":      "no",
		".git/config":                  "token",
		"sub/.git":                     "gitdir: elsewhere",
		".gitignore":                   "kept",
		"only/.git":                    "its folder has nothing else",
		"really-empty/":                "",
		"not-entries/because/they-are": "not empty",
	}.build(t)
	tree := mustScan(t, dir, Options{})
	wantNames(t, tree.Entries, ".codedeploy-steps.yml", ".env", ".gitignore", "a", "not-entries/because/they-are", "really-empty")
	tree = mustScan(t, dir, Options{KeepGit: true})
	wantNames(t, tree.Entries, ".codedeploy-steps.yml", ".env", ".git/config", ".gitignore", "a", "not-entries/because/they-are", "only/.git",
		"really-empty", "sub/.git")
}

func TestScanLeavesOutWhatItIsTold(t *testing.T) {
	dir := files{"a": "1", "my-state/log": "no", "out/bundle.zip": "no", "out/keep": "1", "node_modules/x/y": "no", "web/a.pyc": "no", "web/a.py": "1",
		"cache/b.pyc": "no"}.build(t)
	tree := mustScan(t, dir, Options{
		Exclude: []string{"/node_modules/", "*.pyc"},
		Leave: []string{
			filepath.Join(dir, "my-state"),
			filepath.Join(dir, "out", "..", "out", "bundle.zip"),
			filepath.Join(dir, "not", "there"),
			filepath.Dir(dir), // above the root: nothing to leave out
		},
	})
	wantNames(t, tree.Entries, "a", "out/keep", "web/a.py")
	if _, err := Scan(context.Background(), dir, Options{Leave: []string{dir}}); err == nil {
		t.Error("the folder can be left out of itself")
	}
}

func TestScanLeavesOutThroughALinkToTheRoot(t *testing.T) {
	dir := files{"a": "1", "state/log": "no"}.build(t)
	link := filepath.Join(t.TempDir(), "link")
	must(t, os.Symlink(dir, link))
	wantNames(t, mustScan(t, link, Options{Leave: []string{filepath.Join(dir, "state")}}).Entries, "a")
	wantNames(t, mustScan(t, dir, Options{Leave: []string{filepath.Join(link, "state")}}).Entries, "a")
}

func TestAppSpecFromElsewhereGoesToTheRoot(t *testing.T) {
	outside := filepath.Join(files{"prod.yml": "prod"}.build(t), "prod.yml")
	dir := files{"appspec.yml": "dev", "deploy/stage.yml": "stage", "z": "1"}.build(t)
	for from, want := range map[string]string{
		"": "dev", outside: "prod", filepath.Join(dir, "deploy", "stage.yml"): "stage", filepath.Join(dir, "appspec.yml"): "dev",
	} {
		tree := mustScan(t, dir, Options{AppSpec: from})
		wantNames(t, tree.Entries, "appspec.yml", "deploy/stage.yml", "z")
		view := tree.FS()
		if got, err := fs.ReadFile(view, "appspec.yml"); err != nil || string(got) != want {
			t.Errorf("AppSpec %q: appspec.yml holds %q, %v, want %q", from, got, err, want)
		}
		packed := t.TempDir()
		unpack(t, packed, mustWrite(t, tree, Zip), Zip)
		if got := readBack(t, packed)["appspec.yml"]; got != want {
			t.Errorf("AppSpec %q: the zip's appspec.yml holds %q, want %q", from, got, want)
		}
	}
	if a, b := mustScan(t, dir, Options{AppSpec: filepath.Join(dir, "appspec.yml")}), mustScan(t, dir, Options{}); a.Digest() != b.Digest() {
		t.Error("naming the AppSpec that is there changes the digest")
	}
	for about, from := range map[string]string{"a folder": dir, "nothing": filepath.Join(dir, "no.yml")} {
		if _, err := Scan(context.Background(), dir, Options{AppSpec: from}); err == nil || !strings.Contains(err.Error(), from) {
			t.Errorf("AppSpec that is %s: %v", about, err)
		}
	}
	for _, inTheWay := range []string{"appspec.yml/x", "appspec.yml/"} {
		_, err := Scan(context.Background(), files{inTheWay: ""}.build(t), Options{AppSpec: outside})
		wantRefused(t, err, "appspec.yml")
	}
}

func TestScanRefusesLinksThatLeadOut(t *testing.T) {
	for name, target := range map[string]string{"abs": "/etc/passwd", "up": "..", "sub/far": "../../x", "sub/through": "here/../../x"} {
		dir := files{"sub/here": "-> ..", "file": ""}
		dir[name] = "-> " + target
		_, err := Scan(context.Background(), dir.build(t), Options{})
		wantRefused(t, err, name)
	}
	// Folder loops, dangling links and links to folders are links like others.
	loops := files{"a/loop": "-> ..", "b": "-> a", "nowhere": "-> not/there", "self": "-> self"}
	tree := mustScan(t, loops.build(t), Options{})
	wantNames(t, tree.Entries, "a/loop", "b", "nowhere", "self")
}

func TestScriptsAreExecutableWhereFilesCannotBe(t *testing.T) {
	dir := files{"run": "#!/bin/sh\n", "data": "x", "short": "#"}.build(t)
	must(t, os.Chmod(filepath.Join(dir, "run"), 0o644))
	tree, err := scan(context.Background(), dir, Options{}, true)
	must(t, err)
	for i, want := range []fs.FileMode{0o644, 0o755, 0o644} {
		if e := tree.Entries[i]; e.Mode != want {
			t.Errorf("%s has mode %v, want %v", e.Name, e.Mode, want)
		}
	}
}

func TestScanOfWhatIsNoFolder(t *testing.T) {
	dir := files{"file": ""}.build(t)
	for _, path := range []string{filepath.Join(dir, "file"), filepath.Join(dir, "missing")} {
		if _, err := Scan(context.Background(), path, Options{}); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("Scan(%s) = %v, want an error that names it", path, err)
		}
	}
}

func TestScanStopsWhenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Scan(ctx, sample.build(t), Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Scan = %v, want that it was cancelled", err)
	}
}

func wantRefused(t testing.TB, err error, path string) {
	t.Helper()
	var p *PathError
	if !errors.As(err, &p) || !errors.Is(err, ErrRefused) || p.Path != path || p.Reason == "" {
		t.Errorf("error is %v, want one that refuses %q", err, path)
	}
}

// However many cores list a tree and whichever of them is first, the error is the same, and so is the order of what is found.
func TestScanWithManyCoresIsThatWithOne(t *testing.T) {
	tree := files{"m.d/x": "", "m/x": "", "n/": "", "n.d/x": ""}
	for i := range 40 {
		tree[fmt.Sprintf("%02d/%02d/%02d", i%7, i%5, i)] = "x"
	}
	dir := tree.build(t)
	one := mustScan(t, dir, Options{Workers: 1})
	if !slices.IsSortedFunc(one.Entries, func(a, b Entry) int { return strings.Compare(a.Name, b.Name) }) {
		t.Errorf("the order is %q", names(one.Entries))
	}
	for range 50 {
		if many := mustScan(t, dir, Options{Workers: 8}); !slices.Equal(names(many.Entries), names(one.Entries)) {
			t.Fatalf("8 cores found %q, one found %q", names(many.Entries), names(one.Entries))
		}
	}
	tree = files{}
	for _, bad := range []string{"b/c/d/bad\\", "b/c.d/bad\\", "b/d/bad\\", "c/bad\\", "z\\"} {
		tree[bad] = ""
	}
	dir = tree.build(t)
	must(t, os.Symlink("../..", filepath.Join(dir, "b", "out")))
	for range 50 {
		_, err := Scan(context.Background(), dir, Options{Workers: 8})
		var got []string
		var all PathErrors
		errors.As(err, &all)
		for _, p := range all {
			got = append(got, p.Path)
		}
		if want := []string{"b/c.d/bad\\", "b/c/d/bad\\", "b/d/bad\\", "b/out", "c/bad\\", "z\\"}; !slices.Equal(got, want) {
			t.Fatalf("8 cores refuse %q, want %q", got, want)
		}
		wantRefused(t, err, "b/c.d/bad\\")
	}
}

// Of many files that are wrong the first ten are told.
func TestManyAreWrong(t *testing.T) {
	tree := files{}
	for i := range 13 {
		tree[fmt.Sprintf("%02d\\", i)] = ""
	}
	_, err := Scan(context.Background(), tree.build(t), Options{})
	if text := fmt.Sprint(err); strings.Count(text, "the name holds a backslash") != 10 || !strings.Contains(text, "09") || !strings.HasSuffix(text, "\nand 3 more") {
		t.Errorf("the error is %q", text)
	}
}

// Links to links to a folder multiply what is wrong in it: looking for that ends.
func TestFollowedLinksToWhatIsWrongEnd(t *testing.T) {
	dir := files{"0/bad\\": ""}.build(t)
	for i := range 40 {
		folder := filepath.Join(dir, fmt.Sprint(i+1))
		must(t, os.Mkdir(folder, 0o755))
		must(t, os.Symlink(fmt.Sprintf("../%d", i), filepath.Join(folder, "a")))
		must(t, os.Symlink(fmt.Sprintf("../%d", i), filepath.Join(folder, "b")))
	}
	_, err := Scan(context.Background(), dir, Options{FollowLinks: true})
	if !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "more") {
		t.Errorf("Scan = %v, want that it ends", err)
	}
}
