package bundle

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The published agent unpacks with unzip, else with a library of its own, and with tar; on Windows tar with another library. What it made of
// our bundles is kept in testdata with their digests: the test holds everywhere that these are still the bundles, and that it made of them what
// they hold. Where CODEDEPLOY_AGENT_ORACLE names a folder with a program "ruby-agent" that runs Ruby files with the agent's libraries on the
// path, the agent is asked again, and -update keeps its new answers.

var update = flag.Bool("update", false, "keep what the published agent unpacks now")

const unpackedFile = "testdata/agent/unpacked.json"

type unpackedRecord struct {
	Agent   string              `json:"agent"`
	Bundles map[string]unpacked `json:"bundles"`
}

// unpacked is what the agent made of a bundle.
type unpacked struct {
	Bundle  string   `json:"bundle"` // SHA-256 of the archive
	By      string   `json:"by"`
	Entries int      `json:"entries"`
	Digest  string   `json:"digest"`            // of the listing, as if it were a manifest's
	Listing []string `json:"listing,omitempty"` // lines as in a manifest, if they are few
}

type unpacking struct {
	name string // of the bundle
	tree func(t *testing.T) (dir string)
	typ  Type
	ways []string // as testdata/agent/unpack.rb knows them
	long bool
}

func unpackings() []unpacking {
	all := withLarge()
	plain := maps.Clone(all)
	maps.DeleteFunc(plain, func(name, content string) bool {
		return strings.HasPrefix(content, "-> ") || strings.ContainsFunc(name, func(r rune) bool { return r >= 0x80 })
	})
	ofAll, ofPlain := func(t *testing.T) string { return all.build(t) }, func(t *testing.T) string { return plain.build(t) }
	return []unpacking{
		{name: "zip", tree: ofAll, typ: Zip, ways: []string{"linux", "nounzip"}},
		{name: "tar", tree: ofAll, typ: Tar, ways: []string{"linux"}},
		{name: "tgz", tree: ofAll, typ: TGZ, ways: []string{"linux"}},
		{name: "plain tar", tree: ofPlain, typ: Tar, ways: []string{"windows"}},
		{name: "plain tgz", tree: ofPlain, typ: TGZ, ways: []string{"windows"}},
		{name: "zip of 70,000 entries", tree: many, typ: Zip, ways: []string{"linux", "nounzip"}, long: true},
	}
}

// many makes more entries than a zip counts without zip64. Those of a folder are links to its first: that is sooner done.
func many(t *testing.T) string {
	dir := t.TempDir()
	var first string
	for i := range 70_000 {
		name := filepath.Join(dir, fmt.Sprintf("folder-%d", i/1000), fmt.Sprintf("file-%d", i))
		if i%1000 != 0 {
			must(t, os.Link(first, name))
			continue
		}
		must(t, os.Mkdir(filepath.Dir(name), 0o777))
		must(t, os.WriteFile(name, nil, 0o666))
		first = name
	}
	return dir
}

// eachUnpacking packs every tree and says what each way of the agent makes of it: all of it, but that its own library for zip skips links and leaves out
// execute bits, whoever made the zip. The agent makes hooks executable itself.
func eachUnpacking(t *testing.T, compare func(t *testing.T, key string, packed []byte, typ Type, way string, want unpacked)) {
	for _, u := range unpackings() {
		t.Run(u.name, func(t *testing.T) {
			if u.long && testing.Short() {
				t.Skip("long")
			}
			tree := mustScan(t, u.tree(t), Options{})
			packed := mustWrite(t, tree, u.typ)
			for _, way := range u.ways {
				m := Manifest{Entries: tree.Entries}
				if way == "nounzip" {
					m = withoutLinksAndModes(m)
				}
				var text strings.Builder
				must(t, m.WriteText(&text))
				want := listed(text.String())
				want.Bundle = fmt.Sprintf("%x", sha256.Sum256(packed))
				compare(t, u.name+", "+way, packed, u.typ, way, want)
			}
		})
	}
}

