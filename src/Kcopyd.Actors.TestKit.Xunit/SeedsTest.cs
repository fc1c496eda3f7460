using System.Reflection;

namespace Kcopyd.Actors.TestKit;

/// <summary>A method with <see cref="SeedsAttribute"/> that can run, and its options.</summary>
internal sealed class SeedsTest
{
    private readonly Type _class;
    private readonly MethodInfo _method;
    private readonly SeedsAttribute _seeds;
    private readonly SimulationOptions _options;

    private SeedsTest(Type @class, MethodInfo method, SeedsAttribute seeds)
    {
        (_class, _method, _seeds) = (@class, method, seeds);
        CheckMethod();
        if (seeds.Count < 1)
            throw new InvalidOperationException($"{Name} has {seeds.Count} seeds. Set the number of seeds to 1 or more.");
        if (seeds.Replays < 0)
            throw new InvalidOperationException($"{Name} has {seeds.Replays} replays. Set {nameof(seeds.Replays)} to 0 or more.");
        _options = seeds.OptionsFrom is { } member ? OptionsOf(member) : new SimulationOptions();
        if (seeds.ChosenPolicy is { } policy)
            _options = _options with { Policy = policy };
    }

    private string Name => $"{_class.Name}.{_method.Name}";

    /// <exception cref="InvalidOperationException">The method cannot run in a world, the options are not found, or a number is out of range.</exception>
    public static SeedsTest Of(Type testClass, MethodInfo method) => new(testClass, method, method.GetCustomAttribute<SeedsAttribute>(inherit: true)!);

    /// <summary>Runs the test under its seeds, on the calling thread or in processes of their own.</summary>
    /// <param name="constructorArguments">Those of the test class.</param>
    /// <exception cref="SimulationFailedException">A seed failed.</exception>
    public IReadOnlyList<SimulationResult> Run(object?[] constructorArguments)
    {
        if (_seeds.InOwnProcess)
            return SimulationProcess.RunMany(_seeds.First, _seeds.Count, _method.CreateDelegate<Func<World, Task>>(), _options, _seeds.Replays);
        return Simulation.RunMany(
            _seeds.First, _seeds.Count, world => SeedRun.RunAsync(_class, _method, constructorArguments, world), _options, _seeds.Replays);
    }

    private void CheckMethod()
    {
        var declaration = $"public {(_seeds.InOwnProcess ? "static " : "")}async Task {_method.Name}(World world)";
        if (_method.GetParameters() is not [{ ParameterType: var type }] || type != typeof(World) || _method.ContainsGenericParameters)
            throw new InvalidOperationException($"{Name} must have one parameter, the world of a seed. Declare it as: {declaration}");
        if (!typeof(Task).IsAssignableFrom(_method.ReturnType))
            throw new InvalidOperationException($"{Name} must return a Task: the run of a seed ends when it does. Declare it as: {declaration}");
        if (!_seeds.InOwnProcess)
            return;
        if (!_method.IsStatic)
        {
            throw new InvalidOperationException(
                $"{Name} runs in another process, which has no instance of the class. Make it static, or remove {nameof(SeedsAttribute.InOwnProcess)}.");
        }
        if (_method.DeclaringType is { IsGenericType: true })
            throw new InvalidOperationException($"{Name} runs in another process, which cannot find a method of a generic class. Move it to another class.");
    }

    private SimulationOptions OptionsOf(string member)
    {
        const BindingFlags Static = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.FlattenHierarchy;
        var method = _class.GetProperty(member, Static)?.GetMethod ?? _class.GetMethod(member, Static, []);
        var value = method is null ? _class.GetField(member, Static)?.GetValue(null) : method.Invoke(null, BindingFlags.DoNotWrapExceptions, null, null, null);
        return value as SimulationOptions ?? throw new InvalidOperationException(
            $"{_class.Name} has no static property, field or method '{member}' without parameters that returns {nameof(SimulationOptions)}. "
            + $"Add it, or correct {nameof(SeedsAttribute.OptionsFrom)} of {_method.Name}.");
    }
}
