#!/bin/sh
# Runs from the revision that was installed before, in the next deployment. What
# was cancelled half-way may have left no file and no process: this needs none of
# what the revision installs, and having nothing to stop is no failure.
set -eu
sh "$(dirname "$0")/../service/hello.sh" stop
