package lyceum.nn;

import java.util.Objects;
import lyceum.DType;
import lyceum.tensor.Tensor;

/**
 * A branch beside an identity: {@code y = x + s f(x)}, so that a gradient has a way around f. Where f changes the shape, a projection takes x along.
 *
 * {@snippet :
 * var block = new Residual(new Sequential(new Linear(64, 64, rng), Activation.RELU));
 * var begun = block.scaled(0, DType.F32);                              // ReZero: the identity at first
 * var pre = block.normalised(new LayerNorm(64), Residual.Place.BEFORE);
 * var deep = block.dropped(0.1);                                       // stochastic depth
 * }
 *
 * @see <a href="https://arxiv.org/abs/1512.03385">He et al. (2016)</a>
 * @see <a href="https://arxiv.org/abs/2003.04887">Bachlechner et al. (2021): a scale that begins at zero</a>
 * @see <a href="https://arxiv.org/abs/1603.09382">Huang et al. (2016): stochastic depth</a>
 */
public final class Residual extends Module {

    /** Where a norm stands. */
    public enum Place {
        /** {@code x + s f(norm(x))}. */
        BEFORE,
        /** {@code norm(x + s f(x))}. */
        AFTER
    }

    private final Layer branch, projection, norm;
    private final Place place;
    private final Tensor scale;
    private final double fixed, drop;

    /** {@code x + f(x)}. */
    public Residual(Layer branch) { this(branch, null, null, Place.BEFORE, null, 1, 0); }

    private Residual(Layer branch, Layer projection, Layer norm, Place place, Tensor scale, double fixed, double drop) {
        this.branch = Objects.requireNonNull(branch, "branch");
        this.projection = projection;
        this.norm = norm;
        this.place = place;
        this.scale = scale;
        this.fixed = fixed;
        this.drop = drop;
    }

    /** With x projected, where the branch changes its shape. */
    public Residual projected(Layer projection) { return new Residual(branch, projection, norm, place, scale, fixed, drop); }

    /** With a norm. */
    public Residual normalised(Layer norm, Place place) { return new Residual(branch, projection, norm, place, scale, fixed, drop); }

    /** With a scale that is learned from {@code first} on: 0 begins as the identity. */
    public Residual scaled(double first, DType dtype) {
        return new Residual(branch, projection, norm, place, Tensor.full(dtype, first).compute().requiresGrad(), 1, drop);
    }

    /** With a scale that stays. */
    public Residual scaled(double fixed) { return new Residual(branch, projection, norm, place, null, fixed, drop); }

    /** While learning, the branch of a row (first axis) is left out with probability {@code p}, and scaled by {@code 1 / (1 - p)} else. */
    public Residual dropped(double p) {
        new Dropout(p);
        return new Residual(branch, projection, norm, place, scale, fixed, p);
    }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        boolean before = norm != null && place == Place.BEFORE;
        var y = branch.forward(before ? norm.forward(x, pass) : x, pass);
        if (scale != null) y = y.mul(scale);
        else if (fixed != 1) y = y.mul(fixed);
        if (drop > 0 && pass.rng() != null) {
            var rows = y.shape().toArray();
            for (int i = 1; i < rows.length; i++) rows[i] = 1;
            y = y.mul(Tensor.rand(pass.rng(), y.dtype(), rows).ge(drop).to(y.dtype()).div(1 - drop));
        }
        var sum = (projection == null ? x : projection.forward(x, pass)).add(pass.point(this, "branch", y));
        return norm != null && place == Place.AFTER ? norm.forward(sum, pass) : sum;
    }
}
