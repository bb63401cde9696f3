package lyceum.backend;

import java.lang.System.Logger.Level;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.lang.reflect.InvocationTargetException;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import lyceum.DType;

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
        /** Null where a setting is wrong. */
        static final Backend BACKEND;
        static final IllegalArgumentException WRONG;

        static {
            Backend backend = null;
            IllegalArgumentException wrong = null;
            try {
                Parallel.threads();
                backend = choose();
            } catch (IllegalArgumentException e) {
                wrong = e;
            }
            BACKEND = backend;
            WRONG = wrong;
            Profiled.startIfSet();
        }

        static Backend backend() {
            if (BACKEND == null) throw WRONG;
            return BACKEND;
        }
    }

    private static final ValueLayout.OfDouble F64 = ValueLayout.JAVA_DOUBLE_UNALIGNED;
    private static final Map<DType, Program> DIFFERENCES = new ConcurrentHashMap<>();

    private Backends() {}

    /** Operand 1 less operand 0. */
    static Program difference(DType type) {
        return DIFFERENCES.computeIfAbsent(type, t -> Program.of(Op.SUB, t, t, t).reading(operand -> 1 - operand));
    }

    /** {@code b = l^-1 b} in plain loops, row by row. */
    static void substitute(View l, boolean unit, View b) {
        long rows = b.shape()[0], columns = b.shape()[1];
        for (long i = 0; i < rows; i++) {
            for (long j = 0; j < i; j++) {
                double factor = get(l, i, j);
                for (long c = 0; c < columns; c++) set(b, i, c, get(b, i, c) - factor * get(b, j, c));
            }
            if (unit) continue;
            double pivot = get(l, i, i);
            for (long c = 0; c < columns; c++) set(b, i, c, get(b, i, c) / pivot);
        }
        Reference.reachabilityFence(l);
        Reference.reachabilityFence(b);
    }

    private static double get(View x, long i, long j) { return x.storage().segment().get(F64, at(x, i, j)); }

    private static void set(View x, long i, long j, double value) { x.storage().segment().set(F64, at(x, i, j), value); }

    private static long at(View x, long i, long j) { return x.byteOffset() + (i * x.strides()[0] + j * x.strides()[1]) * Double.BYTES; }

    static Backend current() { return Profiled.ifWanted(everScoped && SCOPED.isBound() ? SCOPED.get() : Default.backend()); }

    static void with(Backend backend, Runnable body) {
        everScoped = true;
        ScopedValue.where(SCOPED, backend).run(body);
    }

    static Backend named(String name) {
        return switch (name) {
            case "scalar" -> load("lyceum.backend.scalar.ScalarBackend");
            case "vector" -> {
                if (!vectorModulePresent())
                    throw new IllegalArgumentException("backend vector: add the JVM flag --add-modules jdk.incubator.vector");
                yield load("lyceum.backend.vector.VectorBackend");
            }
            case "x86" -> load("lyceum.backend.x86.X86Backend", named(vectorModulePresent() ? "vector" : "scalar"));
            case "simt" -> load("lyceum.backend.device.KernelBackend");
            case "cuda" -> load("lyceum.backend.cuda.CudaBackend");
            default -> throw new IllegalArgumentException(
                    "backend \"" + name + "\" does not exist; there are scalar, vector, x86, simt and cuda");
        };
    }

    /** The name that the setting gives, or an empty one. */
    private static String setting() {
        var set = System.getProperty("lyceum.backend", System.getenv("LYCEUM_BACKEND"));
        return set == null ? "" : set.strip();
    }

    private static Backend choose() {
        var set = setting();
        if (!set.isEmpty()) return named(set);
        try {
            return named("x86");
        } catch (IllegalArgumentException refused) {
            if (refused.getCause() == null) throw refused; // no such level
            System.getLogger("lyceum.backend").log(Level.INFO, "Without machine code: {0}", refused.getMessage());
        }
        if (vectorModulePresent()) return named("vector");
        System.getLogger("lyceum.backend").log(Level.WARNING,
                "Computing with plain loops. For several times the speed add the JVM flag --add-modules jdk.incubator.vector");
        return named("scalar");
    }

    private static boolean vectorModulePresent() { return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent(); }

    /** Machine code, unless it cannot run here or the setting names another backend. */
    static RowDots.Many manyRowDots() {
        var set = setting();
        if (!set.isEmpty() && !set.equals("x86")) return new RowDots.OneByOne(RowDots.best());
        try {
            return (RowDots.Many) Class.forName("lyceum.backend.x86.index.RowDotsCode").getDeclaredConstructor().newInstance();
        } catch (ReflectiveOperationException noMachineCode) {
            return new RowDots.OneByOne(RowDots.best());
        }
    }

    static RowDots rowDots() { return withVectors(RowDots.class, "VectorRowDots", new RowDots.Plain()); }

    static Butterflies butterflies() { return withVectors(Butterflies.class, "VectorButterflies", new Butterflies.Plain()); }

    static EdgeRows edgeRows() { return withVectors(EdgeRows.class, "VectorEdgeRows", new EdgeRows.Plain()); }

    static NearestPoints nearestPoints() { return withVectors(NearestPoints.class, "VectorNearestPoints", new NearestPoints.Plain()); }

    private static <T> T withVectors(Class<T> type, String name, T plain) {
        if (!vectorModulePresent() || setting().equals("scalar")) return plain; // who asks for plain loops gets no others beside them
        try {
            var constructor = Class.forName("lyceum.backend.vector." + name).getDeclaredConstructor();
            constructor.setAccessible(true);
            return type.cast(constructor.newInstance());
        } catch (InvocationTargetException e) {
            return plain; // no wide vectors
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(name + " is missing from the jar", e);
        }
    }

    /** By name: the seam knows no backend, and no class outside links to the incubator module. A backend that cannot run here throws and says why. */
    private static Backend load(String className, Backend... fallback) {
        try {
            var parameters = new Class<?>[fallback.length];
            Arrays.fill(parameters, Backend.class);
            return (Backend) Class.forName(className).getDeclaredConstructor(parameters).newInstance((Object[]) fallback);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof IllegalStateException reason) throw new IllegalArgumentException(
                    "backend " + className.substring(15, className.lastIndexOf('.')) + ": " + reason.getMessage(), e);
            if (e.getCause() instanceof IllegalArgumentException wrongSetting) throw wrongSetting;
            throw new AssertionError("backend class " + className + " cannot be built", e);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError("backend class " + className + " is missing from the jar", e);
        }
    }
}
