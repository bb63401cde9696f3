package lyceum.nn.loss;

import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.ConvergenceException;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Shifts scores of classes by {@code tau log prior}: in a loss, so that rare classes are learned as if all were equally frequent, or after
 * training, from the class mix that a model saw to the one that it meets.
 *
 * {@snippet :
 * var adjustment = LogitAdjustment.ofCounts(5000, 500, 50);
 * new Trainer(new Adam(1e-3), 20).fit(network, adjustment.loss(), data, rng);    // with the shift; raw logits are used afterwards
 * adjustment.balanced(network.forward(x)).argmax(1);        // or trained without it, and shifted afterwards; never both
 * adjustment.to(Tensor.of(0.2, 0.3, 0.5), network.forward(x)).softmax(1);        // another known class mix
 * Tensor found = adjustment.estimate(network.forward(x));   // an unknown one, by EM over unlabelled x
 * }
 *
 * <p>Exact where the softmax of the logits is the true posterior and only the mix of the classes changes, not how each looks.
 *
 * @param priors (classes), of the training data: above 0, adding up to 1
 * @param tau how far to shift: 0 not at all, 1 for the balanced error
 * @see <a href="https://arxiv.org/abs/2007.07314">Menon, Jayasumana, Rawat, Jain, Veit and Kumar (2021)</a>
 * @see <a href="https://doi.org/10.1162/089976602753284446">Saerens, Latinne and Decaestecker (2002)</a>
 */
@Withers
public record LogitAdjustment(Tensor priors, double tau) implements LogitAdjustmentWithers {
    private static final int MAX_ROUNDS = 10_000;
    private static final double TOLERANCE = 1e-8;

    public LogitAdjustment {
        priors = checked("priors", priors);
        if (!Double.isFinite(tau)) throw new IllegalArgumentException("LogitAdjustment: tau is " + tau + "; it is a finite number");
    }

    /** With tau of 1. */
    public LogitAdjustment(Tensor priors) { this(priors, 1); }

    /** The shares of classes with so many training examples, at least one each. */
    public static LogitAdjustment ofCounts(long... counts) {
        var n = FrequencyWeights.counts("LogitAdjustment", counts);
        return new LogitAdjustment(n.div(n.sum()));
    }

    private static Tensor checked(String what, Tensor p) {
        if (p.rank() != 1 || p.count() == 0)
            throw new ShapeException("LogitAdjustment: " + what + " have shape " + p.shape() + "; they are a vector");
        var wide = p.to(DType.F64).detach().compute();
        double[] v = wide.toDoubleArray();
        if (!Arrays.stream(v).allMatch(x -> x > 0) || !(Math.abs(Arrays.stream(v).sum() - 1) < 1e-5)) throw new IllegalArgumentException(
                "LogitAdjustment: " + what + " are " + Arrays.toString(v) + "; each is above 0, and they add up to 1");
        return wide;
    }

    /** The loss to train with: cross-entropy of {@code logits + tau log priors}, class axis 1 (0 if it is the only one). */
    public Loss loss() { return loss(new CrossEntropy()); }

    /** The same with the options of {@code crossEntropy}: weights, smoothing, an ignored class, an axis, a reduction. */
    public Loss loss(CrossEntropy crossEntropy) {
        return (logits, target) -> {
            int axis = crossEntropy.axis() == CrossEntropy.AUTOMATIC ? Math.min(1, logits.rank() - 1) : crossEntropy.axis();
            return crossEntropy.of(shifted(logits, priors.log().mul(tau), axis), target);
        };
    }

    /** {@code logits - tau log priors} (.., classes): at tau = 1 their argmax has the least balanced error. */
    public Tensor balanced(Tensor logits) { return shifted(logits, priors.log().mul(-tau), -1); }

    /** {@code logits + tau log(target / priors)} (.., classes): at tau = 1 their softmax is the posterior under the target priors. */
    public Tensor to(Tensor target, Tensor logits) { return shifted(logits, shift(checked("target priors", target)), -1); }

    private Tensor shift(Tensor target) { return target.log().sub(priors.log()).mul(tau); }

    private static Tensor shifted(Tensor logits, Tensor shift, int axis) {
        int at = logits.rank() == 0 ? -1 : logits.shape().axis(axis);
        if (at < 0 || logits.size(at) != shift.size(0))
            throw new ShapeException("LogitAdjustment: logits " + logits.shape() + " for " + shift.size(0) + " classes on axis " + axis);
        var shape = IntStream.range(0, logits.rank()).mapToLong(i -> i == at ? shift.size(0) : 1).toArray();
        return logits.add(shift.to(logits.dtype()).reshape(shape));
    }

    /**
     * Priors of unlabelled data, by EM: posteriors under the priors found so far, and their average, until no prior moves by more than
     * 1e-8.
     *
     * @param logits (n, classes) of a calibrated model of the training data
     * @return priors (classes) of greatest likelihood, F64; a class of which there is no trace comes near 0
     * @throws ConvergenceException after 10,000 rounds, which calls for more data or classes that differ more
     */
    public Tensor estimate(Tensor logits) {
        if (logits.rank() != 2 || logits.size(0) == 0 || logits.size(1) != priors.size(0)) throw new ShapeException(
                "LogitAdjustment.estimate: logits " + logits.shape() + "; they are (n, " + priors.size(0) + "), not empty");
        var p = logits.to(DType.F64).softmax(1).div(priors).detach().compute();
        var found = priors;
        for (int round = 0; round < MAX_ROUNDS; round++) {
            var joint = p.mul(found);
            var next = joint.div(joint.sum(1, true)).mean(0).compute();
            double moved = next.sub(found).abs().max().item();
            found = next;
            if (moved < TOLERANCE) return found;
            if (Double.isNaN(moved)) throw new IllegalArgumentException("LogitAdjustment.estimate: logits are not finite");
        }
        throw new ConvergenceException("LogitAdjustment.estimate: priors still move after " + MAX_ROUNDS
                + " rounds; take more data, or fewer classes that look alike");
    }
}
