using System.Text.Json;
using System.Text.Json.Serialization;

namespace Kcopyd.Host.Common;

/// <summary>What <c>--json</c> prints in the place of a report: whoever reads the output always gets an object.</summary>
/// <param name="Verdict">refused: it did not begin; failed: it could not be finished; cancelled: it was interrupted before there was anything to
/// report.</param>
/// <param name="Error">As on standard error.</param>
internal sealed record JsonRefusal(string Verdict, string Error)
{
    public static string Of(string verdict, string error) => JsonSerializer.Serialize(new JsonRefusal(verdict, error), JsonRefusalContext.Default.JsonRefusal);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(JsonRefusal))]
internal sealed partial class JsonRefusalContext : JsonSerializerContext;
