package lyceum.backend.scalar;

import lyceum.backend.Parallel;
import lyceum.backend.Pooling;
import lyceum.backend.View;
import lyceum.backend.WindowGeometry;

/** Maximum and mean of windows, channel by channel. */
final class Pools {
    private static final long GRAIN = 1 << 16;

    private Pools() { }

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
                java.util.Arrays.fill(best, Double.NEGATIVE_INFINITY);
                java.util.Arrays.fill(where, -1);
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

    static void average(Pooling how, View x, View y) {
        var g = WindowGeometry.of(how, x.shape(), y.shape());
        Strided xs = Strided.of(x)[0], ys = Strided.of(y)[0];
        int in = g.inVolume(), out = g.outVolume();
        var divisors = divisors(how, g);
        Parallel.range((long) g.batch() * g.inputs(), grain(g), (from, to) -> {
            double[] plane = new double[in], sums = new double[out];
            for (long channel = from; channel < to; channel++) {
                Planes.load(xs, channel * in, in, plane);
                java.util.Arrays.fill(sums, 0);
                for (int tap = 0; tap < g.taps(); tap++) g.lines(tap, (i, j, n) -> { for (int k = 0; k < n; k++) sums[j + k] += plane[i + k * g.stride()[2]]; });
                for (int j = 0; j < out; j++) sums[j] /= divisors[j];
                Planes.store(sums, ys, channel * out, out);
            }
        });
    }

    static void averageBack(Pooling how, View y, View x) {
        var g = WindowGeometry.of(how, x.shape(), y.shape());
        Strided xs = Strided.of(x)[0], ys = Strided.of(y)[0];
        int in = g.inVolume(), out = g.outVolume();
        var divisors = divisors(how, g);
        Parallel.range((long) g.batch() * g.inputs(), grain(g), (from, to) -> {
            double[] plane = new double[out], sums = new double[in];
            for (long channel = from; channel < to; channel++) {
                Planes.load(ys, channel * out, out, plane);
                for (int j = 0; j < out; j++) plane[j] /= divisors[j];
                java.util.Arrays.fill(sums, 0);
                for (int tap = 0; tap < g.taps(); tap++) g.lines(tap, (i, j, n) -> { for (int k = 0; k < n; k++) sums[i + k * g.stride()[2]] += plane[j + k]; });
                Planes.store(sums, xs, channel * in, in);
            }
        });
    }

    /** Elements of each window that count: of the input, or of the input with its padding (a last window may reach beyond even that). */
    private static double[] divisors(Pooling how, WindowGeometry g) {
        var counts = new double[g.outVolume()];
        for (int j = 0; j < counts.length; j++) {
            int[] place = {j / (g.out()[1] * g.out()[2]), j / g.out()[2] % g.out()[1], j % g.out()[2]};
            counts[j] = 1;
            for (int axis = 0; axis < 3; axis++) {
                int padding = how.countPadding() ? g.before()[axis] : 0, start = place[axis] * g.stride()[axis] - g.before()[axis];
                counts[j] *= Math.min(start + g.kernel()[axis], g.in()[axis] + padding) - Math.max(start, -padding);
            }
        }
        return counts;
    }
}
