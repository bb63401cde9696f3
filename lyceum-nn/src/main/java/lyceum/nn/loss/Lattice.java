package lyceum.nn.loss;

import java.util.Arrays;
import lyceum.DType;
import lyceum.LyceumException;
import lyceum.autograd.Primitive;
import lyceum.backend.Parallel;
import lyceum.tensor.GradMode;
import lyceum.tensor.Tensor;
import lyceum.tensor.Tracing;

/** What the losses over alignments have in common: sums of paths in log space, and an operation whose gradient is how often each score is used. */
final class Lattice {
    static final double NONE = Double.NEGATIVE_INFINITY;

    private Lattice() {}

    static double logAdd(double a, double b) {
        double top = Math.max(a, b);
        return top == NONE ? NONE : top + Math.log1p(Math.exp(Math.min(a, b) - top));
    }

    /** Computes item {@code n}: returns its log likelihood, and where {@code used} is not null adds up how often the paths use each score. */
    interface Item {
        double logLikelihood(int n, double[] scores, double[] used);
    }

    /**
     * Minus the log likelihoods of {@code items}, as a function of all scores.
     *
     * @param axis of the items among those of the scores
     * @param zeroInfinity makes an infinite loss 0
     */
    static Tensor losses(String name, Tensor scores, int axis, int items, boolean zeroInfinity, Item item) {
        if (!GradMode.isRecording() && !Tracing.on()) return run(scores, items, zeroInfinity, item, false);
        // Uses and losses come of one pass, so they are one flat result, which a second derivative would ask for its own.
        var both = Primitive.of(name, in -> run(in[0], items, zeroInfinity, item, true), (i, g, out, in) -> {
            throw new LyceumException(name + ": the gradient is computed on the lattice and cannot be differentiated again");
        });
        return Primitive.of(name, in -> new Tensor[] {both.apply(in[0])}, (in, kept) -> kept[0].narrow(0, in[0].count(), items),
                (i, g, out, in, kept) -> {
                    var shape = new long[in[0].rank()];
                    Arrays.fill(shape, 1);
                    shape[axis] = items;
                    return kept[0].narrow(0, 0, in[0].count()).reshape(in[0].shape().toArray()).mul(g.reshape(shape)).neg();
                }).apply(scores);
    }

    /** The losses, behind the uses if they are wanted. */
    private static Tensor run(Tensor scores, int items, boolean zeroInfinity, Item item, boolean wanted) {
        double[] values = scores.to(DType.F64).toDoubleArray(), losses = new double[items],
                used = wanted ? new double[values.length] : null;
        Parallel.range(items, 1, (from, to) -> {
            for (int n = (int) from; n < to; n++) {
                double loss = -item.logLikelihood(n, values, used);
                losses[n] = zeroInfinity && loss == Double.POSITIVE_INFINITY ? 0 : loss;
            }
        });
        var found = Tensor.of(losses);
        return (wanted ? Tensor.concat(0, Tensor.of(used), found) : found).to(scores.dtype());
    }
}
