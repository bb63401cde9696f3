package lyceum.learn.decomposition;

import java.util.Arrays;
import java.util.Objects;
import java.util.Set;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.linalg.Eigen;
import lyceum.linalg.PseudoInverse;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.stats.learner.Transformer;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Independent component analysis by FastICA: rows are mixtures {@code x = A s + mean} of independent sources, of which at most one is normal;
 * the unmixing is the rotation of whitened rows that makes the components as far from normal as it can.
 *
 * {@snippet :
 * var waves = Tensor.rand(Rng.of(1), DType.F64, 500, 2);
 * var x = waves.matmul(Tensor.of(new double[] {1, 0.5, 0.3, 1}, 2, 2));
 * var model = new FastIca(2).fit(x);
 * model.transform(x);                                  // sources, up to order, sign and scale
 * model.mixing();                                      // A (p x k)
 * }
 *
 * <p>On whitened rows z the step for a row w of the rotation is {@code w <- E[z g(w z)] - E[g'(w z)] w}; then the rows are made orthonormal, all
 * at once or one after another. Sources have mean 0 and variance 1 (divisor n); their order and signs depend on the start. Computed in F64;
 * {@code O(n k^2)} an iteration.
 *
 * @param components k; 0, the default, means as many as have variance
 * @param algorithm how rows are made orthonormal; together by default
 * @param contrast what measures distance from normal; log cosh by default
 * @param start the first rotation; random by default
 * @param maxIterations 200 by default; for deflation of each component
 * @param tolerance ends when no row turns by more, {@code |1 - |w w'||}, 1e-4 by default
 * @param seed of the random start
 * @see <a href="https://doi.org/10.1109/72.761722">Hyvarinen (1999), Fast and robust fixed-point algorithms for independent component analysis</a>
 */
@Withers
public record FastIca(int components, Algorithm algorithm, Contrast contrast, Start start, int maxIterations, double tolerance, long seed)
        implements FastIcaWithers, Transformer {

    /** How rows of the rotation are kept orthonormal. */
    public enum Algorithm {
        /** All at once, {@code W <- (W W^T)^-1/2 W}. */
        PARALLEL,
        /** One after another, each against those before; errors of the first pass on to the last. */
        DEFLATION
    }

    /** The function G whose mean is compared with that of a normal variable; g is its derivative. */
    public enum Contrast {
        /** {@code log cosh u}: a good default. */
        LOGCOSH,
        /** {@code -exp(-u^2 / 2)}: robust against outliers, for sources with heavy tails. */
        EXP,
        /** {@code u^4 / 4}: kurtosis; quick, and led by outliers. */
        CUBE;

        /** {@code E[G(v)]} of a standard normal v. */
        double ofNormal() {
            return switch (this) {
                case LOGCOSH -> 0.37456720749143752;
                case EXP -> -Math.sqrt(0.5);
                case CUBE -> 0.75;
            };
        }

        Tensor value(Tensor u) {
            return switch (this) {
                // log cosh u = |u| + log(1 + e^(-2 |u|)) - log 2 does not overflow.
                case LOGCOSH -> u.abs().add(u.abs().mul(-2).exp().log1p()).sub(Math.log(2));
                case EXP -> u.square().mul(-0.5).exp().neg();
                case CUBE -> u.square().square().div(4);
            };
        }

        Tensor slope(Tensor u) {
            return switch (this) {
                case LOGCOSH -> u.tanh();
                case EXP -> u.square().mul(-0.5).exp().mul(u);
                case CUBE -> u.square().mul(u);
            };
        }

        Tensor curvature(Tensor u) {
            return switch (this) {
                case LOGCOSH -> u.tanh().square().neg().add(1);
                case EXP -> u.square().mul(-0.5).exp().mul(u.square().neg().add(1));
                case CUBE -> u.square().mul(3);
            };
        }
    }

    /** The first rotation. */
    public sealed interface Start {
        /** Normal draws. */
        record Random() implements Start {}

        /** @param w (k x k): row c is where component c begins, along the principal axes (by falling variance, largest entries positive) */
        record Given(Tensor w) implements Start {
            public Given {
                if (w.rank() != 2 || w.size(0) != w.size(1))
                    throw new ShapeException("FastIca: the start has shape " + w.shape() + "; it is (k x k)");
                w = w.detach().to(DType.F64);
            }
        }
    }

    public FastIca {
        if (components < 0) throw new IllegalArgumentException("components is " + components + "; at least 1, or 0 for all, are kept");
        Objects.requireNonNull(algorithm, "algorithm");
        Objects.requireNonNull(contrast, "contrast");
        Objects.requireNonNull(start, "start");
        if (maxIterations < 1) throw new IllegalArgumentException("maxIterations is " + maxIterations + "; at least 1 is needed");
        if (!(tolerance >= 0)) throw new IllegalArgumentException("tolerance is " + tolerance + "; it is at least 0");
        if (start instanceof Start.Given(Tensor w) && components != 0 && w.size(0) != components)
            throw new IllegalArgumentException("components is " + components + " but the start has shape " + w.shape());
    }

    public FastIca(int components) { this(components, Algorithm.PARALLEL, Contrast.LOGCOSH, new Start.Random(), 200, 1e-4, 0); }

    /** All components that have variance. */
    public FastIca() { this(0); }

    @Override public Set<Tag> tags() { return start instanceof Start.Random ? Set.of(Tag.RANDOMISED) : Set.of(); }

    @Override public FastIcaModel fit(Tensor x) { return fit(x, null, null); }

    @Override public FastIcaModel fit(Tensor x, Tensor y, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        var column = Tensor.of(input.weights(weights)).unsqueeze(1);
        double total = column.sum().item();
        var share = column.div(total).compute();
        var rows = input.x().to(DType.F64);
        var mean = rows.mul(share).sum(0).compute();
        var centred = rows.sub(mean).compute();
        var spectrum = Spectrum.of(centred.mul(share.sqrt()).compute(), 1, Pca.Solver.FULL, 0, Rng.of(seed));
        int k = rank(input, spectrum.variances());
        var deviations = Tensor.of(Arrays.copyOf(spectrum.variances(), k)).sqrt().unsqueeze(1);
        var whitening = spectrum.axes().narrow(0, 0, k).div(deviations).compute();
        var z = centred.matmul(whitening.transpose()).compute();
        var w = switch (start) {
            case Start.Random() -> Tensor.randn(Rng.of(seed), DType.F64, k, k);
            case Start.Given(Tensor given) -> given;
        };
        if (w.size(0) != k)
            throw new ShapeException(input.operation() + ": the start has shape " + w.shape() + " but " + k + " components are kept");
        return new FixedPoint(this, z, share).run(w).model(mean, whitening, z, share);
    }

    private int rank(LearnerInput input, double[] variances) {
        int rank = 0;
        while (rank < variances.length && variances[rank] > 1e-24 * variances[0]) rank++;
        if (rank == 0) throw new IllegalArgumentException(input.operation() + ": x has no variance, 1 row or constant columns only");
        if (components > rank) throw new IllegalArgumentException(input.operation() + ": components is " + components + " but x of shape "
                + input.x().shape() + " has variance in " + rank + " direction" + (rank == 1 ? "" : "s") + "; keep at most " + rank);
        return components == 0 ? rank : components;
    }

    /** The iterations on whitened rows z (n x k). */
    private record FixedPoint(FastIca learner, Tensor z, Tensor share) {
        Rotation run(Tensor start) { return learner.algorithm == Algorithm.PARALLEL ? together(start) : oneByOne(start); }

        /** {@code E[g(w z) z] - E[g'(w z)] w} for each row w. */
        private Tensor step(Tensor w) {
            var y = z.matmul(w.transpose()).compute();
            var pull = learner.contrast.slope(y).mul(share).transpose().matmul(z);
            var curvature = learner.contrast.curvature(y).mul(share).sum(0).unsqueeze(1);
            return pull.sub(w.mul(curvature)).compute();
        }

        private Rotation together(Tensor start) {
            var w = orthonormal(start);
            for (int t = 1; t <= learner.maxIterations; t++) {
                var next = orthonormal(step(w));
                double turn = next.mul(w).sum(1).abs().sub(1).abs().max().item();
                w = next;
                if (turn < learner.tolerance) return new Rotation(learner, w, t, true);
            }
            return new Rotation(learner, w, learner.maxIterations, false);
        }

        private static Tensor orthonormal(Tensor w) {
            return Eigen.symmetric(w.matmul(w.transpose())).function(v -> 1 / Math.sqrt(Math.max(v, Double.MIN_NORMAL))).matmul(w)
                    .compute();
        }

        private Rotation oneByOne(Tensor start) {
            int k = (int) start.size(0), most = 0;
            boolean all = true;
            Tensor found = null;
            for (int c = 0; c < k; c++) {
                var w = start.narrow(0, c, 1);
                w = w.div(w.square().sum().sqrt()).compute();
                boolean converged = false;
                int t = 0;
                while (t < learner.maxIterations && !converged) {
                    var next = step(w);
                    if (found != null) next = next.sub(next.matmul(found.transpose()).matmul(found));
                    next = next.div(next.square().sum().sqrt()).compute();
                    converged = Math.abs(Math.abs(next.mul(w).sum().item()) - 1) < learner.tolerance;
                    w = next;
                    t++;
                }
                most = Math.max(most, t);
                all &= converged;
                found = found == null ? w : Tensor.concat(0, found, w);
            }
            return new Rotation(learner, found, most, all);
        }
    }

    private record Rotation(FastIca learner, Tensor w, int iterations, boolean converged) {
        FastIcaModel model(Tensor mean, Tensor whitening, Tensor z, Tensor share) {
            var sources = z.matmul(w.transpose()).compute();
            // One in exact arithmetic, and for deflation too.
            var deviations = sources.square().mul(share).sum(0).sqrt().compute();
            sources = sources.div(deviations).compute();
            var unmixing = w.matmul(whitening).div(deviations.unsqueeze(1)).compute();
            var kurtosis = sources.square().square().mul(share).sum(0).sub(3);
            var negentropy = learner.contrast.value(sources).mul(share).sum(0).sub(learner.contrast.ofNormal()).square();
            return new FastIcaModel(mean, unmixing, PseudoInverse.of(unmixing).matrix(), kurtosis.toDoubleArray(),
                    negentropy.toDoubleArray(), iterations, converged);
        }
    }
}
