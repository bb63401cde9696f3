package lyceum.nn;

import java.util.Arrays;
import java.util.Objects;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.ShapeException;
import lyceum.memory.Scope;
import lyceum.tensor.Tensor;

/**
 * Positions as rotations: pair {@code i} of a query or key at position {@code p} turns by {@code p * frequency[i]}, so that a dot product depends on
 * the distance of its two positions alone.
 *
 * {@snippet :
 * var rotary = new RotaryEmbedding(64, 10_000);
 * var turn = rotary.at(0, q.size(2), q.dtype());
 * var scores = turn.of(q).matmul(turn.of(k).transpose());
 * }
 *
 * <p>As {@link AttentionConfig#positions} it turns an attention's queries and keys. A {@link RopeScaling} stretches it to longer texts. Angles are taken in F64;
 * cosines and sines are tabulated once and kept, where they do not depend on the length. Safe for threads.
 *
 * @see <a href="https://arxiv.org/abs/2104.09864">Su et al. (2021)</a>
 */
public final class RotaryEmbedding implements PositionalEncoding {
    /** Positions up to which single ones are looked up: 64 pairs of so many take 16 MiB. */
    private static final int TABULATED = 1 << 15;
    /** Given ones; null where they are what the scaling makes of the base. */
    private final double[] given;
    private final int width;
    private final double base;
    private final RopeScaling scaling;
    private final boolean interleaved;
    private volatile Rotation table, lines; // (T, pairs), and the same as (T, 1, 1, pairs)

    /** Of all {@code width} dimensions in the half-split layout: pair i is dimensions i and {@code i + width / 2}; frequencies {@code base^(-2i / width)}. */
    public RotaryEmbedding(int width, double base) { this(width, base, new RopeScaling.None(), false); }

    /**
     * @param frequencies radians per position of each pair; fewer than half the width turn the first dimensions only
     * @param interleaved pairs are neighbouring dimensions, as GPT-J has them, rather than halves, as Llama's checkpoints have
     */
    public RotaryEmbedding(double[] frequencies, boolean interleaved) {
        this(frequencies.clone(), 2 * frequencies.length, Double.NaN, new RopeScaling.None(), interleaved);
    }

    /**
     * The first {@code width} dimensions of a head, by scaled frequencies.
     *
     * @param interleaved as above
     */
    public RotaryEmbedding(int width, double base, RopeScaling scaling, boolean interleaved) {
        this(null, width, base, scaling, interleaved);
    }

    private RotaryEmbedding(double[] given, int width, double base, RopeScaling scaling, boolean interleaved) {
        this.given = given;
        this.width = width;
        this.base = base;
        this.scaling = scaling;
        this.interleaved = interleaved;
        frequencies(0); // refuses what does not fit
    }

    /**
     * As a Hugging Face {@code config.json} says it: {@code rope_theta}, {@code rope_scaling} (default, linear, dynamic, yarn, llama3), {@code head_dim},
     * {@code partial_rotary_factor} and their older names. Pairs are neighbours where {@code rope_interleave} or the
     * {@code model_type} says so (GPT-J, DeepSeek, Cohere, GLM), else halves.
     *
     * @throws FormatException if it says something else, or what cannot be
     */
    public static RotaryEmbedding read(String config) { return RopeConfigFile.read(config); }

    /**
     * A {@code config.json}, perhaps {@code {}}, with these positions in it. NTK-aware scaling is written as the base that it is; {@code "dynamic-yarn"} and YaRN's
     * {@code "ramp": "turns"} are read here alone.
     *
     * @throws IllegalArgumentException if frequencies were given one by one
     */
    public String write(String config) {
        if (given != null)
            throw new IllegalArgumentException("RotaryEmbedding.write: frequencies were given one by one; a config.json has none");
        return RopeConfigFile.write(width, base, scaling, interleaved, config);
    }

    /** The same stretched. @throws IllegalArgumentException if frequencies were given one by one */
    public RotaryEmbedding scaled(RopeScaling scaling) {
        if (given != null)
            throw new IllegalArgumentException("RotaryEmbedding.scaled: frequencies were given one by one; scale them before");
        return new RotaryEmbedding(null, width, base, scaling, interleaved);
    }

    /** The same of another base. @throws IllegalArgumentException if frequencies were given one by one */
    public RotaryEmbedding based(double base) {
        if (given != null) throw new IllegalArgumentException("RotaryEmbedding.based: frequencies were given one by one");
        return new RotaryEmbedding(null, width, base, scaling, interleaved);
    }

    public RopeScaling scaling() { return scaling; }

    /** Of the frequencies before they are scaled; NaN where frequencies were given one by one. */
    public double base() { return base; }

    /** Dimensions that are turned. */
    public int width() { return width; }

    /** Whether pairs are neighbouring dimensions. */
    public boolean isInterleaved() { return interleaved; }

    @Override public boolean equals(Object other) {
        return other instanceof RotaryEmbedding r && width == r.width && Double.compare(base, r.base) == 0 && scaling.equals(r.scaling)
                && interleaved == r.interleaved && Arrays.equals(given, r.given);
    }

    @Override public int hashCode() { return Objects.hash(width, base, scaling, interleaved, Arrays.hashCode(given)); }

    @Override public String toString() {
        return "RotaryEmbedding[width=" + width + ", base=" + base + ", scaling=" + scaling + ", interleaved=" + interleaved + "]";
    }

    /** Radians a position of each pair, in a text of that length. */
    public double[] frequencies(long length) { return given == null ? scaling.frequencies(width, base, length) : given.clone(); }

    @Override public Tensor turned(Tensor x, long start) { return at(start, x.size(-2), x.dtype()).of(x); }

