#!/bin/sh
# Asks the service for its page until it answers.
set -eu
. /var/lib/hello/settings
for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  if answer=$(/opt/hello/get.sh "$port" 2>/dev/null); then
    echo "GET http://127.0.0.1:$port/page.html"
    echo "$answer"
    exit 0
  fi
  sleep 0.3
done
echo "the service does not answer on port $port" >&2
exit 1
