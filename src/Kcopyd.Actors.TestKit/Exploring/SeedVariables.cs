using System.Globalization;

namespace Kcopyd.Actors.TestKit.Exploring;

/// <summary>Environment variables by which a test runs other seeds than its code says, and writes reports.</summary>
internal static class SeedVariables
{
    /// <summary>The only seed that runs.</summary>
    public const string Seed = "KCOPYD_SIMULATION_SEED";

    /// <summary>How many seeds run.</summary>
    public const string Seeds = "KCOPYD_SIMULATION_SEEDS";

    /// <summary>The folder of the reports of failed runs.</summary>
    public const string Reports = "KCOPYD_SIMULATION_REPORTS";

    /// <summary>The only faults of a shrunk run, separated by semicolons.</summary>
    public const string Faults = "KCOPYD_SIMULATION_FAULTS";

    /// <summary>The schedule of a shrunk run.</summary>
    public const string Schedule = "KCOPYD_SIMULATION_SCHEDULE";

    /// <summary>The seeds and options that run instead of those of the code.</summary>
    /// <param name="first">The first seed by the code.</param>
    /// <param name="count">How many by the code.</param>
    /// <param name="options">The options by the code.</param>
    /// <exception cref="FormatException">A variable is not a number, there would be no seed, or faults are named without a seed.</exception>
    public static (int First, int Count, SimulationOptions Options) Apply(int first, int count, SimulationOptions? options)
    {
        options ??= new SimulationOptions();
        var (faults, schedule) = (Environment.GetEnvironmentVariable(Faults), Read(Schedule));
        if (Read(Seed) is { } only)
        {
            var names = faults?.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            return (only, 1, options with { OnlyFaults = names ?? options.OnlyFaults, Schedule = schedule ?? options.Schedule });
        }
        if (faults is not null || schedule is not null)
            throw new FormatException($"{(faults is null ? Schedule : Faults)} belongs to one seed: set {Seed}, too, or unset it.");
        if (Read(Seeds) is not { } seeds)
            return (first, count, options);
        return seeds > 0 ? (first, seeds, options) : throw new FormatException($"{Seeds} is {seeds}: set it to the number of seeds, at least 1, or unset it.");
    }

    /// <summary>The variables that replay a run, as a shell takes them.</summary>
    public static string Of(int seed, SimulationOptions options)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{Seed}={seed}");
        if (options.Schedule != 0)
            text += string.Create(CultureInfo.InvariantCulture, $" {Schedule}={options.Schedule}");
        return options.OnlyFaults is { } faults ? $"{text} {Faults}='{string.Join("; ", faults)}'" : text;
    }

    private static int? Read(string variable)
    {
        if (Environment.GetEnvironmentVariable(variable) is not { Length: > 0 } value)
            return null;
        return int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new FormatException($"{variable} is '{value}': set it to a whole number, or unset it.");
    }
}
