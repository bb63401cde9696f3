package lyceum.backend.scalar;

import java.util.Arrays;
import lyceum.backend.Parallel;
import lyceum.backend.Pooling;
import lyceum.backend.View;
import lyceum.backend.WindowGeometry;

/** Maximum and mean of windows, channel by channel. */
final class Pools {
    private static final long GRAIN = 1 << 16;

    private Pools() {}

    private static long grain(WindowGeometry g) { return Math.max(1, GRAIN / Math.max(1, (long) g.outVolume() * g.taps())); }

    static void max(Pooling how, View x, View y, View indices) {
        var g = WindowGeometry.of(how, x.shape(), y.shape());
        Strided xs = Strided.of(x)[0], ys = Strided.of(y)[0], is = Strided.of(indices)[0];
        int in = g.inVolume(), out = g.outVolume();
        Parallel.range((long) g.batch() * g.inputs(), grain(g), (from, to) -> {
            double[] plane = new double[in], best = new double[out];
            var where = new long[out];
            for (long channel = from; channel < to; channel++) {
                Planes.load(xs, channel * in, in, plane);
                Arrays.fill(best, Double.NEGATIVE_INFINITY);
                Arrays.fill(where, -1);
                for (int tap = 0; tap < g.taps(); tap++) g.lines(tap, (i, j, n) -> larger(plane, i, g.stride()[2], best, where, j, n));
                for (int j = 0; j < out; j++) where[j] = Math.max(0, where[j]); // a dilated window can lie in the padding alone
                Planes.store(best, ys, channel * out, out);
                is.store(where, channel * out, out);
            }
        });
    }

    private static void larger(double[] x, int from, int step, double[] best, long[] where, int at, int n) {
        for (int i = 0; i < n; i++) {
            double value = x[from + i * step];
            if (where[at + i] >= 0 && !(value > best[at + i]) && (value == value || best[at + i] != best[at + i])) continue;
            best[at + i] = value;
            where[at + i] = from + (long) i * step;
        }
    }

    static void maxBack(View y, View indices, View x) {
        Strided xs = Strided.of(x)[0], ys = Strided.of(y)[0], is = Strided.of(indices)[0];
        long planes = x.shape()[0] * x.shape()[1];
        if (planes == 0) return;
        int in = (int) (x.size() / planes), out = (int) (y.size() / planes);
        Parallel.range(planes, Math.max(1, GRAIN / Math.max(1, in + out)), (from, to) -> {
            double[] plane = new double[out], sums = new double[in];
            var where = new long[out];
            for (long channel = from; channel < to; channel++) {
                Planes.load(ys, channel * out, out, plane);
                is.load(channel * out, out, where);
                Arrays.fill(sums, 0);
                for (int j = 0; j < out; j++) sums[(int) where[j]] += plane[j];
                Planes.store(sums, xs, channel * in, in);
            }
        });
    }

    static void average(Pooling how, View x, View y) {
        var g = WindowGeometry.of(how, x.shape(), y.shape());
        Strided xs = Strided.of(x)[0], ys = Strided.of(y)[0];
        int in = g.inVolume(), out = g.outVolume();
        var divisors = how.counts(g);
        Parallel.range((long) g.batch() * g.inputs(), grain(g), (from, to) -> {
            double[] plane = new double[in], sums = new double[out];
            for (long channel = from; channel < to; channel++) {
                Planes.load(xs, channel * in, in, plane);
                Arrays.fill(sums, 0);
                for (int tap = 0; tap < g.taps(); tap++) g.lines(tap, (i, j, n) -> {
                    for (int k = 0; k < n; k++) sums[j + k] += plane[i + k * g.stride()[2]];
                });
                for (int j = 0; j < out; j++) sums[j] /= divisors[j];
                Planes.store(sums, ys, channel * out, out);
            }
        });
    }

    static void averageBack(Pooling how, View y, View x) {
        var g = WindowGeometry.of(how, x.shape(), y.shape());
        Strided xs = Strided.of(x)[0], ys = Strided.of(y)[0];
        int in = g.inVolume(), out = g.outVolume();
        var divisors = how.counts(g);
        Parallel.range((long) g.batch() * g.inputs(), grain(g), (from, to) -> {
            double[] plane = new double[out], sums = new double[in];
            for (long channel = from; channel < to; channel++) {
                Planes.load(ys, channel * out, out, plane);
                for (int j = 0; j < out; j++) plane[j] /= divisors[j];
                Arrays.fill(sums, 0);
                for (int tap = 0; tap < g.taps(); tap++) g.lines(tap, (i, j, n) -> {
                    for (int k = 0; k < n; k++) sums[i + k * g.stride()[2]] += plane[j + k];
                });
                Planes.store(sums, xs, channel * in, in);
            }
        });
    }

}
