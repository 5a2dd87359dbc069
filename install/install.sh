#!/usr/bin/env bash
# Downloads codedeploy-steps of a release, checks it, and puts it on the PATH of the steps that follow: in GitHub Actions, CircleCI and
# Azure Pipelines. Anywhere else it goes to ~/.local/bin. What to take is told by variables only: VERSION (such as v1.2.3; the newest
# release if empty) and SHA256. Bash 3.2 is enough, for macOS.
set -euo pipefail
fail() {
  if [ -n "${GITHUB_PATH:-}" ]; then
    printf '::error title=codedeploy-steps install::%s\n' "$1"
  elif [ -n "${TF_BUILD:-}" ]; then
    printf '##vso[task.logissue type=error]codedeploy-steps install: %s\n' "$1"
  else
    printf 'codedeploy-steps install: %s\n' "$1" >&2
  fi
  exit 1
}

case "${RUNNER_OS_NAME:-$(uname -s)}" in
  Linux) os=linux suffix= ;;
  macOS | Darwin) os=darwin suffix= ;;
  Windows | MINGW* | MSYS* | CYGWIN*) os=windows suffix=.exe ;;
  *) fail 'this machine is neither Linux, macOS nor Windows' ;;
esac
case "${RUNNER_ARCH_NAME:-$(uname -m)}" in
  X64 | x86_64 | amd64) arch=amd64 ;;
  ARM64 | arm64 | aarch64) arch=arm64 ;;
  *) fail 'this machine is neither x86-64 nor arm64' ;;
esac
number='^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$'
slug='^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$'
repository=${ACTION_REPOSITORY:-codedeploy-steps/codedeploy-steps}
[[ $repository =~ $slug ]] || fail 'the name of the action is not of the form owner/name'
releases=${GITHUB_SERVER_URL:-https://github.com}/$repository/releases

version=${VERSION:-}
if [ -z "$version" ] && [[ ${ACTION_REF:-} =~ $number ]]; then
  version=$ACTION_REF
fi
if [ -z "$version" ]; then
  # The page of the newest release leads to that of its tag.
  newest=$(curl --fail --silent --show-error --retry 3 --location --output /dev/null --write-out '%{url_effective}' "$releases/latest") ||
    fail 'the newest release could not be asked for; give a version'
  version=${newest##*/}
fi
[[ $version =~ $number ]] || fail 'the version is not of the form v1.2.3'

file=codedeploy-steps_${version#v}_${os}_${arch}${suffix}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for name in checksums.txt "$file"; do
  curl --fail --silent --show-error --retry 3 --location --output "$work/$name" "$releases/download/$version/$name" ||
    fail "$name of $version could not be downloaded"
done
if command -v sha256sum >/dev/null; then
  got=$(sha256sum "$work/$file")
else
  got=$(shasum -a 256 "$work/$file")
fi
got=${got%% *}
got=${got#\\} # of a name that had to be quoted
wanted=$(awk -v name="$file" '$2 == name || $2 == "*" name { print $1 }' "$work/checksums.txt")
[ -n "$wanted" ] || fail "the checksums of $version do not name $file"
asked=$(printf '%s' "${SHA256:-}" | tr A-F a-f) # PowerShell writes sums with capitals
for sum in "$wanted" ${asked:+"$asked"}; do
  [ "$got" = "$sum" ] || fail "$file has another checksum than it should have; it was deleted"
done

# Folders that a system empties after the job, where it has one.
folder=${RUNNER_TEMP:-${AGENT_TEMPDIRECTORY:-}}
if [ -n "$folder" ]; then
  folder=$folder/codedeploy-steps/$version
else
  folder=$HOME/.local/bin
fi
mkdir -p "$folder"
cd "$folder"
chmod +x "$work/$file"
mv -f "$work/$file" "codedeploy-steps$suffix"
"./codedeploy-steps$suffix" --version
path=$(pwd -W 2>/dev/null || pwd) # Git's bash on Windows gives the name that others understand
if [ -n "${GITHUB_PATH:-}" ]; then
  printf '%s\n' "$path" >>"$GITHUB_PATH"
  printf 'version=%s\npath=%s\n' "$version" "$path" >>"$GITHUB_OUTPUT"
elif [ -n "${TF_BUILD:-}" ]; then
  printf '##vso[task.prependpath]%s\n' "$path"
elif [ -n "${CIRCLECI:-}" ]; then
  printf "export PATH=%q:\"\$PATH\"\n" "$PWD" >>"$BASH_ENV"
else
  printf 'It is in %s.\n' "$path"
fi
