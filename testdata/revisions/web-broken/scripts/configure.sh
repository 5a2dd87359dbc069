#!/bin/sh
# Writes the service's settings; each instance has a port of its own where they
# share the network.
set -eu
port=8080
if [ -n "${HELLO_PORT:-}" ]; then port=$HELLO_PORT; fi
printf 'port=%s\nroot=/srv/hello\n' "$port" > /var/lib/hello/settings
echo "serving /srv/hello on port $port"
