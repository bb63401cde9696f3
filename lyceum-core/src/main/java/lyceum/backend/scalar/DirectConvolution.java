package lyceum.backend.scalar;

import java.util.Arrays;
import lyceum.backend.Parallel;
import lyceum.backend.View;
import lyceum.backend.WindowGeometry;

/**
 * Convolution and its two gradients as they are defined: for each channel of the result, tap by tap, sums in double, rounded once. One channel of
 * the result is one piece of work, so that the order of a sum is fixed.
 */
final class DirectConvolution {
    /** Multiply-adds that a thread takes at once. */
    private static final long GRAIN = 1 << 18;

    private final WindowGeometry g;
    private final int inputs, outputs, taps, inVolume, outVolume;

    DirectConvolution(WindowGeometry geometry) {
        g = geometry;
        inputs = g.inputsPerGroup();
        outputs = g.outputsPerGroup();
        taps = g.taps();
        inVolume = g.inVolume();
        outVolume = g.outVolume();
    }

    private static long grain(long work) { return Math.max(1, GRAIN / Math.max(1, work)); }

    void forward(View x, View weight, View y) {
        Strided xs = Strided.of(x)[0], ws = Strided.of(weight)[0], ys = Strided.of(y)[0];
        Parallel.range((long) g.batch() * g.outputs(), grain((long) inputs * taps * outVolume), (from, to) -> {
            double[] in = new double[inVolume], w = new double[taps], sums = new double[outVolume];
            for (long channel = from; channel < to; channel++) {
                long example = channel / g.outputs(), o = channel % g.outputs(), c0 = o / outputs * inputs;
                Arrays.fill(sums, 0);
                for (int c = 0; c < inputs; c++) {
                    Planes.load(xs, (example * g.inputs() + c0 + c) * inVolume, inVolume, in);
                    Planes.load(ws, (o * inputs + c) * taps, taps, w);
                    for (int tap = 0; tap < taps; tap++) {
                        double factor = w[tap];
                        g.lines(tap, (i, j, n) -> gatherInto(sums, j, factor, in, i, g.stride()[2], n));
                    }
                }
                Planes.store(sums, ys, channel * outVolume, outVolume);
            }
        });
    }

    void back(View y, View weight, View x) {
        Strided xs = Strided.of(x)[0], ws = Strided.of(weight)[0], ys = Strided.of(y)[0];
        Parallel.range((long) g.batch() * g.inputs(), grain((long) outputs * taps * outVolume), (from, to) -> {
            double[] out = new double[outVolume], w = new double[taps], sums = new double[inVolume];
            for (long channel = from; channel < to; channel++) {
                long example = channel / g.inputs(), c = channel % g.inputs(), o0 = c / inputs * outputs;
                Arrays.fill(sums, 0);
                for (int o = 0; o < outputs; o++) {
                    Planes.load(ys, (example * g.outputs() + o0 + o) * outVolume, outVolume, out);
                    Planes.load(ws, ((o0 + o) * inputs + c % inputs) * taps, taps, w);
                    for (int tap = 0; tap < taps; tap++) {
                        double factor = w[tap];
                        g.lines(tap, (i, j, n) -> scatterInto(sums, i, g.stride()[2], factor, out, j, n));
                    }
                }
                Planes.store(sums, xs, channel * inVolume, inVolume);
            }
        });
    }

    void weight(View x, View y, View weight) {
        Strided xs = Strided.of(x)[0], ws = Strided.of(weight)[0], ys = Strided.of(y)[0];
        Parallel.range((long) g.outputs() * inputs, grain((long) g.batch() * taps * outVolume), (from, to) -> {
            double[] in = new double[inVolume], out = new double[outVolume], sums = new double[taps];
            for (long pair = from; pair < to; pair++) {
                long o = pair / inputs, c = o / outputs * inputs + pair % inputs;
                Arrays.fill(sums, 0);
                for (long example = 0; example < g.batch(); example++) {
                    Planes.load(xs, (example * g.inputs() + c) * inVolume, inVolume, in);
                    Planes.load(ys, (example * g.outputs() + o) * outVolume, outVolume, out);
                    for (int tap = 0; tap < taps; tap++) {
                        int at = tap;
                        g.lines(tap, (i, j, n) -> sums[at] = dot(sums[at], in, i, g.stride()[2], out, j, n));
                    }
                }
                Planes.store(sums, ws, pair * taps, taps);
            }
        });
    }

    private static void gatherInto(double[] sums, int at, double factor, double[] x, int from, int step, int n) {
        for (int i = 0; i < n; i++) sums[at + i] = Math.fma(factor, x[from + i * step], sums[at + i]);
    }

    private static void scatterInto(double[] sums, int at, int step, double factor, double[] y, int from, int n) {
        for (int i = 0; i < n; i++) sums[at + i * step] = Math.fma(factor, y[from + i], sums[at + i * step]);
    }

    private static double dot(double sum, double[] x, int from, int step, double[] y, int at, int n) {
        for (int i = 0; i < n; i++) sum = Math.fma(x[from + i * step], y[at + i], sum);
        return sum;
    }
}
