using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.InteropServices;

namespace Kcopyd.Actors.TestKit.Intercepts;

/// <summary>
/// Gives every process the same hash codes. .NET salts the hashes of strings, and of <see cref="HashCode"/>, anew in each process, and immutable dictionaries
/// and sets enumerate in the order of hashes: a history that depends on this order replays in the same process, but not in another one.
/// </summary>
/// <remarks>The only access to .NET's internals: there is no public setting. It is checked, not assumed: the hashes must follow the salts.</remarks>
public static class HashSalts
{
    private const ulong StringSalt = 0x6b636f7079642e61;
    private const uint HashCodeSalt = 0x61636f72;

    /// <summary>Fixes the salts. Must be the first thing that a process does: hashed collections that exist already may lose their entries.</summary>
    /// <exception cref="PlatformNotSupportedException">This version of .NET keeps its salts elsewhere. The message names it, and what does not replay.</exception>
    public static void Fix()
    {
        if (!TryFix(out var problem))
            throw new PlatformNotSupportedException(problem);
    }

    /// <summary>Like <see cref="Fix"/>, and false with a message instead of an exception, for callers that need no replay in other processes.</summary>
    /// <param name="problem">What is wrong, for the user; empty if nothing is.</param>
    public static bool TryFix(out string problem)
    {
        problem = Fix("System.Marvin", "<DefaultSeed>k__BackingField", StringSalt, static () => "kcopyd".GetHashCode())
            ?? Fix("System.HashCode", "s_seed", HashCodeSalt, static () => HashCode.Combine(1, 2))
            ?? "";
        return problem.Length == 0;
    }

    internal static string? Fix<T>(string typeName, string fieldName, T salt, Func<int> hash)
        where T : struct
    {
        if (typeof(object).Assembly.GetType(typeName)?.GetField(fieldName, BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public) is not { } field)
            return Problem(typeName, fieldName, "does not exist");
        if (field.FieldType != typeof(T))
            return Problem(typeName, fieldName, $"is a {field.FieldType}, not a {typeof(T)}");
        var set = Setter<T>(field);
        set(salt);
        var first = hash();
        set(default);
        var other = hash();
        set(salt);
        return first != other && hash() == first ? null : Problem(typeName, fieldName, "does not decide the hash codes, or was compiled into code as a constant");
    }

    /// <summary>Reflection refuses to set a read-only static field; a dynamic method that skips the checks does not.</summary>
    private static Action<T> Setter<T>(FieldInfo field)
    {
        var method = new DynamicMethod("Set", null, [typeof(T)], typeof(object).Module, skipVisibility: true);
        var il = method.GetILGenerator();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Stsfld, field);
        il.Emit(OpCodes.Ret);
        return method.CreateDelegate<Action<T>>();
    }

    private static string Problem(string type, string field, string what) =>
        $"The hash salts cannot be fixed on {RuntimeInformation.FrameworkDescription}: the field {type}.{field} {what}. What depends on the order of hashes, such " +
        "as ImmutableDictionary, ImmutableHashSet and the children of an actor, does not replay in another process; in the same process it does. Use .NET 10, or " +
        "a version of the test kit that knows this runtime.";
}
