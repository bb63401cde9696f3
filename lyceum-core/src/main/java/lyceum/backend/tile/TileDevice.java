package lyceum.backend.tile;

import java.util.Optional;

/**
 * What runs kernels. {@code interpreter} and {@code vector} stand here; one for other hardware translates a {@link TileProgram}, which is plain data, and
 * copies the buffers of a {@link TileLaunch} there and back.
 *
 * <p>Between devices results agree within rounding: the order in which a row is summed is the device's.
 */
public interface TileDevice {

    /** A kernel made ready for a device; safe for threads. */
    @FunctionalInterface
    interface Executable {
        void run(TileLaunch launch);
    }

    String name();

    /** Makes a kernel ready; done once for each. */
    Executable make(TileProgram program);

    /**
     * {@code interpreter}, which checks every address and finds races, or {@code vector}, which compiles to classes over the Vector API.
     *
     * @throws IllegalArgumentException if there is none of that name, or this JVM cannot run it: says which flag is missing
     */
    static TileDevice named(String name) {
        return switch (name) {
            case "interpreter" -> Devices.INTERPRETER;
            case "vector" -> Devices.VECTOR
                    .orElseThrow(() -> new IllegalArgumentException("device vector: add the JVM flag --add-modules jdk.incubator.vector"));
            default -> throw new IllegalArgumentException("device \"" + name + "\" does not exist; there are interpreter and vector");
        };
    }

    /** The fastest that this JVM has. */
    static TileDevice fastest() { return Devices.VECTOR.orElse(Devices.INTERPRETER); }
}

/** Each once, so that a kernel knows for which it has been made ready. */
final class Devices {
    static final TileDevice INTERPRETER = new TileDevice() {
        @Override public String name() { return "interpreter"; }

        @Override public Executable make(TileProgram program) {
            return launch -> {
                var faults = new TileInterpreter(launch).run().faults();
                if (!faults.isEmpty()) throw new IllegalArgumentException(program.name() + ": " + faults.getFirst());
            };
        }
    };
    /** By name: no class outside its package links to the incubator module. */
    static final Optional<TileDevice> VECTOR = ModuleLayer.boot().findModule("jdk.incubator.vector").map(module -> {
        try {
            return (TileDevice) Class.forName("lyceum.backend.vector.VectorTiles").getDeclaredConstructor().newInstance();
        } catch (ReflectiveOperationException e) {
            throw new AssertionError("the device vector is missing from the jar", e);
        }
    });

    private Devices() {}
}
