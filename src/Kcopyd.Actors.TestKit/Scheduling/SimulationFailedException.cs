namespace Kcopyd.Actors.TestKit;

/// <summary>A simulation has failed. The message has the seed that replays it, and what happened last.</summary>
public class SimulationFailedException : Exception
{
    /// <summary>Creates the exception.</summary>
    public SimulationFailedException()
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What has failed.</param>
    public SimulationFailedException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What has failed.</param>
    /// <param name="innerException">The exception that caused it.</param>
    public SimulationFailedException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>Code of a simulation ran on a thread that the simulation does not control, so its run would not replay. The message has the stack.</summary>
public class LeftSimulationException : SimulationFailedException
{
    /// <summary>Creates the exception.</summary>
    public LeftSimulationException()
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What has left the simulation.</param>
    public LeftSimulationException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What has left the simulation.</param>
    /// <param name="innerException">The exception that caused it.</param>
    public LeftSimulationException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
