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

    /// <summary>The seeds that run instead of those of the code.</summary>
    /// <param name="first">The first seed by the code.</param>
    /// <param name="count">How many by the code.</param>
    /// <exception cref="FormatException">A variable is not a number, or there would be no seed.</exception>
    public static (int First, int Count) Apply(int first, int count)
    {
        if (Read(Seed) is { } only)
            return (only, 1);
        if (Read(Seeds) is not { } seeds)
            return (first, count);
        return seeds > 0 ? (first, seeds) : throw new FormatException($"{Seeds} is {seeds}: set it to the number of seeds, at least 1, or unset it.");
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
