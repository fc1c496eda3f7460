using System.Runtime.CompilerServices;

namespace Kcopyd.Actors.TestKit.Intercepts;

/// <summary>
/// Connects rewritten code to a simulation. On a thread that is not in a simulation, rewritten code behaves as it did before it was rewritten.
/// </summary>
/// <remarks>The environment belongs to a thread and not to the process: tests outside a simulation, and other simulations, may run at the same time. A
/// simulation that runs code on more than one thread enters on each of them, with the same environment.</remarks>
public static class Interception
{
    [ThreadStatic]
    private static SimulationState? t_state;

    private static readonly ConditionalWeakTable<ISimulatedEnvironment, SimulationState> States = [];

    private static int s_entered;

    /// <summary>
    /// Raised when a thread that is in no simulation makes a redirected call while another thread is in one, with the name of the call. The call itself behaves as
    /// the original. In a process that runs only a simulation, this is code that has left it.
    /// </summary>
    /// <remarks>Raised on the calling thread; the handler must not be rewritten code.</remarks>
    public static event Action<string>? CalledOutside;

    /// <summary>The environment of the calling thread; null outside a simulation.</summary>
    public static ISimulatedEnvironment? Current => t_state?.Environment;

    /// <summary>Redirects the rewritten code that runs on the calling thread, until the result is disposed on the same thread.</summary>
    /// <param name="environment">The environment; the same object on every thread of a simulation, and a new object for every simulation.</param>
    /// <exception cref="ArgumentNullException"><paramref name="environment"/> is null.</exception>
    public static IDisposable Enter(ISimulatedEnvironment environment)
    {
        ArgumentNullException.ThrowIfNull(environment);
        return new Scope(States.GetValue(environment, static e => new SimulationState(e)));
    }

    internal static SimulationState? Here([CallerMemberName] string what = "") => t_state ?? Outside(what);

    private static SimulationState? Outside(string what)
    {
        if (Volatile.Read(ref s_entered) != 0)
            CalledOutside?.Invoke(what);
        return null;
    }

    private sealed class Scope : IDisposable
    {
        private readonly SimulationState? _outer = t_state;
        private readonly int _thread = Environment.CurrentManagedThreadId;
        private bool _disposed;

        public Scope(SimulationState state)
        {
            t_state = state;
            Interlocked.Increment(ref s_entered);
        }

        public void Dispose()
        {
            if (_disposed)
                return;
            if (Environment.CurrentManagedThreadId != _thread)
                throw new InvalidOperationException("A simulation is left on the thread that entered it; dispose the scope there.");
            _disposed = true;
            t_state = _outer;
            Interlocked.Decrement(ref s_entered);
        }
    }
}
