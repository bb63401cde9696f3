package lyceum.optim;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.LyceumException;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * Limits gradients before a step: all together by their norm, each by its own norm, entry by entry, or unit by unit relative to its weights.
 *
 * {@snippet :
 * var optimizer = new Sgd(0.1).over(parameters).clippedBy(Clip.norm(1));
 * optimizer.step();
 * double before = optimizer.gradientNorm();               // as it was before clipping
 * }
 *
 * <p>Null gradients (of parameters without one) stay null. A NaN stays NaN, so that a broken loss shows;
 * {@link ByNorm#withNonFinite} skips such a step or throws instead.
 *
 * @see <a href="https://proceedings.mlr.press/v28/pascanu13.html">Pascanu, Mikolov and Bengio (2013)</a>
 */
public sealed interface Clip {

    /**
     * The result of clipping.
     *
     * @param gradients the given ones, limited as far as that is not element-wise
     * @param limit what remains to be done to each of them, element by element
     * @param norm of all gradients together before clipping; NaN if this kind does not look at it
     * @param skip true if the step should not be taken
     */
    record Clipped(Tensor[] gradients, UnaryOperator<Tensor> limit, double norm, boolean skip) {

        /** The limited gradients. */
        public Tensor[] all() { return Arrays.stream(gradients).map(g -> g == null ? null : limit.apply(g)).toArray(Tensor[]::new); }
    }

    /** What to do with gradients whose norm is infinite or NaN. */
    enum NonFinite {
        /** Clips as if nothing had happened: a NaN makes every entry NaN; an infinity makes itself NaN and the others 0. */
        KEEP,
        /** Takes no step. */
        SKIP,
        /** Throws. */
        FAIL
    }

    /** Limits gradients of these parameters, given in the same order; neither changes. */
    Clipped apply(List<Tensor> parameters, Tensor... gradients);

    /** All gradients together as one vector of length at most {@code most}: scaled down by one factor, direction kept. */
    static ByNorm norm(double most) { return new ByNorm(most, NonFinite.KEEP, DoubleUnaryOperator.identity()); }

    /** Each parameter's gradient to a length of at most {@code most} of its own. */
    static Clip eachNorm(double most) { return new EachNorm(most); }

    /** Each entry within {@code -most .. most}. */
    static Clip value(double most) { return new ByValue(most); }

    /** Each unit's gradient to at most {@code ratio} times the norm of its weights, which counts as at least 1e-3. */
    static Adaptive adaptive(double ratio) { return new Adaptive(ratio, 1e-3, List.of()); }

    /** Euclidean length of all gradients together, summed in F64. */
    static double normOf(Tensor... gradients) { return Math.sqrt(squares(gradients)); }

    private static double squares(Tensor... gradients) {
        double sum = 0;
        for (var g : gradients) if (g != null) sum += g.to(DType.F64).square().sum().item();
        return sum;
    }

    /**
     * See {@link #norm(double)}. The factor is {@code min(1, most / (norm + 1e-6))}, as in PyTorch.
     *
     * @param nonFinite what to do where the norm is infinite or NaN
     * @param overShards from this process's sum of squares to that of all shards of the parameters: an all-reduce
     */
    record ByNorm(double most, NonFinite nonFinite, DoubleUnaryOperator overShards) implements Clip {
        private static final double EPSILON = 1e-6;

        public ByNorm {
            Settings.above("Clip", "the largest norm", most, 0);
            Objects.requireNonNull(nonFinite, "nonFinite");
            Objects.requireNonNull(overShards, "overShards");
        }

        public ByNorm withNonFinite(NonFinite nonFinite) { return new ByNorm(most, nonFinite, overShards); }

        public ByNorm withOverShards(DoubleUnaryOperator overShards) { return new ByNorm(most, nonFinite, overShards); }

        @Override public Clipped apply(List<Tensor> parameters, Tensor... gradients) {
            double norm = Math.sqrt(overShards.applyAsDouble(squares(gradients)));
            if (!Double.isFinite(norm) && nonFinite == NonFinite.FAIL) throw new LyceumException("Clip: the norm of the gradients is "
                    + norm + "; the first gradient that is not finite is number " + firstNonFinite(gradients) + " of " + gradients.length);
            double factor = most / (norm + EPSILON);
            return new Clipped(gradients, factor >= 1 ? UnaryOperator.identity() : g -> g.mul(factor), norm,
                    !Double.isFinite(norm) && nonFinite == NonFinite.SKIP);
        }

        private static int firstNonFinite(Tensor... gradients) {
            for (int i = 0; i < gradients.length; i++) if (gradients[i] != null && !Double.isFinite(normOf(gradients[i]))) return i;
            return -1; // on another shard
        }
    }

    /** See {@link #eachNorm(double)}. */
    record EachNorm(double most) implements Clip {
        public EachNorm { Settings.above("Clip", "the largest norm", most, 0); }

        @Override public Clipped apply(List<Tensor> parameters, Tensor... gradients) {
            var limited = new Tensor[gradients.length];
            for (int i = 0; i < limited.length; i++)
                limited[i] = gradients[i] == null ? null : norm(most).apply(parameters, gradients[i]).all()[0];
            return new Clipped(limited, UnaryOperator.identity(), Double.NaN, false);
        }
    }

    /** See {@link #value(double)}. */
    record ByValue(double most) implements Clip {
        public ByValue { Settings.above("Clip", "the largest value", most, 0); }

        @Override public Clipped apply(List<Tensor> parameters, Tensor... gradients) {
            return new Clipped(gradients, g -> g.clamp(-most, most), Double.NaN, false);
        }
    }

    /**
     * Adaptive gradient clipping: the gradient of each unit, a row of a weight matrix or a filter of a convolution (the first axis), is scaled down to
     * {@code ratio * max(|w|, least)} where it is longer. Parameters of fewer than two axes pass, and so do those that are named here:
     * the paper leaves out the last layer.
     *
     * @param ratio called lambda in the paper; 0.01 there at batches of 4,096, less for larger ones
     * @param least what the norm of a unit's weights counts as at least
     * @param passing parameters that are not clipped
     * @see <a href="https://arxiv.org/abs/2102.06171">Brock, De, Smith and Simonyan (2021)</a>
     */
    record Adaptive(double ratio, double least, List<Tensor> passing) implements Clip {
        public Adaptive {
            Settings.above("Clip", "ratio", ratio, 0);
            Settings.above("Clip", "least", least, 0);
            passing = List.copyOf(passing);
        }

        public Adaptive withLeast(double least) { return new Adaptive(ratio, least, passing); }

        /** Leaves these parameters alone, such as the last layer's. */
        public Adaptive passing(List<Tensor> parameters) { return new Adaptive(ratio, least, parameters); }

        @Override public Clipped apply(List<Tensor> parameters, Tensor... gradients) {
            var limited = gradients.clone();
            for (int i = 0; i < limited.length; i++) {
                var x = parameters.get(i);
                if (limited[i] == null || x.rank() < 2 || passing.stream().anyMatch(p -> p == x)) continue;
                if (!limited[i].shape().equals(x.shape())) throw new ShapeException("Clip.adaptive: gradient " + limited[i].shape()
                        + " for parameter " + x.shape() + "; give it the gradient of all rows, or name it in passing(...)");
                limited[i] = limit(x.detach(), limited[i]);
            }
            return new Clipped(limited, UnaryOperator.identity(), Double.NaN, false);
        }

        private Tensor limit(Tensor x, Tensor g) {
            var most = norms(x).maximum(least).mul(ratio);
            var norm = norms(g);
            return Tensor.where(norm.gt(most), g.mul(most.div(norm.maximum(1e-30)).to(g.dtype())), g);
        }

        /** Length of each unit, kept as a tensor that broadcasts over it. */
        private static Tensor norms(Tensor x) {
            var others = new int[x.rank() - 1];
            for (int i = 0; i < others.length; i++) others[i] = i + 1;
            return x.to(x.dtype() == DType.F64 ? DType.F64 : DType.F32).square().sum(others, true).sqrt();
        }
    }
}
