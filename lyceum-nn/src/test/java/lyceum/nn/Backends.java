package lyceum.nn;

import lyceum.backend.Backend;
import lyceum.backend.x86.machine.Cpu;

/** Runs a claim on every backend that runs here. */
final class Backends {
    private Backends() {}

    static void each(Runnable claim) {
        for (var name : new String[] {"scalar", "vector"}) Backend.with(Backend.named(name), claim);
        if (Cpu.unavailable() == null) Backend.with(Backend.named("x86"), claim);
    }
}
