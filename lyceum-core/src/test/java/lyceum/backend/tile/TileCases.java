package lyceum.backend.tile;

import java.util.ArrayList;
import java.util.List;
import lyceum.random.Rng;

/** Two hundred launches of each of five kernels at odd sizes, with what plain loops of doubles make of the same numbers. */
final class TileCases {
    static final int SHAPES = 200;

    /** A launch writes to {@code out}; {@code expected} is what should stand there. */
    record Case(String name, TileLaunch launch, float[] out, double[] expected) {}

    private TileCases() {}

    static List<Case> all() {
        var cases = new ArrayList<Case>();
        for (int i = 0; i < SHAPES; i++) {
            var rng = Rng.of(33_600 + i);
            cases.add(add(rng, i));
            cases.add(softmax(rng, i));
            cases.add(layerNorm(rng, i));
            cases.add(matmul(rng, i));
            cases.add(attention(rng, i));
        }
        return cases;
    }

    private static final TileKernel[] ADDS = {TileKernels.add(16), TileKernels.add(100), TileKernels.add(256)};

    private static Case add(Rng rng, int i) {
        int n = odd(rng, 1, 1999);
        float[] x = numbers(rng, n), y = numbers(rng, n), out = new float[n];
        var expected = new double[n];
        for (int j = 0; j < n; j++) expected[j] = (double) x[j] + y[j];
        int block = new int[] {16, 100, 256}[i % 3];
        return new Case("add " + n, ADDS[i % 3].bind(new int[] {TileKernel.blocks(n, block)}, x, y, out, n), out, expected);
    }

    private static final TileKernel[] SOFTMAXES = {TileKernels.softmax(64), TileKernels.softmax(250), TileKernels.softmax(1024)};

    private static Case softmax(Rng rng, int i) {
        int rows = odd(rng, 1, 31), n = odd(rng, 1, new int[] {63, 249, 1023}[i % 3]);
        float[] x = numbers(rng, rows * n), out = new float[rows * n];
        for (int j = 0; j < x.length; j++) x[j] = 5 * x[j] - 200 * (i % 2); // far below zero, exp is 0 without the maximum
        var expected = new double[rows * n];
        for (int r = 0; r < rows; r++) softmax(x, r * n, n, expected);
        return new Case("softmax " + rows + "x" + n, SOFTMAXES[i % 3].bind(new int[] {rows}, x, out, n), out, expected);
    }

    private static void softmax(float[] x, int at, int n, double[] to) {
        double max = Double.NEGATIVE_INFINITY, sum = 0;
        for (int j = 0; j < n; j++) max = Math.max(max, x[at + j]);
        for (int j = 0; j < n; j++) sum += to[at + j] = Math.exp(x[at + j] - max);
        for (int j = 0; j < n; j++) to[at + j] /= sum;
    }

    private static final TileKernel[] NORMS = {TileKernels.layerNorm(64), TileKernels.layerNorm(250), TileKernels.layerNorm(1024)};

    private static Case layerNorm(Rng rng, int i) {
        int rows = odd(rng, 1, 31), n = odd(rng, 3, new int[] {63, 249, 1023}[i % 3]);
        float[] x = numbers(rng, rows * n), weight = numbers(rng, n), bias = numbers(rng, n), out = new float[rows * n];
        for (int j = 0; j < x.length; j++) x[j] += 1;
        var expected = new double[rows * n];
        for (int r = 0; r < rows; r++) {
            double mean = 0, variance = 0;
            for (int j = 0; j < n; j++) mean += x[r * n + j] / (double) n;
            for (int j = 0; j < n; j++) variance += Math.pow(x[r * n + j] - mean, 2) / n;
            for (int j = 0; j < n; j++) expected[r * n + j] = (x[r * n + j] - mean) / Math.sqrt(variance + 1e-3) * weight[j] + bias[j];
        }
        return new Case("layer norm " + rows + "x" + n, NORMS[i % 3].bind(new int[] {rows}, x, weight, bias, out, n, 1e-3), out, expected);
    }

    private static final int[][] BLOCKS = {{16, 32, 16}, {30, 50, 7}, {7, 5, 33}, {64, 64, 64}};
    private static final TileKernel[] PRODUCTS = new TileKernel[4];

