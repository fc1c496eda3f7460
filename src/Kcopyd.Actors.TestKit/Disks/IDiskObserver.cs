namespace Kcopyd.Actors.TestKit.Disks;

/// <summary>Sees the I/Os of a <see cref="SimulatedDisk"/>. Called on the simulation's thread, within the step that causes the event.</summary>
public interface IDiskObserver
{
    /// <summary>An I/O was issued, and nothing of it has happened yet. <see cref="SimulatedIo.Fail"/> and <see cref="SimulatedIo.Throw"/> may be called
    /// now.</summary>
    /// <param name="io">The I/O.</param>
    void Issued(SimulatedIo io) { }

    /// <summary>An I/O has taken effect and has its result. Its caller continues after this call.</summary>
    /// <param name="io">The I/O.</param>
    void Completed(SimulatedIo io) { }

    /// <summary>The disk no longer uses the memory of an I/O: after <see cref="Completed"/>, and later than it only if the call itself has thrown, since a
    /// disk that vanishes may still transfer.</summary>
    /// <param name="io">The I/O.</param>
    void Released(SimulatedIo io) { }
}
