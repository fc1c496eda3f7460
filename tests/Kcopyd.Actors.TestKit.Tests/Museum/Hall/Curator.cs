using System.Globalization;
using System.Text.RegularExpressions;

namespace Kcopyd.Actors.TestKit.Tests.Museum.Hall;

/// <summary>A run that has shown a bug.</summary>
/// <param name="Seed">Its seed.</param>
/// <param name="Steps">Its length.</param>
/// <param name="Bug">The first line of the failure, with the history's hash.</param>
internal sealed record Finding(int Seed, long Steps, string Bug);

/// <summary>Looks for the bugs of exhibits.</summary>
internal static partial class Curator
{
    /// <summary>Plays a program, and adds the history's hash to the message of its bug.</summary>
    public static async Task Show(Exhibit exhibit, World world, bool isFixed)
    {
        try
        {
            await exhibit.Play(world, isFixed);
        }
        catch (BugFoundException bug)
        {
            throw new BugFoundException(string.Create(CultureInfo.InvariantCulture, $"bug: {bug.Message} (history {world.Hash:x16})"), bug);
        }
    }

    /// <summary>Runs a simulation under one seed after the other.</summary>
    /// <param name="run">Runs one or several seeds, and throws if one has failed.</param>
    /// <returns>The bug that it has found; null if none.</returns>
    /// <exception cref="SimulationFailedException">A run has failed, and not by its bug.</exception>
    public static Finding? Catch(Action run)
    {
        try
        {
            run();
            return null;
        }
        catch (SimulationFailedException failure) when (Failure().Match(failure.Message) is { Success: true } match)
        {
            return new Finding(Number(match.Groups[1].Value), Number(match.Groups[2].Value), match.Value.TrimEnd());
        }
    }

    private static int Number(string text) => int.Parse(text, NumberStyles.AllowThousands, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^Seed (\d+) failed after ([\d,]+) steps and \S+ of simulated time: bug: .*$", RegexOptions.Multiline)]
    private static partial Regex Failure();
}
