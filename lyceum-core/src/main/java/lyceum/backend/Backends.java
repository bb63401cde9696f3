package lyceum.backend;

import java.lang.System.Logger.Level;

/** Chooses the backend once, by the setting or by what this JVM can run, and says in one line what is missing. */
final class Backends {
    private static final ScopedValue<Backend> SCOPED = ScopedValue.newInstance();
    /** Asking an unbound scoped value costs a microsecond where others are bound, and every operation asks. */
    private static volatile boolean everScoped;

    static {
        Parallel.carry(SCOPED);
    }

    /** Built on first use: choosing reads the environment and may log. */
    private static final class Default {
        static final Backend BACKEND = choose();
    }

    private Backends() { }

    static Backend current() { return everScoped && SCOPED.isBound() ? SCOPED.get() : Default.BACKEND; }

    static void with(Backend backend, Runnable body) {
        everScoped = true;
        ScopedValue.where(SCOPED, backend).run(body);
    }

    static Backend named(String name) {
        return switch (name) {
            case "scalar" -> load("lyceum.backend.scalar.ScalarBackend");
            case "vector" -> {
                if (!vectorModulePresent()) throw new IllegalArgumentException("backend vector: add the JVM flag --add-modules jdk.incubator.vector");
                yield load("lyceum.backend.vector.VectorBackend");
            }
            default -> throw new IllegalArgumentException("backend \"" + name + "\" does not exist; there are scalar and vector");
        };
    }

    private static Backend choose() {
        var set = System.getProperty("lyceum.backend", System.getenv("LYCEUM_BACKEND"));
        if (set != null && !set.isBlank()) return named(set.strip());
        if (vectorModulePresent()) return named("vector");
        System.getLogger("lyceum.backend").log(Level.WARNING,
                "Computing with plain loops. For several times the speed add the JVM flag --add-modules jdk.incubator.vector");
        return named("scalar");
    }

    private static boolean vectorModulePresent() { return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent(); }

    /** By name, so that no class outside links to the incubator module. */
    private static Backend load(String className) {
        try {
            var constructor = Class.forName(className).getDeclaredConstructor();
            return (Backend) constructor.newInstance();
        } catch (ReflectiveOperationException e) {
            throw new AssertionError("backend class " + className + " is missing from the jar", e);
        }
    }
}
