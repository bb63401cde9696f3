package lyceum.tensor;

import lyceum.DType;
import lyceum.DTypeException;
import lyceum.ShapeException;
import lyceum.backend.Parallel;
import lyceum.tensor.Quantizer.Sharing;

/** A tensor as packed integers with the scales and zero points of its groups of elements: {@code x = s (q - z)}. Immutable. */
public final class Quantized {
    private final Quantizer quantizer;
    private final Shape shape;
    private final Quantizer.Groups groups;
    private final float[] scales;
    private final int[] zeros;
    private final PackedCodes codes;

    Quantized(Quantizer quantizer, Shape shape, Quantizer.Groups groups, float[] scales, int[] zeros, PackedCodes codes) {
        this.quantizer = quantizer;
        this.shape = shape;
        this.groups = groups;
        this.scales = scales;
        this.zeros = zeros;
        this.codes = codes;
    }

    public Quantizer quantizer() { return quantizer; }

    public Shape shape() { return shape; }

    /** The integers, I8, in the tensor's shape. */
    public Tensor integers() {
        var q = new int[codes.count()];
        for (int i = 0; i < q.length; i++) q[i] = codes.getSigned(i);
        return Tensor.of(q, shape.sizes()).to(DType.I8);
    }

    /** One for each group of elements, F32. */
    public Tensor scales() { return Tensor.of(scales.clone()); }

    /** One for each group of elements, I32. */
    public Tensor zeroPoints() { return Tensor.of(zeros.clone()); }

    /** Bytes of the packed integers: half of a byte each for 4 bits. Scales and zero points are apart. */
    public long bytes() { return codes.size(); }

    /** The packed integers, lowest bits first, two's complement. A copy. */
    public byte[] packed() { return codes.toArray(); }

    /** The values that the integers stand for, F32. */
    public Tensor dequantize() {
        var x = new float[codes.count()];
        for (int i = 0; i < x.length; i++) {
            int g = groups.of(i);
            x[i] = scales[g] * (codes.getSigned(i) - zeros[g]);
        }
        return Tensor.of(x, shape.sizes());
    }

    /**
     * {@code sum_k (q_ik - z) (r_kj - y)} of matrices, exact: I32, accumulated in 32 bits.
     *
     * @throws ShapeException if they are not matrices that fit, or have so many terms that 32 bits might not hold a sum
     * @throws DTypeException if zero points differ along the inner axis
     */
    public Tensor matmulIntegers(Quantized right) {
        if (shape.rank() != 2 || right.shape.rank() != 2 || shape.size(1) != right.shape.size(0))
            throw new ShapeException("matmul: " + shape + " x " + right.shape + ": two matrices with equal inner sizes are meant");
        requireOuter(0, "left");
        right.requireOuter(1, "right");
        int m = (int) shape.size(0), inner = (int) shape.size(1), n = (int) right.shape.size(1);
        long largest = (long) largest() * right.largest();
        if (inner * largest > Integer.MAX_VALUE) throw new ShapeException("matmul: sums of " + inner + " products of up to " + largest
                + " may exceed 32 bits; split the inner axis at " + Integer.MAX_VALUE / largest);
        int[] a = centred(), b = right.centred(), c = new int[m * n];
        Parallel.range(m, Math.max(1, 65_536 / Math.max(1, inner * n)), (from, to) -> {
            for (int i = (int) from; i < to; i++) {
                for (int k = 0; k < inner; k++) {
                    int factor = a[i * inner + k], row = k * n, out = i * n;
                    for (int j = 0; j < n; j++) c[out + j] += factor * b[row + j];
                }
            }
        });
        return Tensor.of(c, m, n);
    }

    /** The product of the values, F32: {@link #matmulIntegers} times both scales. */
    public Tensor matmul(Quantized right) {
        var sums = matmulIntegers(right).to(DType.F32);
        Tensor rows = Tensor.of(scales.clone(), scales.length, 1), columns = Tensor.of(right.scales.clone(), 1, right.scales.length);
        return sums.mul(rows).mul(columns);
    }

    /** Scales along the inner axis could not be taken out of the sum. */
    private void requireOuter(int axis, String side) {
        boolean outer = switch (quantizer.sharing()) {
            case Sharing.All _ -> true;
            case Sharing.Channel(int a) -> shape.axis("matmul", a) == axis;
            case Sharing.Group _ -> false;
        };
        if (!outer) throw new DTypeException(
                "matmul: the " + side + " matrix has " + quantizer + "; scales of one factor may differ along axis " + axis + " only");
    }

    /** The largest magnitude of an integer less its zero point. */
    private int largest() {
        int largest = 0;
        for (int z : zeros) largest = Math.max(largest, Math.max(quantizer.most() - z, z - quantizer.least()));
        return largest;
    }

    private int[] centred() {
        var q = new int[codes.count()];
        for (int i = 0; i < q.length; i++) q[i] = codes.getSigned(i) - zeros[groups.of(i)];
        return q;
    }

    @Override public String toString() { return "Quantized " + shape + " in " + quantizer + ", " + bytes() + " bytes"; }
}
