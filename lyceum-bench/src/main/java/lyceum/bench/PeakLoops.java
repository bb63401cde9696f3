package lyceum.bench;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import lyceum.DType;
import lyceum.backend.Parallel;

/**
 * Loops that do nothing else: fused multiply-adds in registers, and reading memory. Their times stand beside a kernel's, as what so many threads can do at
 * most. They are plain Java on the Vector API, apart from the code that is measured.
 */
final class PeakLoops {
    /** Beyond every cache, for each thread. */
    private static final int FLOATS = 1 << 26;
    private static final int CHAINS = 16;
    /** Of a thread: some hundredths of a second. */
    private static final double MOST_OPERATIONS = 5e9;

    private float[][] memory;
    private volatile float sink;

    /** The peak itself as a row. */
    void showPeak(SideBySide bench) {
        bench.compare(new Case("FMA peak", "registers", DType.F32, Unit.gflops(1e9)), calls -> fmaSeconds(1e9 * calls, bench.threads()));
    }

    /** The read bandwidth itself as a row. */
    void showReading(SideBySide bench) {
        bench.compare(new Case("read bandwidth", "from memory", DType.F32, Unit.gigabytes(1e9)),
                calls -> readSeconds(1e9 * calls, bench.threads()));
    }

    /** Seconds that {@code operations} F32 operations (an FMA is two) take at the peak of so many threads; of many, a part is timed. */
    double fmaSeconds(double operations, int threads) {
        double most = MOST_OPERATIONS * threads;
        if (operations > most) return fmaSeconds(most, threads) * (operations / most);
        long each = (long) (operations / threads / (2.0 * CHAINS * FloatVector.SPECIES_PREFERRED.length())) + 1;
        return timed(threads, t -> {
            float sum = 0;
            for (long left = each; left > 0; left -= 10_000) sum += fma((int) Math.min(left, 10_000));
            return sum;
        });
    }

    /** Seconds that reading {@code bytes} takes so many threads. */
    double readSeconds(double bytes, int threads) {
        if (memory == null || memory.length < threads) {
            memory = new float[threads][FLOATS];
            for (var part : memory) Arrays.fill(part, 1f);
        }
        double passes = bytes / (4.0 * FLOATS * threads);
        return passes * timed(threads, t -> read(memory[t]));
    }

    private interface Work {
        float of(int thread);
    }

    private double timed(int threads, Work work) {
        var sums = new float[threads];
        long start = System.nanoTime();
        Parallel.range(threads, 1, (from, to) -> { for (long t = from; t < to; t++) sums[(int) t] = work.of((int) t); });
        double seconds = (System.nanoTime() - start) * 1e-9;
        sink = sums[0];
        return seconds;
    }

    /** Sixteen chains hide the latency of any FMA unit so far. */
    private static float fma(int times) {
        var s = FloatVector.SPECIES_PREFERRED;
        FloatVector m = FloatVector.broadcast(s, 0.999f), b = FloatVector.broadcast(s, 0.001f);
        FloatVector c0 = b, c1 = b, c2 = b, c3 = b, c4 = b, c5 = b, c6 = b, c7 = b, c8 = b, c9 = b, c10 = b, c11 = b, c12 = b, c13 = b,
                c14 = b, c15 = b;
        for (int i = 0; i < times; i++) {
            c0 = c0.fma(m, b);
            c1 = c1.fma(m, b);
            c2 = c2.fma(m, b);
            c3 = c3.fma(m, b);
            c4 = c4.fma(m, b);
            c5 = c5.fma(m, b);
            c6 = c6.fma(m, b);
            c7 = c7.fma(m, b);
            c8 = c8.fma(m, b);
            c9 = c9.fma(m, b);
            c10 = c10.fma(m, b);
            c11 = c11.fma(m, b);
            c12 = c12.fma(m, b);
            c13 = c13.fma(m, b);
            c14 = c14.fma(m, b);
            c15 = c15.fma(m, b);
        }
        return c0.add(c1).add(c2.add(c3)).add(c4.add(c5).add(c6.add(c7)))
                .add(c8.add(c9).add(c10.add(c11)).add(c12.add(c13).add(c14.add(c15)))).reduceLanes(VectorOperators.ADD);
    }

    private static float read(float[] x) {
        var s = FloatVector.SPECIES_PREFERRED;
        int lanes = s.length();
        FloatVector a = FloatVector.zero(s), b = a, c = a, d = a;
        for (int i = 0; i < x.length; i += 4 * lanes) {
            a = a.add(FloatVector.fromArray(s, x, i));
            b = b.add(FloatVector.fromArray(s, x, i + lanes));
            c = c.add(FloatVector.fromArray(s, x, i + 2 * lanes));
            d = d.add(FloatVector.fromArray(s, x, i + 3 * lanes));
        }
        return a.add(b).add(c.add(d)).reduceLanes(VectorOperators.ADD);
    }
}
