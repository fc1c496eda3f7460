namespace Kcopyd.Host.Help;

/// <summary>Notes on kcopyd itself and on the commands that read and write their operands.</summary>
internal static class TransferNotes
{
    /// <summary>Explains sizes in bytes.</summary>
    public static NoteSection Sizes { get; } = new("Sizes",
        "Sizes and positions are in bytes. The suffixes K, M, G and T are powers of 1024: 4K is 4096. "
            + "Positions and lengths of regions are multiples of 512.", []);

    /// <summary>Explains the values of <c>--offload</c>.</summary>
    public static NoteSection Offload { get; } = new("Offload",
        "Methods that avoid reading and writing. Each is used if the file system or device supports it, and skipped otherwise; "
            + "--json reports what was used. A list replaces the default.",
        [
            new NoteItem("reflink", "Source and destination share their blocks until one of them is written (XFS, Btrfs)."),
            new NoteItem("server-copy", "The server of a remote file system copies, and the data does not cross the network (NFS 4.2, SMB)."),
            new NoteItem("kernel-copy", "The kernel copies within a local file system. Saves little, and shows progress only every 32M. Not used by default."),
            new NoteItem("holes", "Holes of the source are not read; they become holes in the destination, or are zeroed there."),
            new NoteItem("detect-zeroes",
                "Zeroes in the data that was read become holes, in runs of 16K. Checks every page. Not used by default, except by 'snapshot export'."),
            new NoteItem("write-zeroes", "The device or file system writes zeroes itself, such as by WRITE SAME, TRIM or a hole."),
            new NoteItem("small-copy", "A copy of at most 8K between two files on tmpfs is one system call."),
            new NoteItem("none", "All data is read and written. Cannot be combined with other names."),
        ]);

    private static readonly NoteSection Operands = new("Operands",
        "Sources and destinations are named in the same way. The meaning of an operand does not depend on the files that exist.",
        [
            new NoteItem("PATH", "A file or a block device. Write a name that begins with '-' as './-...', or put it after '--'."),
            new NoteItem("@START[+LENGTH]:PATH", "A region of it. Write a name that begins with '@' as './@...'."),
            new NoteItem("-", "Standard input or standard output: a stream, which is read to its end or written from its start."),
            new NoteItem("nbd://HOST[:PORT]/NAME", "An export of an NBD server; nbds:// uses TLS."),
            new NoteItem("nbd+unix:///NAME?socket=PATH", "The same on a Unix socket."),
        ]);

    private static readonly NoteSection Signals = new("Signals",
        "",
        [
            new NoteItem("SIGINT, SIGTERM, SIGHUP", "End the command cleanly, with its report. A second signal ends it at once."),
            new NoteItem("SIGUSR1", "Prints a progress line, as dd does."),
        ]);

    private static readonly NoteSection Environment = new("Environment",
        "",
        [new NoteItem("KCOPYD_IO_ENGINE", "'threads' or 'io_uring': how blocking transfers are run. "
            + "By default io_uring if the kernel allows it, and threads otherwise.")]);

    public static CommandNotes? Of(string command) => command switch
    {
        "" => new CommandNotes([Sizes, Operands, Signals, Environment], CommandNotes.None.Statuses,
        [
            new NoteExample("Copy a disk to another disk and to a file, reading it once:", "kcopyd copy /dev/sdb /dev/sdc backup.img"),
            new NoteExample("Serve a disk image over NBD:", "kcopyd serve disk.img --listen unix:/run/disk.sock"),
        ]),
        "copy" => new CommandNotes([Sizes, Operands, Offload, Signals], CommandNotes.StatusesOf(
            "Something could not be read or written; each error is reported on standard error. What was written stays.",
            "Everything was read and written, and is on stable storage."),
        [
            new NoteExample("One read, two writes:", "kcopyd copy disk.img /dev/loop0 backup.img"),
            new NoteExample("Rescue a failing disk; the same line continues after an interruption:",
                "kcopyd copy /dev/sdb rescue.img --io direct --ignore-errors --retries 3 --mapfile rescue.map"),
            new NoteExample("64K from byte 1M, compared after the write:", "kcopyd copy @1M+64K:disk.img patch.img --verify"),
            new NoteExample("Unpack an image onto a device and into a file:", "gzip -dc disk.img.gz | kcopyd copy - /dev/sdb disk.img"),
            new NoteExample("From one NBD server to another:", "kcopyd copy 'nbd+unix:///?socket=/run/a.sock' nbd://backup.example.com/disk"),
        ]),
        "zero" => new CommandNotes([Sizes, Operands, Offload, Signals], CommandNotes.StatusesOf(
            "Something could not be written; each error is reported on standard error.", "Everything is zeroed, and on stable storage."),
        [
            new NoteExample("A whole device, at most 100M per second:", "kcopyd zero /dev/loop0 --rate 100M"),
            new NoteExample("Part of a file:", "kcopyd zero @1M+64K:disk.img"),
        ]),
        "compare" => new CommandNotes([Sizes, Operands, Signals], CommandNotes.StatusesOf(
            "Something differs, or could not be read.", "All are equal."),
        [
            new NoteExample("Check that a backup equals the disk:", "kcopyd compare /dev/sdb backup.img"),
            new NoteExample("Write only what differs:", "kcopyd compare disk.img old.img --list | kcopyd copy --ranges - disk.img old.img --overwrite"),
        ]),
        "demo" => new CommandNotes([], CommandNotes.StatusesOf("A step did not have the expected result."),
            [new NoteExample("Needs no files and leaves none behind:", "kcopyd demo")]),
        "completion" => new CommandNotes([], CommandNotes.StatusesOf("Standard output could not be written."),
        [
            new NoteExample("For the current bash, and for all later ones of this user:",
                "source <(kcopyd completion bash)\nkcopyd completion bash > ~/.local/share/bash-completion/completions/kcopyd"),
            new NoteExample("For zsh, in a directory of its fpath:", "kcopyd completion zsh > ~/.zfunc/_kcopyd"),
            new NoteExample("For fish:", "kcopyd completion fish > ~/.config/fish/completions/kcopyd.fish"),
        ]),
        "man" => new CommandNotes([], CommandNotes.StatusesOf("A page could not be written."),
            [new NoteExample("For this user:", "kcopyd man ~/.local/share/man/man1\nman kcopyd-copy")]),
        _ => null,
    };
}
