//go:build unix

package objects

import (
	"bufio"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// The variable makes the test's own program the one that is killed.
const writerVariable = "OBJECTS_TEST_WRITER"

// TestKilledWriter writes objects for ever, and tells of each when it is
// stored. It is not a test but the victim of TestKill.
func TestKilledWriter(t *testing.T) {
	dir := os.Getenv(writerVariable)
	if dir == "" {
		t.Skip("this is the program that TestKill kills")
	}
	s := openStore(t, dir)
	if err := s.CreateBucket("releases"); err != nil {
		t.Fatal(err)
	}
	for i := 0; ; i++ {
		key := fmt.Sprintf("k%d", i%5)
		if i%3 == 2 {
			u, err := s.createUpload(upload{Bucket: "releases", Key: key, ChecksumType: FullObject})
			if err != nil {
				t.Fatal(err)
			}
			claims := claim{size: -1}
			for n := range 3 {
				size := minPart
				if n == 2 {
					size = i
				}
				p, err := s.putPart(u, n+1, receiveNoise(t, s, i+n, size))
				if err != nil {
					t.Fatal(err)
				}
				claims.parts = append(claims.parts, claimedPart{number: n + 1, etag: p.ETag})
			}
			o, _, err := s.complete("releases", key, u.ID, claims)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Printf("stored %s %s\n", key, o.Checksum)
			continue
		}
		o, _, err := s.put("releases", key, Attributes{ContentType: defaultContentType}, receiveNoise(t, s, i, 1000*i), condition{})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("stored %s %s\n", key, o.Checksum)
	}
}

func receiveNoise(t *testing.T, s *Store, seed, size int) received {
	t.Helper()
	got, err := s.receive(strings.NewReader(string(noise(uint64(seed), size))), nil, expected{}, CRC64NVME)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// TestKill kills a writer at random moments, and looks at what it left: every
// object whole, none older than was told, no file without an owner.
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("starts and kills processes")
	}
	dir := t.TempDir()
	for round := range 6 {
		told := map[string]string{}
		writer := exec.Command(os.Args[0], "-test.run=^TestKilledWriter$")
		writer.Env = append(os.Environ(), writerVariable+"="+dir)
		out, err := writer.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := writer.Start(); err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Duration(200+rand.IntN(500))*time.Millisecond, func() { writer.Process.Kill() })
		for lines := bufio.NewScanner(out); lines.Scan(); {
			var key, checksum string
			if n, _ := fmt.Sscanf(lines.Text(), "stored %s %s", &key, &checksum); n == 2 {
				told[key] = checksum
			}
		}
		if err := writer.Wait(); writer.ProcessState.ExitCode() != -1 {
			t.Fatalf("the writer ended by itself: %v", err)
		}
		s := openStore(t, dir)
		p, _, err := s.list("releases", listing{limit: maxList})
		if err != nil {
			t.Fatal(err)
		}
		newer := 0
		for _, e := range p.entries {
			if checksum := told[e.Key]; checksum != "" && checksum != e.Checksum {
				newer++ // stored, and killed before it was told
			}
			delete(told, e.Key)
			checkContent(t, s, e.Key)
		}
		if newer > 1 || len(told) > 0 {
			t.Errorf("round %d: %d objects are not those that were told of, %v are missing", round, newer, told)
		}
		owned := len(p.entries)
		uploads, _, err := s.uploads("releases", "", "", "", maxList)
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range uploads {
			parts, _, _, err := s.listOf(u)
			if err != nil {
				t.Fatal(err)
			}
			owned += len(parts)
		}
		if files := filesIn(t, s.dir); len(files) != owned {
			t.Errorf("round %d: %d files for %d objects and parts", round, len(files), owned)
		}
		if err := s.db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func checkContent(t *testing.T, s *Store, key string) {
	t.Helper()
	file, o, err := s.OpenObject("releases", key, "")
	if err != nil {
		t.Error(err)
		return
	}
	defer file.Close()
	checksum, sum := o.Algorithm.hash(), md5.New()
	n, err := io.Copy(io.MultiWriter(checksum, sum), file)
	if err != nil || n != o.Size || encodeSum(checksum) != o.Checksum {
		t.Errorf("%s has %d bytes with %s, want %d with %s (%v)", key, n, encodeSum(checksum), o.Size, o.Checksum, err)
	}
	if len(o.PartSizes) == 0 && hex.EncodeToString(sum.Sum(nil)) != o.ETag {
		t.Errorf("%s has another MD5 than its ETag %s", key, o.ETag)
	}
}
