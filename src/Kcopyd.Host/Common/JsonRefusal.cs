using System.Text.Json;
using System.Text.Json.Serialization;

namespace Kcopyd.Host.Common;

/// <summary>The object that <c>--json</c> prints instead of a report, so that the output is always an object.</summary>
/// <param name="Verdict">refused: the command did not start; failed: it could not finish; cancelled: it was interrupted before there was anything to
/// report.</param>
/// <param name="Error">The message on standard error.</param>
internal sealed record JsonRefusal(string Verdict, string Error)
{
    public static string Of(string verdict, string error) => JsonSerializer.Serialize(new JsonRefusal(verdict, error), JsonRefusalContext.Default.JsonRefusal);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(JsonRefusal))]
internal sealed partial class JsonRefusalContext : JsonSerializerContext;