func withoutLinksAndModes(m Manifest) Manifest {
	var left []Entry
	for _, e := range m.Entries {
		if e.Mode.IsRegular() {
			e.Mode = modeFile
		}
		if e.Mode&fs.ModeSymlink == 0 {
			left = append(left, e)
		}
	}
	return Manifest{Entries: left}
}

// listed reads a manifest's text.
func listed(text string) unpacked {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")[1:]
	u := unpacked{Entries: len(lines), Digest: fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(text)))}
	if len(lines) < 100 {
		u.Listing = lines
	}
	return u
}

func (u unpacked) compare(t *testing.T, want unpacked, who string) {
	t.Helper()
	if u.Bundle != want.Bundle {
		t.Errorf("the agent saw the bundle %s, this one is %s: run with CODEDEPLOY_AGENT_ORACLE and -update", want.Bundle, u.Bundle)
	}
	if u.Entries != want.Entries || u.Digest != want.Digest {
		t.Errorf("%d entries, %s; %s %d, %s", u.Entries, u.Digest, who, want.Entries, want.Digest)
	}
	for _, line := range u.Listing {
		if !slices.Contains(want.Listing, line) {
			t.Errorf("%s lacks %s", who, line)
		}
	}
	for _, line := range want.Listing {
		if !slices.Contains(u.Listing, line) {
			t.Errorf("%s alone has %s", who, line)
		}
	}
}

func readUnpacked(t *testing.T) unpackedRecord {
	t.Helper()
	text, err := os.ReadFile(unpackedFile)
	must(t, err)
	var r unpackedRecord
	must(t, json.Unmarshal(text, &r))
	return r
}

func TestAgentUnpacksOurBundles(t *testing.T) {
	record := readUnpacked(t)
	eachUnpacking(t, func(t *testing.T, key string, _ []byte, _ Type, _ string, want unpacked) {
		want.compare(t, record.Bundles[key], "the agent")
		delete(record.Bundles, key)
	})
	if !testing.Short() && len(record.Bundles) > 0 {
		t.Errorf("answers are kept for bundles that are gone: %v", slices.Sorted(maps.Keys(record.Bundles)))
	}
}

func TestLiveAgentUnpacksOurBundles(t *testing.T) {
	oracle := os.Getenv("CODEDEPLOY_AGENT_ORACLE")
	if oracle == "" {
		t.Skip("CODEDEPLOY_AGENT_ORACLE names no folder with the published agent")
	}
	live := unpackedRecord{Agent: "1.8.1", Bundles: map[string]unpacked{}}
	eachUnpacking(t, func(t *testing.T, key string, packed []byte, typ Type, way string, want unpacked) {
		got := askToUnpack(t, oracle, packed, typ, way)
		got.Bundle = want.Bundle
		want.compare(t, got, "the agent")
		live.Bundles[key] = got
	})
	if *update {
		text, err := json.MarshalIndent(live, "", " ")
		must(t, err)
		must(t, os.WriteFile(unpackedFile, append(text, '\n'), 0o644))
	}
	record := readUnpacked(t)
	for key, got := range live.Bundles {
		t.Logf("%s: %d entries by %s", key, got.Entries, got.By)
		got.compare(t, record.Bundles[key], "the record")
	}
}

// askToUnpack has the agent unpack a bundle.
func askToUnpack(t *testing.T, oracle string, packed []byte, typ Type, way string) unpacked {
	t.Helper()
	dir, driver := t.TempDir(), "testdata/agent/unpack.rb"
	archive := filepath.Join(t.TempDir(), "bundle")
	must(t, os.WriteFile(archive, packed, 0o644))
	cmd := exec.CommandContext(t.Context(), filepath.Join(oracle, "ruby-agent"), driver, dir, archive, string(typ), way)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, said.String())
	}
	by, listing, _ := strings.Cut(string(out), "\n")
	got := listed("codedeploy-steps bundle manifest 1\n" + listing)
	got.By = by
	return got
}
