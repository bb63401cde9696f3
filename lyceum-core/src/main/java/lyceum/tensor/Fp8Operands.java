package lyceum.tensor;

import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.FlashAttention.Fp8;
import lyceum.tensor.NumberFormat.Overflow;

/**
 * Queries, keys and values as products of 8-bit floats see them: {@code s code}, with {@code s = max |x| / 448} of the tensor or of a block of
 * rows of one head.
 *
 * @see <a href="https://arxiv.org/abs/2407.08608">Shah et al. (2024)</a>, section 3.3
 */
record Fp8Operands(Tensor q, Tensor k, Tensor v) {
    private static final NumberFormat FORMAT = NumberFormat.E4M3;
    /** Of the signs of the rotation. */
    private static final long SEED = 17;
    /** Weights lie between 0 and 1, where the format has the more numbers the larger they are taken. */
    private static final double WEIGHT = 256;

    static Fp8Operands of(FlashAttention how, Tensor q, Tensor k, Tensor v) {
        if (how.fp8() == Fp8.PER_BLOCK_ROTATED) {
            var rotation = FlashAttention.rotation((int) q.size(3), Rng.of(SEED)).to(q.dtype());
            q = q.matmul(rotation);
            k = k.matmul(rotation);
        }
        boolean whole = how.fp8() == Fp8.PER_TENSOR;
        return new Fp8Operands(rounded(q, whole ? 0 : how.queryTile()), rounded(k, whole ? 0 : how.keyTile()),
                rounded(v, whole ? 0 : how.keyTile()));
    }

    /** @param block rows that share a scale; 0 for all of the tensor */
    private static Tensor rounded(Tensor x, int block) {
        var values = x.to(DType.F64).toDoubleArray();
        int length = (int) x.size(2), width = (int) x.size(3), head = length * width, step = block * width;
        if (block == 0) {
            round(values, 0, values.length);
        } else {
            for (int from = 0; from < values.length; from += head)
                for (int i = 0; i < head; i += step) round(values, from + i, from + Math.min(head, i + step));
        }
        return Tensor.of(values, x.shape().toArray()).to(x.dtype() == DType.F64 ? DType.F64 : DType.F32).compute();
    }

    private static void round(double[] x, int from, int to) {
        double largest = 0;
        for (int i = from; i < to; i++) largest = Math.max(largest, Math.abs(x[i]));
        if (largest == 0) return;
        double scale = largest / FORMAT.max();
        for (int i = from; i < to; i++) x[i] = scale * nearest(x[i] / scale);
    }

    private static double nearest(double x) { return FORMAT.decode(FORMAT.encode(x, Rounding.NEAREST_EVEN, Overflow.SATURATE)); }

    /** The weight as the second product sees it. */
    static double weight(double p) { return nearest(WEIGHT * p) / WEIGHT; }
}
