namespace Kcopyd.Benchmarks.Peers;

internal enum ContenderKind
{
    /// <summary>Our library, in this process.</summary>
    Library,
    /// <summary>Our command, started for each run.</summary>
    Command,
    /// <summary>The C program with threads and blocking calls.</summary>
    Floor,
    /// <summary>A program of another project.</summary>
    Tool,
    /// <summary>A plain loop in .NET.</summary>
    Loop,
}

/// <summary>A program or piece of code that does the work of a contest.</summary>
internal sealed record Contender(string Name, ContenderKind Kind, Func<CancellationToken, Task<Effort>> RunAsync)
{
    /// <summary>Why it cannot take part; null if it can.</summary>
    public string? Missing { get; init; }

    /// <summary>What a reader must know about its figure.</summary>
    public string Note { get; init; } = "";

    /// <summary>False if it leaves no copy to compare; the note then says so.</summary>
    public bool Copies { get; init; } = true;

    /// <summary>False if it does something other than the work of the contest, so that it cannot be the fastest.</summary>
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

    /// <summary>The C program, timed with its start like every other program.</summary>
    public static Contender Floor(Arena arena, params IReadOnlyList<string> arguments) =>
        new("C, 2 threads", ContenderKind.Floor, token => ToolRun.TimeAsync([new ToolCommand(arena.Floor, arguments)], token))
        {
            Missing = Toolbox.Missing("gcc"),
        };
}
