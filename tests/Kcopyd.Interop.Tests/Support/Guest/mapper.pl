# mapper.pl COMMANDS BLOB RESULTS DATA: does what dmsetup and dd would do, without a process for each command, because a process takes a third of a second
# in the guest. Each line of COMMANDS has a line of RESULTS: "ok", "error ERRNO" or the requested value. All I/O is direct, one request at a time. @NAME in
# a table stands for the number of a device that was created before.
#   dm NAME SECTORS TARGET PARAMETERS...    creates a device with one target
#   rm NAME                                 removes a device
#   w NAME SECTOR COUNT AT                  writes COUNT sectors of BLOB, from byte AT on
#   r NAME SECTOR COUNT                     reads, and appends to DATA
#   d NAME SECTOR COUNT                     discards
#   status NAME                             the status that dmsetup prints, without the range
#   merged NAME [SECTORS]                   waits until nothing is left to merge, or at most SECTORS sectors are in use; then like status
#   synced NAME                             waits until all regions of a mirror are in sync; then like status
#   suspend NAME                            lets I/O on the device wait
#   resume NAME                             undoes suspend
#   start NAME SECTOR COUNT AT              starts a write as w does it, and does not wait for it
#   crash                                   powers the machine off at once, with writes in flight; the last command
use strict;
use warnings;
use Fcntl;

use constant { VERSION => 4, SIZE => 312, BUFFER => 16384, WINDOW => 1 << 20 };
use constant { CREATE => 3, REMOVE => 4, RESUME => 6, LOAD => 9, STATUS => 12, BLKDISCARD => 0x1277 };
use constant { SUSPEND_QUICKLY => 2 | 1 << 10 | 1 << 11 };      # the flags SUSPEND, SKIP_LOCKFS, NOFLUSH
use constant { IO_SETUP => 206, IO_SUBMIT => 209, PWRITE => 1 };    # system calls of x86-64, where this kernel exists

my ($commands, $blob_file, $results, $data_file) = @ARGV;
open(my $blob_handle, '<:raw', $blob_file) or die "$blob_file: $!";
my $blob = do { local $/; <$blob_handle> };
open(my $in, '<', $commands) or die "$commands: $!";
open(my $out, '>', $results) or die "$results: $!";
open(my $data, '>:raw', $data_file) or die "$data_file: $!";
unless (-e '/dev/mapper/control') {
    my ($misc) = map { /^\s*(\d+) device-mapper/ ? $1 : () } do { open(my $f, '<', '/proc/misc') or die; <$f> };
    mkdir '/dev/mapper';
    system('mknod', '/dev/mapper/control', 'c', 10, $misc);
}
open(my $control, '+<', '/dev/mapper/control') or die "control: $!";
my (%number, %handle);
my $window = 'x' x (WINDOW + 4096);
substr($window, 0, 1) = 'y';                                # its own memory from here on
my $skew = -unpack('J', pack('p', $window)) & 4095;         # direct I/O wants aligned memory

