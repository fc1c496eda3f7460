namespace Kcopyd.Actors;

/// <summary>The names that <see cref="OffloadKinds"/> have in settings, options and reports.</summary>
public static class OffloadNames
{
    /// <summary>What a list of no names is written as.</summary>
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

    /// <summary>All names, in the order in which the ways are tried.</summary>
    public static IReadOnlyList<string> All { get; } = Array.ConvertAll(Names, static known => known.Name);

    /// <summary>The names of some kinds, in the same order; empty for none.</summary>
    public static IReadOnlyList<string> Of(OffloadKinds kinds) =>
        [.. Names.Where(known => (kinds & known.Kind) != 0).Select(static known => known.Name)];

    /// <summary>Puts names together. <c>none</c> may stand alone; nothing at all is the same.</summary>
    /// <exception cref="FormatException">A name is not one of <see cref="All"/>; the message has it, and what there is.</exception>
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
                throw new FormatException($"'{name}' is no way to offload; there are {string.Join(", ", All)}, or {None} alone.");
            kinds |= Names[at].Kind;
        }
        return kinds;
    }
}
