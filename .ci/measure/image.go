package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// containers prints the layers of an image, and its starts beside those of an
// image that holds an empty program only, in turns.
func containers(image, dir, empty string) {
	fmt.Println("\n| layer | bytes | gzip -9 |\n|---|---|---|")
	layers(image)
	const none = "codedeploy-steps-measure:empty"
	check(os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte("FROM scratch\nCOPY empty /empty\nENTRYPOINT [\"/empty\"]\n"), 0o644))
	check(os.WriteFile(filepath.Join(dir, ".dockerignore"), []byte("*\n!"+filepath.Base(empty)+"\n"), 0o644))
	build := exec.Command("docker", "build", "-q", "-t", none, dir)
	build.Stderr = os.Stderr
	check(build.Run())
	defer exec.Command("docker", "rmi", none).Run()
	sample, err := filepath.Abs("testdata/revisions/web")
	check(err)
	rows := []struct {
		name string
		args []string
		took []time.Duration
	}{
		{name: "docker run: an empty program", args: []string{none}},
		{name: "docker run: codedeploy-steps --version", args: []string{image, "--version"}},
		{name: "docker run: validate, whole", args: []string{"-v", sample + ":/w:ro", image, "validate", "/w"}},
		{name: "docker run: release on the engine, whole", args: []string{"-v", sample + ":/w:ro", image, "release", "--endpoint", "local", "--state", "/tmp/state", "--instance-kind", "host", "/w"}},
	}
	for range runs {
		for i := range rows {
			began := time.Now()
			out, err := exec.Command("docker", append([]string{"run", "--rm", "--network", "none"}, rows[i].args...)...).CombinedOutput()
			if err != nil {
				fmt.Fprintln(os.Stderr, string(out))
			}
			check(err)
			rows[i].took = append(rows[i].took, time.Since(began))
		}
	}
	fmt.Println("\n| start of a container | min | median |\n|---|---|---|")
	for _, r := range rows {
		row(r.name, r.took)
	}
}

// layers reads the archive of docker save.
func layers(image string) {
	cmd := exec.Command("docker", "save", image)
	archive, err := cmd.StdoutPipe()
	check(err)
	check(cmd.Start())
	total, packed := int64(0), 0
	for tr := tar.NewReader(archive); ; {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		check(err)
		if h.Typeflag != tar.TypeReg || !strings.HasSuffix(h.Name, "layer.tar") {
			continue
		}
		var b bytes.Buffer
		z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
		check(err)
		_, err = io.Copy(z, tr)
		check(err)
		check(z.Close())
		total, packed = total+h.Size, packed+b.Len()
		fmt.Printf("| one layer | %d | %d |\n", h.Size, b.Len())
	}
	check(cmd.Wait())
	fmt.Printf("| the image | %d | %d |\n", total, packed)
}
