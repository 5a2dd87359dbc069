#!/usr/bin/env bash
# Downloads codedeploy-steps of a release, checks it, and puts it on the PATH of the steps that follow. It takes what it is
# told from variables only; see action.yml. Bash 3.2 is enough, for macOS.
set -euo pipefail
fail() { printf '::error title=codedeploy-steps install::%s\n' "$1"; exit 1; }

case "${RUNNER_OS_NAME:-}" in
  Linux) os=linux suffix= ;;
  macOS) os=darwin suffix= ;;
  Windows) os=windows suffix=.exe ;;
  *) fail 'the runner is neither Linux, macOS nor Windows' ;;
esac
case "${RUNNER_ARCH_NAME:-}" in
  X64) arch=amd64 ;;
  ARM64) arch=arm64 ;;
  *) fail 'the runner is neither X64 nor ARM64' ;;
esac
number='^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$'
slug='^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$'
repository=${ACTION_REPOSITORY:-codedeploy-steps/codedeploy-steps}
[[ $repository =~ $slug ]] || fail 'the name of the action is not of the form owner/name'
releases=${GITHUB_SERVER_URL:?}/$repository/releases

version=${VERSION:-}
if [ -z "$version" ] && [[ ${ACTION_REF:-} =~ $number ]]; then
  version=$ACTION_REF
fi
if [ -z "$version" ]; then
  # The page of the newest release leads to that of its tag.
  newest=$(curl --fail --silent --show-error --retry 3 --location --output /dev/null --write-out '%{url_effective}' "$releases/latest") ||
    fail 'the newest release could not be asked for; give the input version'
  version=${newest##*/}
fi
[[ $version =~ $number ]] || fail 'the version is not of the form v1.2.3'

file=codedeploy-steps_${version#v}_${os}_${arch}${suffix}
folder=${RUNNER_TEMP:?}/codedeploy-steps/$version
mkdir -p "$folder"
cd "$folder"
for name in checksums.txt "$file"; do
  curl --fail --silent --show-error --retry 3 --location --output "$name" "$releases/download/$version/$name" ||
    fail "$name of $version could not be downloaded"
done
if command -v sha256sum >/dev/null; then
  got=$(sha256sum "$file")
else
  got=$(shasum -a 256 "$file")
fi
got=${got%% *}
got=${got#\\} # of a name that had to be quoted
wanted=$(awk -v name="$file" '$2 == name || $2 == "*" name { print $1 }' checksums.txt)
[ -n "$wanted" ] || fail "the checksums of $version do not name $file"
for sum in "$wanted" ${SHA256:+"$SHA256"}; do
  if [ "$got" != "$sum" ]; then
    rm -f "$file"
    fail "$file has another checksum than it should have; it was deleted"
  fi
done
mv "$file" "codedeploy-steps$suffix"
chmod +x "codedeploy-steps$suffix"
"./codedeploy-steps$suffix" --version
path=$(pwd -W 2>/dev/null || pwd) # Git's bash on Windows gives the name that others understand
printf '%s\n' "$path" >>"$GITHUB_PATH"
printf 'version=%s\npath=%s\n' "$version" "$path" >>"$GITHUB_OUTPUT"
