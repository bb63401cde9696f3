package lyceum.llm.quant;

import java.util.Arrays;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.nn.StoredWeight;
import lyceum.tensor.Tensor;

/**
 * A weight of four bits a number, each the nearest of 16 quantiles of a normal distribution times the largest magnitude of its block (NF4). Blocks run over the
 * flattened matrix. With double quantisation the blocks' magnitudes, less their mean, are bytes, {@code s = mean + c d / 127}, with one F32 number d for each
 * {@code scaleBlock} of them: {@code 4 + 8/64 + 32/(64 256) = 4.127} bits a weight.
 *
 * <p>Buffers: {@code codes} (U8, the first of two in the high half), {@code scales} (blocks; F32, or I8 if doubled), {@code scaleScales} and {@code mean} (F32)
 * if doubled. Immutable.
 *
 * @see <a href="https://arxiv.org/abs/2305.14314">Dettmers, Pagnoni, Holtzman and Zettlemoyer (2023), section 3</a>
 */
public final class Nf4Weight extends StoredWeight {
    /** Probability of the outermost level: the mean of {@code 1 - 1/30} and {@code 1 - 1/32}. */
    private static final double OFFSET = 0.9677083;
    private static final float[] LEVELS = levels();

    private final long outputs, inputs;
    private final int block, scaleBlock;
    private final boolean halved;
    private final Tensor codes, scales, scaleScales, mean;

    private Nf4Weight(long outputs, long inputs, int block, int scaleBlock, boolean halved, Tensor codes, Tensor scales, Tensor scaleScales,
            Tensor mean) {
        this.outputs = outputs;
        this.inputs = inputs;
        this.block = block;
        this.scaleBlock = scaleBlock;
        this.halved = halved;
        this.codes = codes;
        this.scales = scales;
        this.scaleScales = scaleScales;
        this.mean = mean;
    }

    /**
     * The 16 levels, ascending from -1 to 1: 7 negative quantiles, 0, and 8 positive ones, at probabilities evenly from 0.9677083 to 1/2, over the largest.
     */
    public static float[] levels() {
        var levels = new double[16];
        for (int i = 0; i < 8; i++) levels[15 - i] = quantile(OFFSET + i * (0.5 - OFFSET) / 8);
        for (int i = 0; i < 7; i++) levels[i] = -quantile(OFFSET + i * (0.5 - OFFSET) / 7);
        var floats = new float[16];
        for (int i = 0; i < 16; i++) floats[i] = (float) (levels[i] / levels[15]);
        return floats;
    }

    private static double quantile(double p) { return Math.sqrt(2) * Tensor.scalar(2 * p - 1).erfinv().item(); }

    /** The nearest level; of two that are as near the lower. */
    private static int nearest(float x) {
        int at = Arrays.binarySearch(LEVELS, x);
        if (at >= 0) return at;
        int above = -at - 1;
        if (above == 0) return 0;
        if (above == 16) return 15;
        return x - LEVELS[above - 1] <= LEVELS[above] - x ? above - 1 : above;
    }

    /**
     * @param block numbers that share a magnitude, 64 in the paper
     * @param scaleBlock magnitudes that share a number, 256 in the paper; 0 keeps magnitudes in F32
     * @param halved whether rows become BF16 before they are multiplied, else F32
     */
    public static Nf4Weight of(Tensor weight, int block, int scaleBlock, boolean halved) {
        if (weight.rank() != 2) throw new ShapeException("Nf4Weight: a weight " + weight.shape() + "; it is a matrix (outputs, inputs)");
        if (block < 1 || scaleBlock < 0)
            throw new IllegalArgumentException("Nf4Weight: blocks of " + block + " and " + scaleBlock + "; at least 1 and 0");
        var w = weight.detach().to(DType.F32).toFloatArray();
        int blocks = (w.length + block - 1) / block;
        var most = new float[blocks];
        for (int i = 0; i < w.length; i++) {
            if (!Float.isFinite(w[i]))
                throw new IllegalArgumentException("Nf4Weight: weight " + i + " is " + w[i] + "; weights are finite");
            most[i / block] = Math.max(most[i / block], Math.abs(w[i]));
        }
        Tensor scales, scaleScales = null, mean = null;
        if (scaleBlock == 0) scales = Tensor.of(most);
        else {
            double sum = 0;
            for (float m : most) sum += m;
            float middle = (float) (sum / Math.max(1, blocks));
            var steps = new float[(blocks + scaleBlock - 1) / scaleBlock];
            for (int b = 0; b < blocks; b++) steps[b / scaleBlock] = Math.max(steps[b / scaleBlock], Math.abs(most[b] - middle));
            var coded = new int[blocks];
            for (int b = 0; b < blocks; b++) {
                float d = steps[b / scaleBlock];
                coded[b] = d == 0 ? 0 : Math.round((most[b] - middle) / d * 127);
                most[b] = middle + coded[b] * d / 127; // codes are chosen for the magnitude that will be read
            }
            scales = Tensor.of(coded).to(DType.I8);
            scaleScales = Tensor.of(steps);
            mean = Tensor.of(middle);
        }
        var packed = new int[(w.length + 1) / 2];
        for (int i = 0; i < w.length; i++) {
            float m = most[i / block];
            packed[i / 2] |= nearest(m == 0 ? 0 : w[i] / m) << (i % 2 == 0 ? 4 : 0);
        }
        return new Nf4Weight(weight.size(0), weight.size(1), block, scaleBlock, halved, Tensor.of(packed).to(DType.U8).compute(),
                scales.compute(), scaleScales, mean);
    }

