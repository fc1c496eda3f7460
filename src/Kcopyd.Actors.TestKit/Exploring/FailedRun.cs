using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Kcopyd.Actors.TestKit.Exploring;

/// <summary>A run that has failed.</summary>
/// <param name="Seed">The seed.</param>
/// <param name="Options">How it ran.</param>
/// <param name="Steps">How many steps it took.</param>
/// <param name="Faults">The faults that chance injected.</param>
/// <param name="Failure">Why it failed, with the report.</param>
/// <param name="Kind">Tells one failure of a test from another.</param>
internal sealed record FailedRun(
    int Seed, SimulationOptions Options, long Steps, IReadOnlyList<InjectedFault> Faults, SimulationFailedException Failure, string Kind)
{
    /// <summary>Fewer faults are better, then fewer steps.</summary>
    public bool IsSmallerThan(FailedRun other) => (Faults.Count, Steps).CompareTo((other.Faults.Count, other.Steps)) < 0;

    /// <summary>Its size in words.</summary>
    public string Size => string.Create(CultureInfo.InvariantCulture, $"{Faults.Count} fault{(Faults.Count == 1 ? "" : "s")} and {Steps:n0} steps");

    /// <summary>The exception, where the test threw it, and the first line of its message without numbers, which change from run to run.</summary>
    public static string KindOf(Exception failure)
    {
        while (failure is SimulationFailedException { InnerException: { } inner })
            failure = inner;
        var place = Array.Find(new StackTrace(failure).GetFrames(), IsOfTest);
        var kind = new StringBuilder(failure.GetType().FullName);
        kind.Append(CultureInfo.InvariantCulture, $" {place?.GetMethod()?.DeclaringType}.{place?.GetMethod()?.Name}+{place?.GetILOffset()} ");
        foreach (var letter in FailureReport.FirstLine(failure.Message))
        {
            if (!char.IsAsciiDigit(letter))
                kind.Append(letter);
        }
        return kind.ToString();
    }

    // Neither .NET, nor what asserts, nor this kit.
    private static bool IsOfTest(StackFrame frame) => frame.GetMethod()?.Module.Assembly.GetName().Name is { } assembly
        && !assembly.StartsWith("System.", StringComparison.Ordinal)
        && !assembly.StartsWith("xunit", StringComparison.Ordinal)
        && assembly is not ("Kcopyd.Actors.TestKit" or "Kcopyd.Actors.TestKit.Xunit");
}
