package lyceum.backend;

import java.util.Locale;
import java.util.function.DoubleUnaryOperator;

/**
 * What this machine can do at most, measured by loops that do nothing else: fused multiply-adds of F32 in registers, and reading memory beyond every cache; by one thread,
 * and by all of {@link Parallel#threads()} together. It takes a fifth of a second, or a second where the last cache is huge; where {@link lyceum.memory.Memory#budget} is below eight
 * times that cache, part of what is read may lie in it.
 *
 * <p>The multiply-adds are machine code on x86; elsewhere a plain loop over the first-level cache, which may reach only half of the peak.
 *
 * <p>No kernel that does {@code I} operations for each byte can attain more than {@code min(operations, I bytes)} operations a second (Williams, Waterman and
 * Patterson 2009). {@link Accelerator} has the roofs of others' machines, {@link MemoryLevel} this one's bandwidth from each cache,
 * {@code lyceum.autograd.Intensity} the intensity of operators and whole graphs.
 *
 * {@snippet :
 * var roofline = Accelerator.H100_SXM.roofline(DType.BF16);
 * roofline.ridge();                 // 295 operations a byte
 * roofline.attainable(63);          // 2.1e14: a linear layer of width 8192 for 64 users
 * roofline.bound(63);               // MEMORY
 * }
 *
 * @param operationsAlone F32 operations a second of one thread, an FMA being two; {@code operations} of all threads
 * @param bytesAlone      bytes read a second by one thread; {@code bytes} by all threads
 */
public record Roofline(double operationsAlone, double operations, double bytesAlone, double bytes) {
    /** What holds a kernel up. */
    public enum Bound {
        /** It waits for bytes: fuse, batch, use smaller types. */
        MEMORY,
        /** It waits for arithmetic: use matrix units and better tiles. */
        COMPUTE
    }

    /** Nanoseconds. */
    private static final long WARM_UP = 50_000_000;

    private static final int SAMPLES = 8, LEAST_SAMPLES = 3;
    /** Nanoseconds after which no more samples are taken than must be. */
    private static final long ENOUGH = 100_000_000;

    private static final class Once {
        static final Roofline MEASURED = measure();
    }

    /** What one thread does, and what all do. Its lambdas are not in it: other threads run them, and would wait for its making to end. */
    private static final class Peak {
        static final double[] MEASURED = peaks();
    }

    /**
     * Of a machine seen as one.
     *
     * @param operations a second at the peak, a multiply-add being two
     * @param bytes      a second to and from memory
     */
    public static Roofline of(double operations, double bytes) {
        if (!(operations > 0) || !(bytes > 0)) throw new IllegalArgumentException(
                "Roofline: " + operations + " operations and " + bytes + " bytes a second; both are positive");
        return new Roofline(operations, operations, bytes, bytes);
    }

    /** The roofs of one thread. */
    public Roofline ofOneThread() { return of(operationsAlone, bytesAlone); }

    /** Operations a byte from which on arithmetic is the limit: {@code operations / bytes}. */
    public double ridge() { return operations / bytes; }

    /** Operations a second at most for a kernel that does {@code intensity} operations a byte. */
    public double attainable(double intensity) { return Math.min(operations, bytes * intensity); }

    /** What limits a kernel of this intensity; at the ridge itself arithmetic. */
    public Bound bound(double intensity) { return intensity < ridge() ? Bound.MEMORY : Bound.COMPUTE; }

    /** The least seconds for so many operations on so many bytes moved: the slower of the two. */
    public double seconds(double done, double bytesMoved) { return Math.max(done / operations, bytesMoved / bytes); }

    /** Measured at the first call, and kept. */
    public static Roofline measured() { return Once.MEASURED; }

    /** Its operations alone, which are measured sooner. */
    public static double peak() { return Peak.MEASURED[1]; }

    /** The least seconds for so many bytes and operations; F64 is done at half the rate. */
    double seconds(double done, double bytesMoved, boolean f64, boolean alone) {
        return Math.max(bytesMoved / (alone ? bytesAlone : bytes), done * (f64 ? 2 : 1) / (alone ? operationsAlone : operations));
    }

    /** Measured anew: what memory gives changes with what else the machine, or a virtual one's host, does. */
    public static Roofline measure() {
        var memory = MemoryLevel.memory();
        return new Roofline(Peak.MEASURED[0], Peak.MEASURED[1], memory.bytesAlone(), memory.bytes());
    }

    private static double[] peaks() {
        var multiplyAdds = multiplyAdds();
        // A clock that has to rise, or a loop that has to be compiled.
        for (long end = System.nanoTime() + WARM_UP; System.nanoTime() < end;) multiplyAdds.applyAsDouble(1e8);
        int threads = Parallel.threads();
        double one = rate(1, t -> multiplyAdds.applyAsDouble(5e8));
        return new double[] {one, threads == 1 ? one : Math.max(one, rate(threads, t -> multiplyAdds.applyAsDouble(5e8)))};
    }

    /** What a thread does, and returns how much it was. */
    interface Task {
        double run(int thread);
    }

    /** The best of some, or of a few long ones, in units a second, of so many threads at once. */
    static double rate(int threads, Task task) {
        double best = 0;
        long begin = System.nanoTime();
        for (int i = 0; i < LEAST_SAMPLES || i < SAMPLES && System.nanoTime() - begin < ENOUGH; i++) {
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
