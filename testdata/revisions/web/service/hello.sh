#!/bin/sh
# hello.sh start|stop: the web service, with whichever of perl, python3 and
# busybox the machine has.
set -eu
pidfile=/var/lib/hello/pid

serve() {
  . /var/lib/hello/settings
  cd "$root"
  if command -v perl >/dev/null 2>&1 && perl -MIO::Socket::INET -e 1 2>/dev/null; then
    exec perl /opt/hello/serve.pl "$port"
  elif command -v python3 >/dev/null 2>&1; then
    exec python3 -m http.server --bind 127.0.0.1 "$port"
  elif command -v busybox >/dev/null 2>&1; then
    exec busybox httpd -f -p "127.0.0.1:$port" -h "$root"
  fi
  echo "none of perl, python3 and busybox is here" >&2
  exit 1
}

case ${1:-} in
start)
  ( serve ) </dev/null >/var/lib/hello/log 2>&1 &
  echo $! > "$pidfile"
  echo "started as process $!"
  ;;
stop)
  if [ -f "$pidfile" ] && kill "$(cat "$pidfile")" 2>/dev/null; then
    echo "stopped process $(cat "$pidfile")"
  else
    echo "was not running"
  fi
  rm -f "$pidfile"
  ;;
*)
  echo "usage: hello.sh start|stop" >&2
  exit 2
  ;;
esac
