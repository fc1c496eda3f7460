namespace Kcopyd.Benchmarks.Peers;

internal enum ContenderKind
{
    /// <summary>Our library, in this process.</summary>
    Library,
    /// <summary>Our command, started for each run.</summary>
    Command,
    /// <summary>The C program with threads and blocking calls.</summary>
    Floor,
    /// <summary>Somebody else's program.</summary>
    Tool,
    /// <summary>A loop that somebody writes in .NET.</summary>
    Loop,
}

/// <summary>Somebody who does the work of a contest.</summary>
internal sealed record Contender(string Name, ContenderKind Kind, Func<CancellationToken, Task<Effort>> RunAsync)
{
    /// <summary>Why it cannot take part; null if it can.</summary>
    public string? Missing { get; init; }

    /// <summary>What a reader must know of its figure.</summary>
    public string Note { get; init; } = "";

    /// <summary>False if what it leaves is not a copy, so that nothing is compared; its note says so.</summary>
    public bool Copies { get; init; } = true;

    /// <summary>False if it does something else than asked, so that it cannot be the fastest.</summary>
    public bool Counts { get; init; } = true;

    /// <summary>Another program.</summary>
    public static Contender Tool(string name, IEnumerable<string> needs, params IReadOnlyList<ToolCommand> commands) =>
        new(name, ContenderKind.Tool, token => ToolRun.TimeAsync(commands, token)) { Missing = Toolbox.Missing(needs) };

    /// <summary>Our command.</summary>
    public static Contender Command(Arena arena, params IReadOnlyList<string> arguments) =>
        new("kcopyd, command", ContenderKind.Command, token => ToolRun.TimeAsync([new ToolCommand(arena.Command, arguments)], token));

    /// <summary>Our library.</summary>
    public static Contender Library(Func<CancellationToken, Task> work) =>
        new("kcopyd, library", ContenderKind.Library, token => Effort.OfAsync(() => work(token)));

    /// <summary>The C program, timed as every program is: with its start.</summary>
    public static Contender Floor(Arena arena, params IReadOnlyList<string> arguments) =>
        new("C, 2 threads", ContenderKind.Floor, token => ToolRun.TimeAsync([new ToolCommand(arena.Floor, arguments)], token)) { Missing = Toolbox.Missing("gcc") };
}
