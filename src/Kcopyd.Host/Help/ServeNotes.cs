namespace Kcopyd.Host.Help;

/// <summary>Notes on the NBD server.</summary>
internal static class ServeNotes
{
    public static CommandNotes? Of(string command) => command == "serve" ? Serve : null;

    private static CommandNotes Serve => new(
        [
            new NoteSection("Addresses", "Without TLS, only loopback addresses and Unix sockets are served.",
            [
                new NoteItem("unix:PATH", "A Unix socket; it is removed when the server ends."),
                new NoteItem("HOST:PORT",
                    "A name or an address, IPv6 in brackets, a link-local one with its zone ([fe80::1%eth0]:10809); [::] is IPv6 only. "
                        + "Port 0 selects a free port, which the 'ready' line names."),
            ]),
            new NoteSection("Socket activation and service managers", "", [
                new NoteItem("LISTEN_FDS", "Sockets that systemd or libnbd pass, as in nbdinfo -- [ kcopyd serve FILE ], are used instead of --listen. "
                    + "Nothing is printed on standard output then, except with --json."),
                new NoteItem("NOTIFY_SOCKET", "Receives READY=1 when clients can connect, and STOPPING=1 at the end."),
            ]),
            new NoteSection("Signals", "", [
                new NoteItem("SIGINT, SIGTERM, SIGHUP", "Stop accepting requests, finish those in flight, flush, and end with the totals. "
                    + "A second signal ends the server at once."),
            ]),
        ],
        CommandNotes.StatusesOf(
            "The server failed, or a snapshot became invalid, could not be closed, or was deleted.",
            "The server was stopped, and everything is on stable storage."),
        [
            new NoteExample("A disk image on a Unix socket, and a client:",
                "kcopyd serve disk.img --listen unix:/run/disk.sock\nqemu-img info 'nbd+unix:///?socket=/run/disk.sock'"),
            new NoteExample("A disk that is written, and its earlier state from a snapshot, with TLS:",
                "kcopyd serve --snapshot disk.img,disk.cow --listen 0.0.0.0:10809 --tls-certificates tls"),
            new NoteExample("A disk of which snapshots are taken while it is written:",
                "kcopyd serve disk.img --listen unix:/run/disk.sock --control unix:/run/disk.control"),
            new NoteExample("Two files under given names, read-only:", "kcopyd serve --export a=one.img --export b=two.img --read-only"),
        ]);
}
