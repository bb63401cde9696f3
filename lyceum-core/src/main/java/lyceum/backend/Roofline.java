package lyceum.backend;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.Locale;
import java.util.function.DoubleUnaryOperator;
import lyceum.memory.Allocator;
import lyceum.memory.Memory;

/**
 * What this machine can do at most, measured in a fifth of a second by loops that do nothing else: fused multiply-adds of F32 in registers, and
 * reading memory beyond every cache; by one thread, and by all of {@link Parallel#threads()} together.
 *
 * <p>The multiply-adds are machine code on x86; elsewhere a plain loop over the first-level cache, which may reach only half of the peak.
 *
 * @param operationsAlone F32 operations a second of one thread, an FMA being two; {@code operations} of all threads
 * @param bytesAlone      bytes read a second by one thread; {@code bytes} by all threads
 */
public record Roofline(double operationsAlone, double operations, double bytesAlone, double bytes) {
    /** Of each thread: two blocks, compared with one another. */
    private static final long BLOCK = 32L << 20;
    /** Nanoseconds. */
    private static final long WARM_UP = 50_000_000;

    private static final int SAMPLES = 8;

    private static final class Once {
        static final Roofline MEASURED = measure();
    }

    /** Measured at the first call. */
    public static Roofline measured() { return Once.MEASURED; }

    /** The least seconds for so many bytes and operations; F64 is done at half the rate. */
    double seconds(double bytesMoved, double done, boolean f64, boolean alone) {
        return Math.max(bytesMoved / (alone ? bytesAlone : bytes), done * (f64 ? 2 : 1) / (alone ? operationsAlone : operations));
    }

    private static Roofline measure() {
        var multiplyAdds = multiplyAdds();
        // A clock that has to rise, or a loop that has to be compiled.
        for (long end = System.nanoTime() + WARM_UP; System.nanoTime() < end;) multiplyAdds.applyAsDouble(1e8);
        int threads = Parallel.threads();
        double one = rate(1, t -> multiplyAdds.applyAsDouble(5e8)),
                all = threads == 1 ? one : rate(threads, t -> multiplyAdds.applyAsDouble(5e8));
        int readers = (int) Math.max(1, Math.min(threads, Memory.budget() / 4 / (2 * BLOCK)));
        var pairs = new MemorySegment[2 * readers];
        var held = new Object[2 * readers];
        long size = Math.min(BLOCK, Memory.budget() / 16);
        for (int i = 0; i < pairs.length; i++) {
            var storage = Allocator.allocate(size, null);
            held[i] = storage;
            pairs[i] = storage.segment().asSlice(storage.base(), size).fill((byte) 1);
        }
        MemorySegment a = pairs[0].asSlice(0, size >> 10), b = pairs[1].asSlice(0, size >> 10);
        for (int i = 0; i < 20_000 && a.mismatch(b) < 0; i++) {
        } // until it is compiled: its first turns are a hundred times slower
        double alone = rate(1, t -> compare(pairs, 0)), together = readers == 1 ? alone : rate(readers, t -> compare(pairs, t));
        Reference.reachabilityFence(held);
        return new Roofline(one, Math.max(one, all), alone, Math.max(alone, together));
    }

    private static double compare(MemorySegment[] pairs, int thread) {
        MemorySegment a = pairs[2 * thread], b = pairs[2 * thread + 1];
        if (a.mismatch(b) >= 0) throw new AssertionError("memory that nobody writes has changed");
        return 2.0 * a.byteSize();
    }

    private interface Task {
        double run(int thread);
    }

    /** The best of some, in units a second, of so many threads at once. */
    private static double rate(int threads, Task task) {
        double best = 0;
        for (int i = 0; i < SAMPLES; i++) {
            var done = new double[threads];
            long start = System.nanoTime();
            if (threads == 1) done[0] = task.run(0);
            else Parallel.range(threads, 1, (from, to) -> done[(int) from] = task.run((int) from));
            double seconds = (System.nanoTime() - start) * 1e-9, sum = 0;
            for (double d : done) sum += d;
            best = Math.max(best, sum / seconds);
        }
        return best;
    }

    /** The loop of the peak. */
    static DoubleUnaryOperator multiplyAdds() {
        try {
            return (DoubleUnaryOperator) Class.forName("lyceum.backend.x86.machine.FmaPeak").getDeclaredConstructor().newInstance();
        } catch (ReflectiveOperationException noMachineCode) {
            return Roofline::plainMultiplyAdds;
        }
    }

    private static double plainMultiplyAdds(double operations) {
        var x = new float[2048];
        double done = 0;
        for (; done < operations / 16; done += 2.0 * x.length) {
            for (int i = 0; i < x.length; i++) x[i] = Math.fma(x[i], 0.999f, 0.001f);
        }
        return x[0] >= 0 ? done : 0;
    }

    @Override public String toString() {
        return String.format(Locale.ROOT, "peak %.0f GFLOP/s (%.0f on one thread), memory %.1f GB/s (%.1f)", operations * 1e-9,
                operationsAlone * 1e-9, bytes * 1e-9, bytesAlone * 1e-9);
    }
}
