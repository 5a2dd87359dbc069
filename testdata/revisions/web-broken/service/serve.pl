# serve.pl PORT: serves the files of the working folder on 127.0.0.1.
use strict;
use warnings;
use IO::Socket::INET;

my $server = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => shift, Listen => 16, ReuseAddr => 1)
    or die "listen: $!";
$SIG{PIPE} = 'IGNORE';
while (my $client = $server->accept) {
    my $request = <$client> // next;
    while (my $header = <$client>) { last if $header =~ /^\r?\n$/ }
    my ($path) = $request =~ m{^GET /([\w.-]+)};
    if (defined $path && open my $file, '<', $path) {
        local $/;
        my $body = <$file>;
        print $client "HTTP/1.0 200 OK\r\nContent-Type: text/html\r\nContent-Length: ", length $body, "\r\n\r\n", $body;
    } else {
        print $client "HTTP/1.0 404 Not Found\r\n\r\n";
    }
    close $client;
}