    static {
        // x sigmoid(1.702 x), relu, tanh, and nothing.
        for (int i = 0; i < 4; i++) {
            int epilogue = i;
            PRODUCTS[i] = TileKernels.matmul(BLOCKS[i][0], BLOCKS[i][1], BLOCKS[i][2], x -> switch (epilogue) {
                case 0 -> x.div(x.mul(-1.702).exp().add(1));
                case 1 -> x.relu();
                case 2 -> x.tanh();
                default -> x;
            });
        }
    }

    private static Case matmul(Rng rng, int i) {
        int m = odd(rng, 1, 99), n = odd(rng, 1, 99), k = odd(rng, 1, 99), which = i % 4;
        float[] a = numbers(rng, m * k), b = numbers(rng, k * n), bias = numbers(rng, n), out = new float[m * n];
        var expected = new double[m * n];
        for (int r = 0; r < m; r++) {
            for (int c = 0; c < n; c++) {
                double sum = bias[c];
                for (int p = 0; p < k; p++) sum += (double) a[r * k + p] * b[p * n + c];
                expected[r * n + c] = switch (which) {
                    case 0 -> sum / (1 + Math.exp(-1.702 * sum));
                    case 1 -> Math.max(0, sum);
                    case 2 -> Math.tanh(sum);
                    default -> sum;
                };
            }
        }
        var grid = new int[] {TileKernel.blocks(m, BLOCKS[which][0]), TileKernel.blocks(n, BLOCKS[which][1])};
        return new Case("matmul " + m + "x" + k + "x" + n, PRODUCTS[which].bind(grid, a, b, bias, out, m, n, k), out, expected);
    }

    private static final int[] HEADS = {5, 16, 33, 64};
    private static final TileKernel[] ATTENTIONS = new TileKernel[8];

    static {
        for (int i = 0; i < 8; i++) ATTENTIONS[i] = TileKernels.attention(i % 2 == 0 ? 16 : 23, i % 2 == 0 ? 32 : 11, HEADS[i % 4], i >= 4);
    }

    private static Case attention(Rng rng, int i) {
        int which = i % 8, d = HEADS[which % 4], heads = odd(rng, 1, 3), queries = odd(rng, 1, 79), keys = odd(rng, 1, 79);
        boolean causal = which >= 4;
        float[] q = numbers(rng, heads * queries * d), k = numbers(rng, heads * keys * d), v = numbers(rng, heads * keys * d),
                out = new float[heads * queries * d];
        var expected = new double[out.length];
        double scale = (float) (1 / Math.sqrt(d));
        for (int h = 0; h < heads; h++) {
            for (int r = 0; r < queries; r++) {
                int seen = causal ? Math.min(keys, r + 1) : keys, at = (h * queries + r) * d;
                var weights = new double[seen];
                double max = Double.NEGATIVE_INFINITY, sum = 0;
                for (int j = 0; j < seen; j++) {
                    for (int p = 0; p < d; p++) weights[j] += scale * q[at + p] * k[(h * keys + j) * d + p];
                    max = Math.max(max, weights[j]);
                }
                for (int j = 0; j < seen; j++) sum += weights[j] = Math.exp(weights[j] - max);
                for (int j = 0; j < seen; j++) for (int p = 0; p < d; p++) expected[at + p] += weights[j] / sum * v[(h * keys + j) * d + p];
            }
        }
        var grid = new int[] {TileKernel.blocks(queries, which % 2 == 0 ? 16 : 23), heads};
        return new Case("attention " + heads + " heads, " + queries + " queries, " + keys + " keys of " + d + (causal ? ", causal" : ""),
                ATTENTIONS[which].bind(grid, q, k, v, out, queries, keys, scale), out, expected);
    }

    /** An odd number from {@code low}, which is odd, to {@code high}. */
    private static int odd(Rng rng, int low, int high) { return low + 2 * rng.nextInt((high - low) / 2 + 1); }

    static float[] numbers(Rng rng, int n) {
        var numbers = new float[n];
        for (int i = 0; i < n; i++) numbers[i] = (float) rng.nextGaussian();
        return numbers;
    }
}
