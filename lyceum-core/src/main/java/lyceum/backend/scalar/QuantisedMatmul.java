package lyceum.backend.scalar;

import lyceum.backend.Parallel;
import lyceum.backend.View;
import lyceum.backend.quant.Activations;
import lyceum.backend.quant.BlockFormat;
import lyceum.backend.quant.BlockMatrix;
import lyceum.backend.quant.Codes;

/**
 * Activations times quantised rows of weights by plain loops: the reference whose bits the other backends give.
 *
 * <p>Public for backends that hand it what they do not take themselves.
 */
public final class QuantisedMatmul {
    /** Positions of the shortest group that shares a scale and a minimum. */
    private static final int HALF = 16;
    /** Partial sums of a plain dot product: position p goes to sum p mod 4, and after every 256 positions their sum is added to the result. */
    private static final int SUMS = 4, CHUNK = 256;
    /** Multiply-adds a thread takes at once. */
    private static final long GRAIN = 1 << 18;

    private QuantisedMatmul() {}

    public static void multiply(View x, BlockMatrix weights, View bias, Activations activations, View out) {
        int m = (int) x.shape()[0], k = (int) x.shape()[1];
        long n = weights.rows();
        if (m == 0 || n == 0) return;
        var rows = new Row[m];
        Parallel.range(m, Math.max(1, (1 << 14) / Math.max(1, k)), 3.0 * k, (from, to) -> {
            for (int i = (int) from; i < to; i++) rows[i] = Row.of(x, i, k, weights.format(), activations);
        });
        var offsets = bias == null ? null : bias(bias);
        Parallel.range(n, Math.max(1, GRAIN / Math.max(1, (long) k * m)), 1.0 * k * m, (from, to) -> {
            var dot = new Dot(weights, rows, k);
            for (long j = from; j < to; j++) {
                dot.row(j);
                for (int i = 0; i < m; i++) {
                    long at = out.byteOffset() + (i * out.strides()[0] + j * out.strides()[1]) * 4;
                    out.storage().segment().set(Elements.FLOAT, at, offsets == null ? dot.result[i] : dot.result[i] + offsets[(int) j]);
                }
            }
        });
    }

    private static float[] bias(View bias) {
        var values = new float[(int) bias.shape()[0]];
        Elements.load(bias.dtype(), bias.storage().segment(), bias.byteOffset(), bias.strides()[0], values, 0, values.length);
        return values;
    }

    /** A row of activations: as floats for a plain product, else as integers with the step of each block, and the integers' sums by {@link #HALF} positions. */
    private record Row(float[] plain, byte[][] digits, float[] step, float[] sum, int[] halves) {
        static Row of(View x, int i, int k, BlockFormat format, Activations activations) {
            var values = new float[(k + SUMS - 1) / SUMS * SUMS];
            Elements.load(x.dtype(), x.storage().segment(), x.byteOffset() + i * x.strides()[0] * x.dtype().bytes(), x.strides()[1], values,
                    0, k);
            if (format.isFloat() || !Activations.fit(values, 0, k)) return new Row(values, null, null, null, null);
            int blocks = k / Activations.BLOCK;
            var digits = new byte[activations.digits()][k];
            float[] step = new float[blocks], sum = new float[blocks];
            int length = activations.stepLength(format.blockLength()), beside = length / Activations.BLOCK;
            var integers = new int[length];
            var halves = new int[k / HALF];
            for (int b = 0; b < blocks; b++) {
                int from = b % beside * Activations.BLOCK;
                step[b] = from > 0 ? step[b - 1] : activations.integers(values, b * Activations.BLOCK, length, integers);
                int total = 0;
                for (int p = 0; p < Activations.BLOCK; p++) {
                    int rest = integers[from + p];
                    total += rest;
                    halves[(b * Activations.BLOCK + p) / HALF] += rest;
                    for (int d = 0; d < digits.length; d++) {
                        byte digit = Activations.digit(rest);
                        digits[d][b * Activations.BLOCK + p] = digit;
                        rest = rest - digit >> 8;
                    }
                }
                sum[b] = step[b] * total;
            }
            return new Row(null, digits, step, sum, halves);
        }
    }

    /** One row of weights against all rows of activations. */
    private static final class Dot {
        private final BlockMatrix weights;
        private final BlockFormat format;
        private final Row[] rows;
        private final int k;
        private final Codes codes;
        private final float[] floats;
        private final float[] minima;
        final float[] result;

        Dot(BlockMatrix weights, Row[] rows, int k) {
            this.weights = weights;
            this.format = weights.format();
            this.rows = rows;
            this.k = k;
            boolean plain = false;
            for (var row : rows) plain |= row.plain != null;
            floats = plain ? new float[(k + SUMS - 1) / SUMS * SUMS] : null;
            codes = format.isFloat() ? null : new Codes(format);
            minima = new float[rows.length];
            result = new float[rows.length];
        }

        void row(long j) {
            if (floats != null) {
                format.dequantiseRow(weights.segment(), weights.rowAt(j), k, floats, 0);
                for (int i = 0; i < rows.length; i++) if (rows[i].plain != null) result[i] = plain(rows[i].plain);
            }
            if (codes != null) integers(j);
        }

        private float plain(float[] x) {
            float total = 0;
            for (int from = 0; from < k; from += CHUNK) {
                float s0 = 0, s1 = 0, s2 = 0, s3 = 0;
                for (int p = from; p < Math.min(k, from + CHUNK); p += SUMS) {
                    s0 = Math.fma(floats[p], x[p], s0);
                    s1 = Math.fma(floats[p + 1], x[p + 1], s1);
                    s2 = Math.fma(floats[p + 2], x[p + 2], s2);
                    s3 = Math.fma(floats[p + 3], x[p + 3], s3);
                }
                total += s0 + s2 + (s1 + s3);
            }
            return total;
        }

        private void integers(long j) {
            for (int i = 0; i < rows.length; i++) {
                if (rows[i].plain != null) continue;
                result[i] = 0;
                minima[i] = 0;
            }
            long at = weights.rowAt(j);
            int unit = Math.min(format.groupLength(), Activations.BLOCK);
            for (int p = 0; p < k; p += format.blockLength(), at += format.blockBytes()) {
                format.decode(weights.segment(), at, codes);
                for (int u = 0; u < format.blockLength(); u += unit) {
                    float scale = codes.scale[u / format.groupLength()], minimum = codes.minimum[u / format.groupLength()];
                    for (int i = 0; i < rows.length; i++) if (rows[i].plain == null) add(i, p + u, u, unit, scale, minimum);
                }
            }
            for (int i = 0; i < rows.length; i++) if (rows[i].plain == null) result[i] -= minima[i];
        }

        /** {@code scale (step I) - minimum (step N)} of the package's page, for activations from {@code p} and codes from {@code u}. */
        private void add(int i, int p, int u, int unit, float scale, float minimum) {
            var row = rows[i];
            float total = 0;
            for (int d = row.digits.length - 1; d >= 0; d--) {
                int sum = 0;
                for (int q = 0; q < unit; q++) sum += (codes.code[u + q] - codes.offset) * row.digits[d][p + q];
                total = d == row.digits.length - 1 ? sum : Math.fma(total, 256f, (float) sum);
            }
            int block = p / Activations.BLOCK;
            result[i] = Math.fma(total * row.step[block], scale, result[i]);
            minima[i] = Math.fma(minimum, unit == HALF ? row.step[block] * row.halves[p / HALF] : row.sum[block], minima[i]);
        }
    }
}
