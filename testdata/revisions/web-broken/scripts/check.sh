#!/bin/sh
# Fails on one instance, so that the failure's story and the rollback can be seen.
set -eu
if [ "$(uname -n)" = local-1 ]; then
  echo "asking the service on $(uname -n)"
  echo "the database schema is older than this revision needs" >&2
  exit 3
fi
echo "fine on $(uname -n)"
