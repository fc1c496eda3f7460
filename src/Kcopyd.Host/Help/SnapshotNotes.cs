namespace Kcopyd.Host.Help;

/// <summary>Notes on the commands of snapshots.</summary>
internal static class SnapshotNotes
{
    private static readonly NoteSection Sizes = TransferNotes.Sizes with
    {
        Text = "Sizes and positions are in bytes. K, M, G and T behind a number are powers of 1024: 4K is 4096.",
    };

    public static CommandNotes? Of(string command) => command switch
    {
        "snapshot" => new CommandNotes([], CommandNotes.None.Statuses,
        [
            new NoteExample("Take a snapshot, change the disk, back up what it was:",
                "kcopyd snapshot create disk.img disk.cow --size 1G\nkcopyd snapshot write disk.img disk.cow --to-origin --at 10M --from update\nkcopyd snapshot export disk.img disk.cow backup.img"),
        ]),
        "snapshot create" => Notes("The store could not be written.", new NoteExample("A store that takes up to 1G of changes:", "kcopyd snapshot create disk.img disk.cow --size 1G"),
            new NoteExample("On a device, in chunks of 64K:", "kcopyd snapshot create /dev/vg/disk /dev/vg/cow --chunk 64K"),
            new NoteExample("Of a disk that 'kcopyd serve disk.img --control unix:/run/disk.control' serves, while it is written:", "kcopyd snapshot create disk.img disk.cow --size 1G --serve unix:/run/disk.control")),
        "snapshot status" => Notes("The snapshot is invalid, or the store could not be read.", new NoteExample("How full is it?", "kcopyd snapshot status disk.cow"),
            new NoteExample("Everything that a server has:", "kcopyd snapshot status --serve unix:/run/disk.control")),
        "snapshot list" => Notes("The snapshot is invalid, or the store could not be read.", new NoteExample("Which snapshots has it?", "kcopyd snapshot list disk.img --in /var/snapshots"),
            new NoteExample("What is in one?", "kcopyd snapshot list disk.cow --json")),
        "snapshot write" => Lossy("Something could not be written.",
            new NoteExample("Change the snapshot:", "kcopyd snapshot write disk.img disk.cow --at 4096 --from sector.bin"),
            new NoteExample("Change the disk; both snapshots stay what they are:", "kcopyd snapshot write disk.img monday.cow --cow sunday.cow --to-origin --at 0 --from -")),
        "snapshot read" => Notes("Something could not be read.", new NoteExample("The first sector:", "kcopyd snapshot read disk.img disk.cow --at 0 --length 512 --into - | xxd")),
        "snapshot export" => new CommandNotes([Sizes, TransferNotes.Offload], CommandNotes.StatusesOf("Something could not be read or written."),
            [new NoteExample("The disk as it was:", "kcopyd snapshot export disk.img disk.cow backup.img")]),
        "snapshot diff" => Notes("Something could not be read.",
            new NoteExample("What an incremental backup copies:",
                "kcopyd snapshot diff disk.img disk.cow | kcopyd copy --ranges - disk.img backup.img --overwrite"),
            new NoteExample("The same of a disk that is served and written:", "kcopyd snapshot diff disk.img disk.cow --serve unix:/run/disk.control")),
        "snapshot merge" => Lossy("The merge failed half-way; the same command continues it.", new NoteExample("Write the snapshot back:", "kcopyd snapshot merge disk.img disk.cow")),
        "snapshot rollback" => Lossy("It failed half-way; the same command continues it.",
            new NoteExample("What would be lost?", "kcopyd snapshot rollback disk.img disk.cow --dry-run"),
            new NoteExample("Go back to the snapshot:", "kcopyd snapshot rollback disk.img disk.cow --discard")),
        "snapshot grow" => Notes("There is no space for it.", new NoteExample("To 2 GiB:", "kcopyd snapshot grow disk.cow --size 2G")),
        "snapshot delete" => Notes("A store could not be wiped, or its file not deleted.", new NoteExample("Two snapshots, or neither:", "kcopyd snapshot delete monday.cow tuesday.cow")),
        _ => null,
    };

    private static CommandNotes Lossy(string errors, params NoteExample[] examples)
    {
        var notes = Notes(errors, examples);
        return notes with { Statuses = [.. notes.Statuses.SkipLast(1), new NoteItem("3", "Everything was written, but a snapshot does not keep up any more: it is invalid, or its store is full."), notes.Statuses[^1]] };
    }

    private static CommandNotes Notes(string errors, params NoteExample[] examples) => new([Sizes], CommandNotes.StatusesOf(errors), examples);
}
