#!/bin/sh
# Makes the folders that the service writes to.
set -eu
mkdir -p /var/lib/hello
echo "prepared for deployment $DEPLOYMENT_ID of $APPLICATION_NAME"
