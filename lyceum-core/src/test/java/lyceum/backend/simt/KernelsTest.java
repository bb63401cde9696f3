package lyceum.backend.simt;

import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;

import lyceum.backend.cuda.CudaDevice;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Test;

class KernelsTest {
    private final Rng rng = Rng.of(331);

    private float[] drawn(int n) {
        var values = new float[n];
        for (int i = 0; i < n; i++) values[i] = (float) rng.nextGaussian();
        return values;
    }

    private static double[] wide(float[] values) {
        var wide = new double[values.length];
        for (int i = 0; i < wide.length; i++) wide[i] = values[i];
        return wide;
    }

    private static final Launcher INTERPRETER = (kernel, grid, block, arguments) -> {
        var report = new Simt().launch(kernel, grid, block, arguments);
        assertThat(report.races()).isEmpty();
    };

    @Test
    @Acceptance(topic = "cuda", clause = 1) void classicKernelsEqualPlainLoopsInF64() {
        equalPlainLoops("interpreter", INTERPRETER);
        CudaDevice.find().ifPresent(card -> {
            try (card) {
                if (card.canCompile()) equalPlainLoops(card.name(), card);
            }
        });
    }

    private void equalPlainLoops(String on, Launcher launcher) {
        var gap = Gap.overLargest();
        for (int n : new int[] {1, 31, 64, 1000, 4099}) elements(on, launcher, gap, n);
        for (int[] s : new int[][] {{1, 1}, {32, 32}, {33, 65}, {100, 7}}) transposes(on, launcher, gap, s[0], s[1]);
        for (int[] s : new int[][] {{1, 1, 1}, {16, 16, 16}, {17, 5, 33}, {40, 61, 50}}) products(on, launcher, gap, s[0], s[1], s[2]);
        for (int[] s : new int[][] {{1, 1}, {3, 64}, {5, 130}, {7, 333}}) softmaxes(on, launcher, gap, s[0], s[1]);
        Evidence.of("numbers compared on the " + on, gap.seen(), exactly(27_961));
        Evidence.of("largest gap on the " + on + ", relative to an array's largest", gap, below(1e-5));
    }

    private void elements(String on, Launcher launcher, Gap gap, int n) {
        float[] x = drawn(n), y = drawn(n);
        double[] sums = new double[n], running = new double[n];
        double total = 0;
        for (int i = 0; i < n; i++) {
            sums[i] = (double) x[i] + y[i];
            running[i] = total += x[i];
        }
        Buffer a = Buffer.of(x), out = Buffer.floats(n), scanned = Buffer.floats(n), sum = Buffer.floats(1);
        launcher.launch(Kernels.vectorAdd(), Dim.covering(n, 96), new Dim(96), a, Buffer.of(y), out, n);
        gap.see(on + " add " + n, wide(out.toFloats()), sums);
        launcher.launch(Kernels.sum(128), new Dim(3), new Dim(128), a, sum, n);
        gap.see(on + " sum " + n, sum.toFloats()[0], total);
        launcher.launch(Kernels.scan(64), new Dim(1), new Dim(64), a, scanned, n);
        gap.see(on + " scan " + n, wide(scanned.toFloats()), running);
    }

    private void transposes(String on, Launcher launcher, Gap gap, int width, int height) {
        var x = drawn(width * height);
        var expected = new double[width * height];
        for (int r = 0; r < height; r++) for (int c = 0; c < width; c++) expected[c * height + r] = x[r * width + c];
        var grid = new Dim(Math.ceilDiv(width, 32), Math.ceilDiv(height, 32));
        for (var kernel : new Kernel[] {Kernels.naiveTranspose(), Kernels.tiledTranspose(0), Kernels.tiledTranspose(1)}) {
            var out = Buffer.floats(x.length);
            launcher.launch(kernel, grid, new Dim(32, 32), Buffer.of(x), out, width, height);
            gap.see(on + " " + kernel.name() + " " + width + " x " + height, wide(out.toFloats()), expected);
        }
    }

    private void products(String on, Launcher launcher, Gap gap, int m, int n, int inner) {
        float[] a = drawn(m * inner), b = drawn(inner * n);
        var expected = new double[m * n];
        for (int i = 0; i < m; i++)
            for (int j = 0; j < n; j++) for (int p = 0; p < inner; p++) expected[i * n + j] += (double) a[i * inner + p] * b[p * n + j];
        var c = Buffer.floats(m * n);
        launcher.launch(Kernels.matmul(16), new Dim(Math.ceilDiv(n, 16), Math.ceilDiv(m, 16)), new Dim(16, 16), Buffer.of(a), Buffer.of(b),
                c, m, n, inner);
        gap.see(on + " matmul " + m + " x " + n + " x " + inner, wide(c.toFloats()), expected);
    }

    private void softmaxes(String on, Launcher launcher, Gap gap, int rows, int columns) {
        var x = drawn(rows * columns);
        for (int i = 0; i < x.length; i++) x[i] = 30 * x[i] - 300 * (i / columns % 2); // beyond what exp can hold without the maximum, on either side
        var expected = new double[x.length];
        for (int r = 0; r < rows; r++) {
            double max = Double.NEGATIVE_INFINITY, sum = 0;
            for (int c = 0; c < columns; c++) max = Math.max(max, x[r * columns + c]);
            for (int c = 0; c < columns; c++) sum += Math.exp(x[r * columns + c] - max);
            for (int c = 0; c < columns; c++) expected[r * columns + c] = Math.exp(x[r * columns + c] - max) / sum;
        }
        var y = Buffer.floats(x.length);
        launcher.launch(Kernels.softmax(64), new Dim(rows), new Dim(64), Buffer.of(x), y, columns);
        gap.see(on + " softmax " + rows + " x " + columns, wide(y.toFloats()), expected);
    }
}
