namespace Kcopyd.Host.Help;

/// <summary>Notes on the snapshot commands.</summary>
internal static class SnapshotNotes
{
    private static readonly NoteSection Sizes = TransferNotes.Sizes with
    {
        Text = "Sizes and positions are in bytes. The suffixes K, M, G and T are powers of 1024: 4K is 4096.",
    };

    public static CommandNotes? Of(string command) => command switch
    {
        "snapshot" => new CommandNotes([], CommandNotes.None.Statuses,
        [
            new NoteExample("Take a snapshot, change the disk, back up its earlier state:",
                "kcopyd snapshot create disk.img disk.cow --size 1G\n"
                    + "kcopyd snapshot write disk.img disk.cow --to-origin --at 10M --from update\n"
                    + "kcopyd snapshot export disk.img disk.cow backup.img"),
        ]),
        "snapshot create" => Notes("The store could not be written.",
            new NoteExample("A store for up to 1G of changes:", "kcopyd snapshot create disk.img disk.cow --size 1G"),
            new NoteExample("On a device, in chunks of 64K:", "kcopyd snapshot create /dev/vg/disk /dev/vg/cow --chunk 64K"),
            new NoteExample("Of a disk that 'kcopyd serve disk.img --control unix:/run/disk.control' serves, while it is written:",
                "kcopyd snapshot create disk.img disk.cow --size 1G --serve unix:/run/disk.control")),
        "snapshot status" => Notes("The snapshot is invalid, or the store could not be read.",
            new NoteExample("The fill level of a store:", "kcopyd snapshot status disk.cow"),
            new NoteExample("All snapshots of a server:", "kcopyd snapshot status --serve unix:/run/disk.control")),
        "snapshot list" => Notes("The snapshot is invalid, or the store could not be read.",
            new NoteExample("The snapshots of a disk:", "kcopyd snapshot list disk.img --in /var/snapshots"),
            new NoteExample("The snapshot in a store:", "kcopyd snapshot list disk.cow --json")),
        "snapshot write" => Lossy("Something could not be written.",
            new NoteExample("Change the snapshot:", "kcopyd snapshot write disk.img disk.cow --at 4096 --from sector.bin"),
            new NoteExample("Change the disk; both snapshots keep their content:",
                "kcopyd snapshot write disk.img monday.cow --cow sunday.cow --to-origin --at 0 --from -")),
        "snapshot read" => Notes("Something could not be read.",
            new NoteExample("The first sector:", "kcopyd snapshot read disk.img disk.cow --at 0 --length 512 --into - | xxd")),
        "snapshot export" => new CommandNotes([Sizes, TransferNotes.Offload], CommandNotes.StatusesOf("Something could not be read or written."),
            [new NoteExample("The disk at the time of the snapshot:", "kcopyd snapshot export disk.img disk.cow backup.img")]),
        "snapshot diff" => Notes("Something could not be read.",
            new NoteExample("An incremental backup:",
                "kcopyd snapshot diff disk.img disk.cow | kcopyd copy --ranges - disk.img backup.img --overwrite"),
            new NoteExample("The changed ranges of a disk that is served and written:",
                "kcopyd snapshot diff disk.img disk.cow --serve unix:/run/disk.control")),
        "snapshot merge" => Lossy("The merge failed before it was complete; the same command resumes it.",
            new NoteExample("Write the snapshot back:", "kcopyd snapshot merge disk.img disk.cow")),
        "snapshot rollback" => Lossy("The rollback failed before it was complete; the same command resumes it.",
            new NoteExample("See what would be lost:", "kcopyd snapshot rollback disk.img disk.cow --dry-run"),
            new NoteExample("Return the disk to the snapshot:", "kcopyd snapshot rollback disk.img disk.cow --discard")),
        "snapshot grow" => Notes("There is not enough space.", new NoteExample("To 2 GiB:", "kcopyd snapshot grow disk.cow --size 2G")),
        "snapshot delete" => Notes("A store could not be wiped, or its file could not be deleted.",
            new NoteExample("Delete two snapshots, or neither:", "kcopyd snapshot delete monday.cow tuesday.cow")),
        _ => null,
    };

    private static CommandNotes Lossy(string errors, params NoteExample[] examples)
    {
        var notes = Notes(errors, examples);
        var lost = new NoteItem("3", "Everything was written, but a snapshot was lost: it is invalid, or its store is full.");
        return notes with { Statuses = [.. notes.Statuses.SkipLast(1), lost, notes.Statuses[^1]] };
    }

    private static CommandNotes Notes(string errors, params NoteExample[] examples) => new([Sizes], CommandNotes.StatusesOf(errors), examples);
}
