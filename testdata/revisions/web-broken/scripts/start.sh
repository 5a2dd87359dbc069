#!/bin/sh
# Starts the service in the background. All three streams are redirected: what
# stays behind must not hold the hook's output open.
set -eu
/opt/hello/hello.sh start
