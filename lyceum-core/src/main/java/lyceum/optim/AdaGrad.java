package lyceum.optim;

import java.util.List;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.linalg.Eigen;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * AdaGrad: each coordinate's steps shrink with the root of the sum of its squared gradients, so that a rare feature still takes long steps when it
 * occurs.
 *
 * <p>{@code s = s + g^2}, {@code x = x - learningRate / (1 + (t - 1) rateDecay) * g / (sqrt(s) + epsilon)} at step t. In its full form the sum is
 * the matrix {@code S = S + g g'} over all n coordinates of a parameter, and {@code x = x - rate (S^(1/2) + epsilon I)^-1 g}: for
 * small problems, since it keeps n^2 numbers and takes an eigendecomposition a step.
 *
 * <p>A table of which a step uses some rows only takes {@link Optimizer#rowGradient}: the same steps, for those rows.
 *
 * @param learningRate the first step's length in each coordinate, about
 * @param rateDecay slows all coordinates alike, at least 0
 * @param initial what the sum starts from, at least 0
 * @param epsilon what is added to the root, above 0
 * @param weightDecay coupled, as the gradient of {@code weightDecay / 2 * |x|^2}
 * @param full keeps the whole matrix of products; up to 1,000 coordinates a parameter
 * @param maximize climbs instead
 * @see <a href="https://jmlr.org/papers/v12/duchi11a.html">Duchi, Hazan and Singer (2011)</a>
 */
@Withers
public record AdaGrad(double learningRate, double rateDecay, double initial, double epsilon, double weightDecay, boolean full,
        boolean maximize) implements AdaGradWithers, UpdateRule {
    private static final int MOST = 1_000;

    public AdaGrad {
        Settings.atLeast("AdaGrad", "learningRate", learningRate, 0);
        Settings.atLeast("AdaGrad", "rateDecay", rateDecay, 0);
        Settings.atLeast("AdaGrad", "initial", initial, 0);
        Settings.above("AdaGrad", "epsilon", epsilon, 0);
        Settings.atLeast("AdaGrad", "weightDecay", weightDecay, 0);
    }

    /** Sums from 0, epsilon 1e-10. */
    public AdaGrad(double learningRate) { this(learningRate, 0, 0, 1e-10, 0, false, false); }

    @Override public List<String> slots(Tensor x) {
        if (full && x.count() > MOST) throw new ShapeException("AdaGrad: the full matrix of a parameter " + x.shape() + " has " + x.count()
                + "^2 entries; it is meant for at most " + MOST + " coordinates: use the diagonal form");
        return List.of(full ? "products" : "squares");
    }

    @Override public Tensor start(String slot, Tensor x) {
        return full ? Tensor.eye(x.dtype(), (int) x.count()).mul(initial) : Tensor.full(x.dtype(), initial, x.shape().toArray());
    }

    @Override public boolean isElementwise() { return !full; }

    @Override public Update next(Tensor x, Tensor gradient, List<Tensor> slots, long step, double rate) {
        var g = maximize ? gradient.neg() : gradient;
        if (weightDecay != 0) g = g.add(x.mul(weightDecay));
        double slowed = rate / (1 + (step - 1) * rateDecay);
        if (full) {
            var flat = g.reshape(-1, 1);
            var products = slots.getFirst().add(flat.matmul(flat.transpose()));
            return new Update(x.sub(rooted(products, flat).reshape(x.shape().toArray()).mul(slowed)), List.of(products));
        }
        var squares = slots.getFirst().add(g.square());
        return new Update(x.sub(g.div(squares.sqrt().add(epsilon)).mul(slowed)), List.of(squares));
    }

    /** {@code (S^(1/2) + epsilon I)^-1 g}. Directions that no gradient has had are rounding in both, and stay out. */
    private Tensor rooted(Tensor products, Tensor g) {
        var pairs = Eigen.symmetric(products);
        double least = pairs.values().max().item() * g.count() * (g.dtype() == DType.F64 ? Math.ulp(1.0) : Math.ulp(1f));
        return pairs.function(value -> value <= least ? 0 : 1 / (Math.sqrt(value) + epsilon)).matmul(g);
    }
}