    /**
     * From its buffers, as a file holds them.
     *
     * @param scaleScales null, and {@code mean} as well, where magnitudes are F32 numbers: then {@code scaleBlock} is 0
     * @throws FormatException if they do not fit each other
     */
    public static Nf4Weight stored(long outputs, long inputs, int block, int scaleBlock, Tensor codes, Tensor scales, Tensor scaleScales,
            Tensor mean) {
        if (outputs < 1 || inputs < 1 || block < 1 || scaleBlock < 0 || outputs > Integer.MAX_VALUE / inputs)
            throw new FormatException("Nf4Weight: (" + outputs + ", " + inputs + ") in blocks of " + block + " and " + scaleBlock);
        long blocks = (outputs * inputs + block - 1) / block;
        need("codes", codes, DType.U8, (outputs * inputs + 1) / 2);
        need("scales", scales, scaleBlock == 0 ? DType.F32 : DType.I8, blocks);
        if (scaleBlock > 0) {
            need("scaleScales", scaleScales, DType.F32, (blocks + scaleBlock - 1) / scaleBlock);
            need("mean", mean, DType.F32, 1);
        }
        return new Nf4Weight(outputs, inputs, block, scaleBlock, false, codes, scales, scaleScales, mean);
    }

    private static void need(String name, Tensor buffer, DType type, long count) {
        if (buffer == null || buffer.dtype() != type || buffer.rank() > 1 || buffer.count() != count)
            throw new FormatException("Nf4Weight: " + name + " are " + (buffer == null ? "missing" : buffer.dtype() + " " + buffer.shape())
                    + "; they are " + type + " (" + count + ")");
    }

    /** Numbers that share a magnitude. */
    public int block() { return block; }

    /** Magnitudes that share a number; 0 where they are F32. */
    public int scaleBlock() { return scaleBlock; }

    @Override public long outputs() { return outputs; }

    @Override public long inputs() { return inputs; }

    /** All bits, those of scales among them, over all weights. */
    public double bitsPerWeight() { return 8.0 * bytes() / (outputs * inputs); }

    @Override public Tensor rows(long from, long to) {
        int first = Math.toIntExact(from * inputs), n = Math.toIntExact((to - from) * inputs);
        if (n == 0) return Tensor.zeros(to - from, inputs);
        int firstBlock = first / block, blocks = (first + n - 1) / block - firstBlock + 1, firstByte = first / 2;
        var q = codes.narrow(0, firstByte, (first + n + 1) / 2 - firstByte).to(DType.I32).toIntArray();
        var s = scales.narrow(0, firstBlock, blocks).to(DType.F32).toFloatArray();
        if (scaleBlock > 0) {
            var steps = scaleScales.toFloatArray();
            float middle = (float) mean.item();
            for (int b = 0; b < blocks; b++) s[b] = middle + s[b] * steps[(firstBlock + b) / scaleBlock] / 127;
        }
        var w = new float[n];
        for (int i = first; i < first + n; i++) {
            int code = q[i / 2 - firstByte] >> (i % 2 == 0 ? 4 : 0) & 15;
            w[i - first] = LEVELS[code] * s[i / block - firstBlock];
        }
        var rows = Tensor.of(w, to - from, inputs);
        return halved ? Autograd.noGrad(() -> rows.to(DType.BF16).to(DType.F32)) : rows;
    }
}
