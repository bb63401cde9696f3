package lyceum.nn;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A vector for each place, added to embeddings: {@code y[t] = x[t] + P[t]}, with a table P (maximum, width) that is learned, or given and kept. A place
 * beyond the table is refused; only places that occurred get a gradient, so rows that training never reached are noise.
 *
 * {@snippet :
 * var positions = new AbsolutePosition(512, 64, rng);
 * Tensor y = positions.forward(x, pass);                         // x (batch, T, 64), places 0 to T - 1
 * Tensor next = positions.forward(token, 17, pass);              // what follows 17 cached places
 * var longer = positions.interpolated(2048);                     // to be trained on for a while
 * var larger = patches.resized(14, 14, 24, 24, 1);               // a ViT's grid; the class token's row stays
 * }
 *
 * <p>A stack builds one for {@link PositionalEncoding#learned}; its one parameter is {@code weight}, as {@link Embedding}'s.
 *
 * @see <a href="https://arxiv.org/abs/1705.03122">Gehring et al. (2017), section 3.1</a>
 * @see <a href="https://arxiv.org/abs/1810.04805">Devlin et al. (2019)</a>
 * @see <a href="https://arxiv.org/abs/2010.11929">Dosovitskiy et al. (2021), section 3.2: interpolation</a>
 */
public final class AbsolutePosition extends Module implements PositionLayer {
    private final Tensor weight;
    private final Dropout dropout;

    /** F32, normal with a deviation of 0.02, no dropout. */
    public AbsolutePosition(long maximum, int width, Rng rng) { this(PositionalEncoding.learned(maximum), width, DType.F32, rng); }

    public AbsolutePosition(PositionalEncoding.Learned options, int width, DType dtype, Rng rng) {
        this(Init.begin(options.init(), rng, dtype, options.maximum(), width).requiresGrad(), options.dropout());
    }

    private AbsolutePosition(Tensor weight, double dropout) {
        if (weight.rank() != 2)
            throw new ShapeException("AbsolutePosition: a table of shape " + weight.shape() + "; it is (places, width)");
        this.weight = weight;
        this.dropout = new Dropout(dropout);
    }

    /** A given table (maximum, width) that becomes a parameter. */
    public static AbsolutePosition of(Tensor table) { return new AbsolutePosition(table.detach().copy().compute().requiresGrad(), 0); }

    /** A given table that stays as it is: {@link SinusoidalPositions#table}, say. */
    public static AbsolutePosition fixed(Tensor table) { return new AbsolutePosition(table.detach().copy().compute(), 0); }

    /** The table (maximum, width). */
    public Tensor weight() { return weight; }

    /** How many places there are. */
    public long maximum() { return weight.size(0); }

    /** Places 0 to T - 1. */
    @Override protected Tensor compute(Tensor x, Pass pass) { return added(x, rows(0, checked(x).size(-2)), pass); }

    @Override public Tensor forward(Tensor x, long start, Pass pass) {
        return emit(x, added(x, rows(start, checked(x).size(-2)), pass), pass);
    }

    @Override public Tensor forward(Tensor x, Tensor positions, Pass pass) {
        checked(x);
        for (long p : positions.toLongArray()) within(p, p);
        var shape = Arrays.copyOf(positions.shape().toArray(), positions.rank() + 1);
        shape[positions.rank()] = weight.size(1);
        return emit(x, added(x, weight.indexSelect(0, positions.flatten()).reshape(shape), pass), pass);
    }

    private Tensor added(Tensor x, Tensor codes, Pass pass) { return dropout.forward(x.add(codes.to(x.dtype())), pass); }

    private Tensor checked(Tensor x) {
        if (x.rank() < 2 || x.size(-1) != weight.size(1)) throw new ShapeException(
                "AbsolutePosition: input " + x.shape() + " for a width of " + weight.size(1) + "; it is (.., T, width)");
        return x;
    }

    private Tensor rows(long start, long length) {
        if (length > 0) within(start, start + length - 1);
        return weight.narrow(0, start, length);
    }

    private void within(long first, long last) {
        if (first < 0 || last >= maximum()) throw new ShapeException("AbsolutePosition: place " + (first < 0 ? first : last)
                + " lies beyond the table, which has places 0 to " + (maximum() - 1) + "; cut the input, or lengthen it by interpolated");
    }

    /** A table of another length in which the old one is stretched: linear between neighbours, as PyTorch's {@code interpolate} takes them. */
    public AbsolutePosition interpolated(long maximum) {
        if (maximum < 1) throw new IllegalArgumentException("interpolated: " + maximum + " places; at least 1");
        return Autograd.noGrad(() -> again(stretch(maximum(), maximum).matmul(weight.detach().to(DType.F64))));
    }

    /**
     * The same for places on a grid, row by row, as a vision transformer's patches: bilinear.
     *
     * @param leading rows before the grid, that stay: a class token's
     * @throws ShapeException unless the table has {@code leading + height width} rows
     */
    public AbsolutePosition resized(long height, long width, long toHeight, long toWidth, long leading) {
        if (height < 1 || width < 1 || toHeight < 1 || toWidth < 1 || leading < 0 || leading + height * width != maximum())
            throw new ShapeException("resized: " + leading + " rows and a grid " + height + " x " + width + " to " + toHeight + " x "
                    + toWidth + " of a table of " + maximum());
        return Autograd.noGrad(() -> {
            var all = weight.detach().to(DType.F64);
            long d = all.size(1);
            var tall = stretch(height, toHeight).matmul(all.narrow(0, leading, height * width).reshape(height, width * d));
            var grid = stretch(width, toWidth).matmul(tall.reshape(toHeight, width, d)).reshape(toHeight * toWidth, d);
            return again(Tensor.concat(0, all.narrow(0, 0, leading), grid));
        });
    }

    private AbsolutePosition again(Tensor table) {
        var rows = table.to(weight.dtype()).compute();
        return new AbsolutePosition(weight.isTracked() ? rows.requiresGrad() : rows, dropout.p());
    }

    /** (to, from): each new place between the two old ones about it, with the ends of both at the ends. */
    private static Tensor stretch(long from, long to) {
        var weights = new double[(int) (to * from)];
        for (int i = 0; i < to; i++) {
            double at = Math.clamp((i + 0.5) * from / to - 0.5, 0, from - 1);
            int low = (int) at, high = (int) Math.min(low + 1, from - 1);
            weights[(int) (i * from) + low] += 1 - (at - low);
            weights[(int) (i * from) + high] += at - low;
        }
        return Tensor.of(weights, to, from);
    }
}