sub mapper {    # command, name, targets, payload, flags: the answer, or undef
    my ($command, $name, $targets, $payload, $flags) = @_;
    my $request = pack('L3LLLlLLLQa128a129x7', VERSION, 0, 0, BUFFER, SIZE, $targets, 0, $flags // 0, 0, 0, 0, $name, '') . ($payload // '');
    $request .= "\0" x (BUFFER - length $request);
    return ioctl($control, (3 << 30) | (SIZE << 16) | (0xfd << 8) | $command, $request) ? $request : undef;
}

sub node {
    my ($name) = @_;
    return $handle{$name} if $handle{$name};
    my ($major, $minor) = split /:/, $number{$name};
    sysopen(my $handle, "/dev/dm-$minor", O_RDWR | O_DIRECT) or die "$name: $!";
    return $handle{$name} = $handle;
}

sub create {
    my ($name, $sectors, $target, @parameters) = @_;
    s/\@(\w+)/$number{$1}/g for @parameters;
    my $made = mapper(CREATE, $name, 0) or return 'error ' . ($! + 0);
    my $device = unpack('Q', substr($made, 40, 8));
    $number{$name} = (($device >> 8) & 0xfff) . ':' . (($device & 0xff) | (($device >> 12) & 0xfff00));
    my $parameters = join(' ', @parameters) . "\0";
    my $spec = pack('QQlLa16', 0, $sectors, 0, 0, $target) . $parameters;
    if (!mapper(LOAD, $name, 1, $spec) || !mapper(RESUME, $name, 0)) {
        my $error = $! + 0;
        mapper(REMOVE, $name, 0);
        return "error $error";
    }
    return 'ok';
}

sub discard {
    my ($handle, $sector, $count) = @_;
    my $range = pack('QQ', $sector * 512, $count * 512);
    return ioctl($handle, BLKDISCARD, $range) ? 'ok' : 'error ' . ($! + 0);
}

sub transfer {
    my ($handle, $sector, $count, $at) = @_;
    sysseek($handle, $sector * 512, 0);
    for (my $left = $count * 512; $left > 0;) {
        my $length = $left < WINDOW ? $left : WINDOW;
        substr($window, $skew, $length) = substr($blob, $at, $length) if defined $at;
        my $done = defined $at ? syswrite($handle, $window, $length, $skew) : sysread($handle, $window, $length, $skew);
        my $failed = defined $done ? $done == $length ? 0 : 5 : $! + 0;
        syswrite($data, $window, $length, $skew) unless defined $at || $failed;
        $window .= "\0" x (WINDOW + 4096 - length $window);         # sysread cuts it off behind what it read
        return "error $failed" if $failed;
        $left -= $length;
        $at += $length if defined $at;
    }
    return 'ok';
}

my ($context, @in_flight);      # what writes in flight refer to must stay in its place

sub start {
    my ($handle, $sector, $count, $at) = @_;
    unless ($context) {
        $context = pack('Q', 0);
        syscall(IO_SETUP, 4096, $context) == 0 or die "io_setup: $!";
    }
    my $length = $count * 512;
    my $buffer = 'x' x ($length + 4096);
    substr($buffer, 0, 1) = 'y';
    my $shift = -unpack('J', pack('p', $buffer)) & 4095;
    substr($buffer, $shift, $length) = substr($blob, $at, $length);
    push @in_flight, \$buffer;
    my $address = unpack('J', pack('p', $buffer)) + $shift;
    my $control = pack('QLLSsLQQqQLL', 0, 0, 0, PWRITE, 0, fileno($handle), $address, $length, $sector * 512, 0, 0, 0);
    push @in_flight, \$control;
    my $list = pack('J', unpack('J', pack('p', $control)));
    return syscall(IO_SUBMIT, unpack('Q', $context), 1, $list) == 1 ? 'ok' : 'error ' . ($! + 0);
}

sub crash {     # the answers must outlive the kernel
    print $out "ok\n";
    close($out) or die;
    close($data) or die;
    system('sync; echo 0 >/run/host/status; sync; echo o >/proc/sysrq-trigger; sleep 60');
    die;
}

sub status {
    my ($name) = @_;
    my $answer = mapper(STATUS, $name, 0) or return 'error ' . ($! + 0);
    my $start = unpack('L', substr($answer, 16, 4));
    my ($target, $words) = unpack('x24Z16Z*', substr($answer, $start));
    return "$target $words";
}

sub merged {
    my ($name, $enough) = @_;
    while (1) {
        my $status = status($name);
        return $status unless $status =~ m{ (\d+)/\d+ (\d+)$} && $1 > ($enough // $2);
        select(undef, undef, undef, 0.01);
    }
}

sub synced {
    my ($name) = @_;
    while (1) {
        my $status = status($name);
        return $status unless $status =~ m{ (\d+)/(\d+) 1 } && $1 < $2;
        select(undef, undef, undef, 0.002);
    }
}

while (my $line = <$in>) {
    my ($command, $name, @rest) = split ' ', $line;
    print $out
        $command eq 'dm' ? create($name, @rest)
        : $command eq 'rm' ? do { delete $handle{$name}; mapper(REMOVE, $name, 0) ? 'ok' : 'error ' . ($! + 0) }
        : $command eq 'w' || $command eq 'r' ? transfer(node($name), @rest)
        : $command eq 'd' ? discard(node($name), @rest)
        : $command eq 'status' ? status($name)
        : $command eq 'merged' ? merged($name, @rest)
        : $command eq 'synced' ? synced($name)
        : $command eq 'suspend' ? mapper(RESUME, $name, 0, '', SUSPEND_QUICKLY) ? 'ok' : 'error ' . ($! + 0)
        : $command eq 'resume' ? mapper(RESUME, $name, 0) ? 'ok' : 'error ' . ($! + 0)
        : $command eq 'start' ? start(node($name), @rest)
        : $command eq 'crash' ? crash()
        : die "unknown: $line";
    print $out "\n";
}
close($out) or die;
close($data) or die;
