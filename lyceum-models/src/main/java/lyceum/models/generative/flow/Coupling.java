package lyceum.models.generative.flow;

import java.util.Objects;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.nn.Layer;
import lyceum.nn.Pass;
import lyceum.tensor.ShapesOnly;
import lyceum.tensor.Tensor;

/**
 * Part of an item stays, and tells how the rest moves: {@code y = m x + (1 - m) (x exp(s(m x)) + t(m x))}, m the mask. The Jacobian is triangular, with determinant
 * {@code exp(sum of s)}; neither s nor t is ever inverted, so that any network will do.
 *
 * {@snippet :
 * var layer = new Coupling(Coupling.alternating(4, true, DType.F32), new Mlp(MlpConfig.regressor(4, 8, 64), rng), Coupling.Kind.AFFINE, 3);
 * var moved = layer.transform(x, Pass.inference());                 // moved.value(), moved.logDet()
 * }
 *
 * <p>The conditioner sees {@code m x} (n, c, ..) and answers (n, 2 c, ..): raw log scales along the first half of axis 1, shifts along the second; (n, c, ..) where
 * the coupling is additive. Log scales are {@code limit tanh(raw / limit)}.
 *
 * @see <a href="https://arxiv.org/abs/1410.8516">Dinh, Krueger and Bengio (2015): additive</a>
 * @see <a href="https://arxiv.org/abs/1605.08803">Dinh, Sohl-Dickstein and Bengio (2017): affine, and the masks</a>
 */
public final class Coupling extends FlowLayer {
    /** How the rest moves. */
    public enum Kind {
        /** Scaled and shifted. */
        AFFINE,
        /** Shifted alone: volume stays (NICE). */
        ADDITIVE
    }

    private final Kind kind;
    private final double limit;
    private final Tensor mask;
    private final Layer conditioner;

    /**
     * @param mask 1 for what stays, 0 for what moves; broadcasts with an item: (d), (1, h, w), (c, 1, 1)
     * @param limit of log scales in absolute value; infinite for none
     */
    public Coupling(Tensor mask, Layer conditioner, Kind kind, double limit) {
        this.kind = Objects.requireNonNull(kind, "kind");
        this.limit = requireLimit("Coupling", limit);
        this.conditioner = Objects.requireNonNull(conditioner, "conditioner");
        if (!ShapesOnly.isRunning() && (mask.ne(0).and(mask.ne(1)).any().item() != 0 || mask.min().item() == mask.max().item()))
            throw new IllegalArgumentException("Coupling: the mask " + mask + "; it is of zeros and ones, at least one of each");
        this.mask = mask.detach().copy().compute();
    }

    /** The first half of d numbers stays, or the second. The first of an odd count is the smaller. */
    public static Tensor halves(int d, boolean first, DType dtype) {
        requirePair("halves", d);
        return Tensor.arange(d).lt(d / 2).eq(first ? 1 : 0).to(dtype);
    }

    /** Every other one of d numbers stays: the even ones (0, 2, ..), or the odd ones. */
    public static Tensor alternating(int d, boolean even, DType dtype) {
        requirePair("alternating", d);
        return Tensor.arange(d).mod(2).eq(even ? 0 : 1).to(dtype);
    }

    /** The white fields of a board (1, height, width) stay, or the black ones; the corner is white. */
    public static Tensor checkerboard(int height, int width, boolean white, DType dtype) {
        requirePair("checkerboard", height * width);
        var places = Tensor.arange(height).unsqueeze(1).add(Tensor.arange(width)).mod(2);
        return places.eq(white ? 0 : 1).to(dtype).unsqueeze(0);
    }

    /** Whole channels stay, the first half of them or the second: (c, 1, 1). */
    public static Tensor channels(int c, boolean first, DType dtype) { return halves(c, first, dtype).reshape(c, 1, 1); }

    private static void requirePair(String name, int n) {
        if (n < 2)
            throw new IllegalArgumentException("Coupling." + name + ": a mask of " + n + "; at least 2, one to stay and one to move");
    }

    public Kind kind() { return kind; }

    public Tensor mask() { return mask; }

    public Layer conditioner() { return conditioner; }

    /** What the part that stays says of the rest, zero where nothing moves; the log scale is null for an additive coupling. */
    private record Said(Tensor logScale, Tensor shift) {}

    private Said said(Tensor x, Pass pass) {
        Tensor kept = x.mul(mask), free = mask.rsub(1), out = conditioner.forward(kept, pass);
        long c = x.size(1), answers = kind == Kind.AFFINE ? 2 * c : c;
        if (out.rank() != x.rank() || out.size(1) != answers)
            throw new ShapeException("Coupling: the conditioner answers " + out.shape() + " to " + x.shape() + "; axis 1 has " + answers);
        if (kind == Kind.ADDITIVE) return new Said(null, out.mul(free));
        return new Said(limited(out.narrow(1, 0, c), limit).mul(free), out.narrow(1, c, c).mul(free));
    }

    @Override public Moved transform(Tensor x, Pass pass) {
        var said = said(x, pass);
        if (said.logScale == null) return new Moved(x.add(said.shift), none(x));
        return new Moved(x.mul(said.logScale.exp()).add(said.shift), sumOfItems(said.logScale));
    }

    @Override public Moved inverse(Tensor y, Pass pass) {
        var said = said(y, pass); // what stays is the same in y
        if (said.logScale == null) return new Moved(y.sub(said.shift), none(y));
        return new Moved(y.sub(said.shift).mul(said.logScale.neg().exp()), sumOfItems(said.logScale).neg());
    }
}
