package lyceum.nn;

import lyceum.backend.Backend;

/** Runs a claim on every backend. */
final class Backends {
    private Backends() { }

    static void each(Runnable claim) {
        for (var name : new String[] {"scalar", "vector"}) Backend.with(Backend.named(name), claim);
    }
}
