#!/bin/sh
# get.sh PORT: fetches the page, with whichever of perl, python3 and busybox the
# machine has (curl is not everywhere).
set -eu
if command -v perl >/dev/null 2>&1 && perl -MIO::Socket::INET -e 1 2>/dev/null; then
  exec perl -MIO::Socket::INET -e '
    my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $ARGV[0], Timeout => 5) or exit 1;
    print $s "GET /page.html HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n";
    my $status = <$s>; exit 1 unless $status =~ m{^HTTP/1\.\d 200 };
    while (<$s>) { last if /^\r?\n$/ } print while <$s>' "$1"
elif command -v python3 >/dev/null 2>&1; then
  exec python3 -c '
import sys, urllib.request
sys.stdout.write(urllib.request.urlopen("http://127.0.0.1:%s/page.html" % sys.argv[1], timeout=5).read().decode())' "$1"
fi
exec busybox wget -q -O - "http://127.0.0.1:$1/page.html"
