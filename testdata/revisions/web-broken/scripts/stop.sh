#!/bin/sh
# Runs from the revision that was installed before, in the next deployment.
set -eu
/opt/hello/hello.sh stop
