package lyceum.tensor;

import lyceum.DType;

/**
 * Maps floats to integers of a few bits: {@code q = clip(round(x * (1 / s)) + z, qmin, qmax)}, read back as {@code s (q - z)}.
 *
 * <p>The integers are those of b bits with sign, -2^(b-1) .. 2^(b-1) - 1; a symmetric quantizer leaves the lowest one out. Arithmetic is F32, the
 * reciprocal of a scale is taken once, as in PyTorch. An affine range always holds 0, which is exact in every scheme.
 *
 * {@snippet :
 * var q = Quantizer.symmetric(4).byGroup(32).quantize(weights);
 * Tensor again = q.dequantize();
 * }
 *
 * @param bits 2 to 8
 * @param symmetric true for zero point 0
 * @param sharing which elements share a scale
 * @param rounding to integers
 * @see <a href="https://arxiv.org/abs/1712.05877">Jacob and others (2018)</a>
 * @see <a href="https://arxiv.org/abs/2106.08295">Nagel and others (2021)</a>
 */
public record Quantizer(int bits, boolean symmetric, Sharing sharing, Rounding rounding) {

    /** Which elements of a tensor share a scale and a zero point. */
    public sealed interface Sharing {
        /** All. */
        record All() implements Sharing {}

        /** Those at one place along an axis, which may count from the last. */
        record Channel(int axis) implements Sharing {}

        /** Runs of {@code size} along the last axis; the last of a row may be shorter. */
        record Group(int size) implements Sharing {}
    }

    /** @throws IllegalArgumentException if bits are not 2 to 8, or a group has no element */
    public Quantizer {
        if (bits < 2 || bits > 8) throw new IllegalArgumentException("Quantizer: " + bits + " bits; 2 to 8");
        if (sharing instanceof Sharing.Group(int size) && size < 1)
            throw new IllegalArgumentException("Quantizer: groups of " + size + " elements; at least 1");
    }

    /** Zero point 0, the largest magnitude at {@code 2^(b-1) - 1}: for weights. One scale, nearest. */
    public static Quantizer symmetric(int bits) { return new Quantizer(bits, true, new Sharing.All(), Rounding.NEAREST_EVEN); }

    /** The least element (or 0) at the lowest integer, the largest (or 0) at the highest: for activations. One scale, nearest. */
    public static Quantizer affine(int bits) { return new Quantizer(bits, false, new Sharing.All(), Rounding.NEAREST_EVEN); }

    public Quantizer byChannel(int axis) { return new Quantizer(bits, symmetric, new Sharing.Channel(axis), rounding); }

    public Quantizer byGroup(int size) { return new Quantizer(bits, symmetric, new Sharing.Group(size), rounding); }

    public Quantizer withRounding(Rounding rounding) { return new Quantizer(bits, symmetric, sharing, rounding); }

    /** The lowest integer. */
    public int least() { return -(1 << bits - 1) + (symmetric ? 1 : 0); }

    /** The highest integer. */
    public int most() { return (1 << bits - 1) - 1; }

    /**
     * With the scale and zero point of each group of elements from its least and largest.
     *
     * @throws IllegalArgumentException if an element is infinite or NaN
     */
    public Quantized quantize(Tensor x) {
        var groups = new Groups(sharing, x.shape());
        var values = x.detach().to(DType.F32).toFloatArray();
        float[] least = new float[groups.count()], most = new float[groups.count()]; // with 0 between them
        for (int i = 0; i < values.length; i++) {
            int g = groups.of(i);
            if (!Float.isFinite(values[i])) throw new IllegalArgumentException(
                    "quantize: element " + i + " is " + values[i] + "; integers stand for finite numbers, so clip or fill it");
            least[g] = Math.min(least[g], values[i]);
            most[g] = Math.max(most[g], values[i]);
        }
        var scales = new float[groups.count()];
        var zeros = new int[groups.count()];
        for (int g = 0; g < scales.length; g++) {
            double low = least[g], high = most[g];
            double span = symmetric ? Math.max(-low, high) / most() : (high - low) / (most() - least());
            scales[g] = Math.max((float) span, Float.MIN_NORMAL); // a reciprocal that is finite
            if (!symmetric) zeros[g] = Math.clamp((long) Math.rint(least() - low / scales[g]), least(), most());
        }
        return quantize(values, x.shape(), groups, scales, zeros);
    }