    @Override public boolean turnsLate() { return scaling.isDynamic(); }

    @Override public void check(int ofLayer, int headWidth) {
        if (width > headWidth)
            throw new IllegalArgumentException("RotaryEmbedding: it turns " + width + " dimensions; the heads have " + headWidth);
    }

    /** {@code base^(-2i / width)} for each of the {@code width / 2} pairs: what linear, NTK, YaRN and Llama-3 scaling start from. */
    public static double[] frequencies(int width, double base) {
        if (width < 2 || width % 2 != 0 || !(base > 0)) throw new IllegalArgumentException(
                "RotaryEmbedding: width " + width + " and base " + base + "; the width is even, the base positive");
        var frequencies = new double[width / 2];
        for (int i = 0; i < frequencies.length; i++) frequencies[i] = Math.pow(base, -2.0 * i / width);
        return frequencies;
    }

    /**
     * A projection's weight (heads width, inputs), or its bias (heads width), for pairs that are halves, from one for pairs of neighbours: queries and keys
     * both converted give the same scores.
     */
    public static Tensor toHalves(Tensor weight, int width) { return reordered(weight, width, 2); }

    /** The way back of {@link #toHalves}. */
    public static Tensor toNeighbours(Tensor weight, int width) { return reordered(weight, width, width / 2); }

    private static Tensor reordered(Tensor weight, int width, int inner) {
        if (width < 2 || width % 2 != 0 || weight.rank() < 1 || weight.rank() > 2 || weight.size(0) % width != 0)
            throw new ShapeException("RotaryEmbedding: a weight " + weight.shape() + " for heads of an even width, " + width);
        long heads = weight.size(0) / width, columns = weight.rank() == 2 ? weight.size(1) : 1;
        return weight.reshape(heads, width / inner, inner, columns).transpose(1, 2).reshape(weight.shape().toArray());
    }

    /** The rotations of positions {@code start .. start + length - 1}, which end the text. */
    public Rotation at(long start, long length, DType dtype) {
        if (scaling.isDynamic()) return turns(Tensor.arange(start, start + length, 1), start + length, dtype);
        var all = table(start + length, dtype);
        return new Rotation(all.cos.narrow(0, start, length), all.sin.narrow(0, start, length), interleaved);
    }

    /** The rotations of {@code length} positions of rows that begin at those places: one for all rows, or one each. */
    public Rotation from(long length, DType dtype, long... starts) {
        return starts.length == 1 ? at(starts[0], length, dtype) : at(Tensor.of(starts).unsqueeze(1).add(Tensor.arange(length)), dtype);
    }

    /** The rotations of rows with a position each, (rows, 1, 1, pairs): looked up where they do not depend on the length and a table of them is small. */
    public Rotation ofRows(DType dtype, int... positions) {
        int rows = positions.length, longest = 0;
        for (int p : positions) longest = Math.max(longest, p + 1);
        if (scaling.isDynamic() || longest > TABULATED) return at(Tensor.of(positions, rows, 1), dtype);
        Rotation all = table(longest, dtype), known = lines;
        if (known == null || known.cos.view().storage() != all.cos.view().storage()) lines = known = all.lines();
        return new Rotation(known.cos.rows(positions), known.sin.rows(positions), interleaved);
    }

    /** The rotations of given positions (T), or (batch, T): for packed and left-padded sequences. */
    public Rotation at(Tensor positions, DType dtype) {
        long longest = scaling.isDynamic() && positions.count() > 0 ? positions.max().to(DType.I64).toLongArray()[0] + 1 : 0;
        var turns = turns(positions, longest, dtype);
        return positions.rank() == 1 ? turns : new Rotation(turns.cos.unsqueeze(1), turns.sin.unsqueeze(1), interleaved);
    }

    /** Of so many positions at least. */
    private Rotation table(long positions, DType dtype) {
        var all = table;
        if (all == null || all.cos.size(0) < positions || all.cos.dtype() != dtype)
            table = all = tabulate(Math.max(128, Long.highestOneBit(positions - 1) * 2), dtype);
        return all;
    }

    private Rotation tabulate(long positions, DType dtype) {
        try (var kept = Scope.outside()) {
            var turns = turns(Tensor.arange(positions), 0, dtype);
            return new Rotation(turns.cos.compute(), turns.sin.compute(), interleaved);
        }
    }

    private Rotation turns(Tensor positions, long length, DType dtype) {
        var angles = positions.to(DType.F64).unsqueeze(-1).mul(Tensor.of(frequencies(length)));
        double size = scaling.magnitude(length);
        Tensor cos = angles.cos(), sin = angles.sin();
        return size == 1 ? new Rotation(cos.to(dtype), sin.to(dtype), interleaved)
                : new Rotation(cos.mul(size).to(dtype), sin.mul(size).to(dtype), interleaved);
    }

    /** Cosines and sines (.., T, pairs) of some positions, times the scaling's magnitude. */
    public record Rotation(Tensor cos, Tensor sin, boolean interleaved) {
        private Rotation lines() {
            long positions = cos.size(0), pairs = cos.size(1);
            return new Rotation(cos.reshape(positions, 1, 1, pairs), sin.reshape(positions, 1, 1, pairs), interleaved);
        }

        /** x (batch, heads, T, d) turned; dimensions beyond the pairs stay. */
        public Tensor of(Tensor x) {
            long pairs = cos.size(-1), width = x.size(-1);
            if (2 * pairs > width || x.size(-2) != cos.size(-2))
                throw new ShapeException("RotaryEmbedding: x " + x.shape() + " for rotations " + cos.shape());
            return x.turned(cos, sin, interleaved);
        }
    }
}
