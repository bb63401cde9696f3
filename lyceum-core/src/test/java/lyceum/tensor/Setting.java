package lyceum.tensor;

import java.util.ArrayList;
import java.util.List;
import lyceum.backend.Backend;
import lyceum.backend.Settings;

/** A way to compute: a backend, and whether chains are fused. */
record Setting(String name, Backend backend, Fusion.Mode mode) {

    /** Every backend of this machine, at every level of its CPU, operation by operation and fused. */
    static List<Setting> all() {
        var settings = new ArrayList<Setting>();
        Settings.all().forEach((name, backend) -> {
            for (var mode : new Fusion.Mode[] {Fusion.Mode.OFF, Fusion.Mode.ALWAYS}) settings.add(new Setting(name, backend, mode));
        });
        return settings;
    }

    void run(Runnable body) { Backend.with(backend, () -> Fusion.with(mode, body)); }

    @Override public String toString() { return name + ", fusion " + mode; }
}