    /**
     * With given scales and zero points, one for each group of elements, in order; what is outside their range is clipped.
     *
     * @throws IllegalArgumentException if their numbers are not that of the groups, a scale is not positive and finite, a zero point is no integer of
     *         this quantizer, or an element is NaN
     */
    public Quantized quantize(Tensor x, float[] scales, int[] zeros) {
        var groups = new Groups(sharing, x.shape());
        if (scales.length != groups.count() || zeros.length != groups.count()) throw new IllegalArgumentException("quantize: "
                + scales.length + " scales and " + zeros.length + " zero points for " + groups.count() + " groups of elements");
        for (int g = 0; g < scales.length; g++) {
            if (!(scales[g] >= Float.MIN_NORMAL && scales[g] <= Float.MAX_VALUE) || zeros[g] < least() || zeros[g] > most()
                    || symmetric && zeros[g] != 0)
                throw new IllegalArgumentException("quantize: scale " + scales[g] + ", zero point " + zeros[g]
                        + "; a scale is positive and finite, a zero " + (symmetric ? "point 0" : "point " + least() + " to " + most()));
        }
        var values = x.detach().to(DType.F32).toFloatArray();
        for (int i = 0; i < values.length; i++)
            if (values[i] != values[i]) throw new IllegalArgumentException("quantize: element " + i + " is NaN; fill it before");
        return quantize(values, x.shape(), groups, scales.clone(), zeros.clone());
    }

    private Quantized quantize(float[] x, Shape shape, Groups groups, float[] scales, int[] zeros) {
        var inverse = new float[scales.length];
        for (int g = 0; g < scales.length; g++) inverse[g] = 1 / scales[g];
        var codes = new PackedCodes(bits, x.length);
        for (int i = 0; i < x.length; i++) {
            int g = groups.of(i);
            // As doubles: whole numbers that no long holds are clipped too.
            codes.set(i, (int) Math.clamp(rounding.round(x[i] * inverse[g]) + zeros[g], least(), most()));
        }
        return new Quantized(this, shape, groups, scales, zeros, codes);
    }

    /** From the place of an element to the number of its group. */
    record Groups(int count, int stride, int length, int size) {
        Groups(Sharing sharing, Shape shape) { this(counted(sharing, shape)); }

        private Groups(int[] n) { this(n[0], n[1], n[2], n[3]); }

        private static int[] counted(Sharing sharing, Shape shape) {
            int all = Math.toIntExact(shape.count());
            return switch (sharing) {
                case Sharing.All _ -> new int[] {1, Math.max(1, all), 1, 0};
                case Sharing.Channel(int axis) -> {
                    int a = shape.axis("quantize", axis), stride = 1;
                    for (int k = a + 1; k < shape.rank(); k++) stride *= (int) shape.size(k);
                    yield new int[] {(int) shape.size(a), Math.max(1, stride), (int) shape.size(a), 0};
                }
                case Sharing.Group(int size) -> {
                    int last = shape.rank() == 0 ? 1 : (int) shape.size(-1), each = (last + size - 1) / size;
                    yield new int[] {last == 0 ? 0 : all / last * each, Math.max(1, last), each, size};
                }
            };
        }

        int of(int i) { return size == 0 ? i / stride % length : i / stride * length + i % stride / size; }
    }

    @Override public String toString() {
        return "int" + bits + (symmetric ? ", symmetric" : ", affine") + ", " + switch (sharing) {
            case Sharing.All _ -> "one scale";
            case Sharing.Channel(int axis) -> "a scale a channel of axis " + axis;
            case Sharing.Group(int size) -> "a scale a group of " + size;
        };
    }
}
