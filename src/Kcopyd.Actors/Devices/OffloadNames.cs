namespace Kcopyd.Actors;

/// <summary>The names of <see cref="OffloadKinds"/> in settings, options and reports.</summary>
public static class OffloadNames
{
    /// <summary>The text for an empty list of names.</summary>
    public const string None = "none";

    private static readonly (string Name, OffloadKinds Kind)[] Names =
    [
        ("reflink", OffloadKinds.Reflink),
        ("server-copy", OffloadKinds.ServerCopy),
        ("kernel-copy", OffloadKinds.KernelCopy),
        ("holes", OffloadKinds.Holes),
        ("detect-zeroes", OffloadKinds.DetectZeroes),
        ("write-zeroes", OffloadKinds.WriteZeroes),
        ("small-copy", OffloadKinds.SmallCopy),
    ];

    /// <summary>All names, in the order in which the methods are tried.</summary>
    public static IReadOnlyList<string> All { get; } = Array.ConvertAll(Names, static known => known.Name);

    /// <summary>The names of some kinds, in the same order; empty for none.</summary>
    public static IReadOnlyList<string> Of(OffloadKinds kinds) =>
        [.. Names.Where(known => (kinds & known.Kind) != 0).Select(static known => known.Name)];

    /// <summary>Combines names. <c>none</c> must stand alone; an empty list means the same.</summary>
    /// <exception cref="FormatException">A name is not one of <see cref="All"/>; the message contains it, and the valid names.</exception>
    public static OffloadKinds Parse(IEnumerable<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        var list = names.ToArray();
        if (list is [None])
            return OffloadKinds.None;
        var kinds = OffloadKinds.None;
        foreach (var name in list)
        {
            var at = Array.FindIndex(Names, known => known.Name == name);
            if (at < 0)
                throw new FormatException($"'{name}' is not an offload method; the methods are {string.Join(", ", All)}, or {None} alone.");
            kinds |= Names[at].Kind;
        }
        return kinds;
    }
}
