package lyceum.nn;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Positions as waves: {@code sin(p w_i)} and {@code cos(p w_i)} with {@code w_i = base^(-2i / width)}, added to embeddings. A shift by k is a rotation of
 * each pair, and the dot product of two positions depends on their distance alone. Nothing is learned, and there is no last position.
 *
 * @param width of an embedding; where it is odd, the last sine has no cosine
 * @param base 10,000 in the paper
 * @param interleaved sine and cosine of a frequency are neighbours, as in the paper; else all sines come first, as in tensor2tensor and fairseq
 * @param scale what embeddings are multiplied by before: {@code sqrt(width)} in the paper, so that positions do not drown them
 * @param dropout on the sum, while learning
 * @see <a href="https://arxiv.org/abs/1706.03762">Vaswani et al. (2017), section 3.5</a>
 */
public record SinusoidalPositions(int width, double base, boolean interleaved, double scale, double dropout)
        implements PositionalEncoding, PositionLayer {
    public SinusoidalPositions {
        if (width < 1 || !(base > 1))
            throw new IllegalArgumentException("SinusoidalPositions: width " + width + " and base " + base + "; at least 1, and above 1");
        new Dropout(dropout);
    }

    /** The paper's: interleaved, embeddings scaled by the root of the width, no dropout. */
    public SinusoidalPositions(int width) { this(width, 10_000, true, Math.sqrt(width), 0); }

    /** The codes (length, width) of positions {@code start ..}. */
    public Tensor table(long start, long length, DType dtype) { return of(Tensor.arange(start, start + length, 1), dtype); }

    /** The codes (.., width) of given positions (..). */
    public Tensor of(Tensor positions, DType dtype) {
        int waves = (width + 1) / 2;
        var frequencies = new double[waves];
        for (int i = 0; i < waves; i++) frequencies[i] = Math.pow(base, -2.0 * i / width);
        var angles = positions.to(DType.F64).unsqueeze(-1).mul(Tensor.of(frequencies));
        var shape = angles.shape().toArray();
        shape[shape.length - 1] = 2L * waves;
        var all = interleaved ? Tensor.stack(-1, angles.sin(), angles.cos()).reshape(shape) : Tensor.concat(-1, angles.sin(), angles.cos());
        return all.narrow(-1, 0, width).to(dtype);
    }

    @Override public PositionLayer atEmbeddings(int width, DType dtype, Rng rng) { return this; }

    @Override public void check(int ofLayer, int headWidth) {
        if (ofLayer != width)
            throw new IllegalArgumentException("SinusoidalPositions: of width " + width + " for an attention of width " + ofLayer);
    }

    /** Embeddings (.., T, width), scaled, and the codes of positions {@code start ..}. */
    @Override public Tensor forward(Tensor x, long start, Pass pass) {
        return added(x, table(start, checked(x).size(-2), x.dtype()), pass);
    }

    @Override public Tensor forward(Tensor x, Tensor positions, Pass pass) { return added(checked(x), of(positions, x.dtype()), pass); }

    private Tensor checked(Tensor x) {
        if (x.rank() < 2 || x.size(-1) != width)
            throw new ShapeException("SinusoidalPositions: input " + x.shape() + " for a width of " + width + "; it is (.., T, width)");
        return x;
    }

    private Tensor added(Tensor x, Tensor codes, Pass pass) {
        return new Dropout(dropout).forward((scale == 1 ? x : x.mul(scale)).add(codes), pass);
    }
}
