package lyceum.nn;

import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.backend.Parallel;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A linear-chain conditional random field: whole sequences of tags are scored, by what an encoder says of each place and by which tags follow which.
 * {@code p(y | x) = exp(start(y_1) + sum_t u_t(y_t) + sum_(t > 1) A(y_(t-1), y_t) + end(y_T)) / Z(x)}.
 *
 * {@snippet :
 * var crf = new LinearChainCrf(TagConstraints.bio("O", "B-PER", "I-PER"), DType.F32, Rng.of(1));
 * Tensor emissions = encoder.forward(tokens);                     // (batch, time, tags): logits, unnormalised
 * crf.negativeLogLikelihood(emissions, tags, mask).mean().backward();
 * int[][] best = crf.decode(emissions, mask);                     // Viterbi
 * Tensor p = crf.marginals(emissions, mask);                      // P(tag at t | whole sequence)
 * var three = crf.best(emissions.get(0), 3);                      // the three likeliest sequences
 * }
 *
 * <p>A mask (batch, time) is true for a token; the tokens of a row stand first, and there is at least one: padding lies behind them, and what it holds
 * does not matter. Null is for no padding. Forbidden transitions count for nothing in training, and no decoder returns them. As a layer it gives the
 * best tags (batch, time). {@link FeatureCrf} learns from hand-made features.
 *
 * @see <a href="https://repository.upenn.edu/cis_papers/159/">Lafferty, McCallum and Pereira (2001)</a>
 */
public final class LinearChainCrf extends Module {
    private final Tensor transitions, start, end;
    private final TagConstraints constraints;

    /** A sequence of tags and its score, which {@link #logPartition} makes a log probability. */
    public record Path(int[] tags, double score) {}

    /** F32, all transitions allowed. */
    public LinearChainCrf(int tags, Rng rng) { this(TagConstraints.none(tags), DType.F32, rng); }

    /** Scores begin uniform within 0.1, as those of pytorch-crf. */
    public LinearChainCrf(TagConstraints constraints, DType type, Rng rng) {
        int k = constraints.tags();
        this.constraints = constraints;
        transitions = Tensor.rand(rng, type, k, k).sub(0.5).mul(0.2).compute().requiresGrad();
        start = Tensor.rand(rng, type, k).sub(0.5).mul(0.2).compute().requiresGrad();
        end = Tensor.rand(rng, type, k).sub(0.5).mul(0.2).compute().requiresGrad();
    }

    /** From given scores, {@code (from, to)}, (tags) and (tags), which become parameters. */
    public LinearChainCrf(Tensor transitions, Tensor start, Tensor end, TagConstraints constraints) {
        int k = constraints.tags();
        if (transitions.rank() != 2 || transitions.size(0) != k || transitions.size(1) != k || start.rank() != 1 || start.size(0) != k
                || end.rank() != 1 || end.size(0) != k)
            throw new ShapeException("LinearChainCrf: transitions " + transitions.shape() + ", start " + start.shape() + " and end "
                    + end.shape() + " for " + k + " tags");
        this.constraints = constraints;
        this.transitions = transitions.copy().requiresGrad();
        this.start = start.copy().requiresGrad();
        this.end = end.copy().requiresGrad();
    }

    public int tags() { return constraints.tags(); }

    public TagConstraints constraints() { return constraints; }

    /** The scores (from, to), without the constraints. */
    public Tensor transitions() { return transitions; }

    @Override protected Tensor compute(Tensor emissions, Pass pass) {
        int[][] tags = decode(emissions, null);
        var flat = new long[tags.length * tags[0].length];
        for (int b = 0, i = 0; b < tags.length; b++) for (int tag : tags[b]) flat[i++] = tag;
        return Tensor.of(flat, tags.length, tags[0].length);
    }

    /** {@code log Z} of each sequence, (batch), differentiable. */
    public Tensor logPartition(Tensor emissions, Tensor mask) {
        int[] lengths = lengths(emissions, mask);
        var type = emissions.dtype().accumulator();
        var e = emissions.to(type);
        var a = allowed(transitions, type).unsqueeze(0);
        var alpha = allowed(start, constraints.start(), type).add(e.select(1, 0));
        for (int t = 1; t < e.size(1); t++) {
            var next = alpha.unsqueeze(2).add(a).logSumExp(1).add(e.select(1, t));
            alpha = mask == null ? next : present(lengths, t).where(next, alpha);
        }
        return alpha.add(allowed(end, constraints.end(), type)).logSumExp(1);
    }

    /** The score of given tags, (batch), differentiable: minus infinity for a forbidden sequence. */
    public Tensor score(Tensor emissions, Tensor tags, Tensor mask) {
        int[] lengths = lengths(emissions, mask);
        long batch = emissions.size(0), time = emissions.size(1);
        if (tags.dtype().isFloat() || tags.rank() != 2 || tags.size(0) != batch || tags.size(1) != time)
            throw new ShapeException("LinearChainCrf: tags " + tags.dtype() + " " + tags.shape() + " for emissions " + emissions.shape()
                    + "; they are integers (batch, time)");
        var type = emissions.dtype().accumulator();
        long[] y = tags.toLongArray();
        int k = tags();
        var last = new long[(int) batch];
        var places = new long[y.length];
        boolean[] real = new boolean[y.length], moves = new boolean[y.length];
        for (int b = 0; b < batch; b++) for (int t = 0; t < time; t++) {
            int i = (int) (b * time + t);
            if (t >= lengths[b]) y[i] = 0;
            else {
                if (y[i] < 0 || y[i] >= k) throw new IllegalArgumentException(
                        "LinearChainCrf: tag " + y[i] + " at (" + b + ", " + t + "); tags are 0 to " + (k - 1));
                real[i] = true;
                moves[i] = t > 0;
                places[i] = t > 0 ? y[i - 1] * k + y[i] : 0;
                last[b] = y[i];
            }
        }
        var own = emissions.to(type).gather(2, Tensor.of(y, batch, time, 1)).squeeze(2);
        var steps = allowed(transitions, type).flatten().indexSelect(0, Tensor.of(places)).reshape(batch, time);
        var zero = own.zerosLike();
        var inside = Tensor.of(real, batch, time).where(own, zero).add(Tensor.of(moves, batch, time).where(steps, zero)).sum(1);
        var first = allowed(start, constraints.start(), type).indexSelect(0, Tensor.of(y, batch, time).select(1, 0).contiguous());
        return inside.add(first).add(allowed(end, constraints.end(), type).indexSelect(0, Tensor.of(last)));
    }

    /** {@code log Z - score} of each sequence, in nats, (batch): its mean over sequences, or its sum over the number of tokens, is a loss. */
    public Tensor negativeLogLikelihood(Tensor emissions, Tensor tags, Tensor mask) {
        return logPartition(emissions, mask).sub(score(emissions, tags, mask));
    }

    /** {@code P(tag at t | x)} by forward and backward sums, in F64, unrecorded: (batch, time, tags), 0 at padding. */
    public Tensor marginals(Tensor emissions, Tensor mask) {
        var lattices = lattices(emissions, mask);
        int time = (int) emissions.size(1), k = tags();
        var all = new double[lattices.length * time * k];
        Parallel.range(lattices.length, 1, (from, to) -> {
            for (int b = (int) from; b < to; b++) {
                var p = lattices[b].marginals();
                for (int t = 0; t < p.length; t++) System.arraycopy(p[t], 0, all, (b * time + t) * k, k);
            }
        });
        return Tensor.of(all, lattices.length, time, k);
    }

    /** The best tags of each sequence, as many as it has tokens (Viterbi). */
    public int[][] decode(Tensor emissions, Tensor mask) {
        var lattices = lattices(emissions, mask);
        var tags = new int[lattices.length][];
        Parallel.range(lattices.length, 1, (from, to) -> {
            for (int b = (int) from; b < to; b++) tags[b] = lattices[b].best(1).getFirst().tags();
        });
        return tags;
    }

    /**
     * The k best sequences of one (time, tags), the best first; fewer where no more are allowed. O(time tags^2 k).
     *
     * @throws lyceum.LyceumException if none is allowed
     */
    public List<Path> best(Tensor emissions, int k) {
        if (k < 1) throw new IllegalArgumentException("LinearChainCrf.best: k is " + k + "; it is at least 1");
        return lattices(emissions.unsqueeze(0), null)[0].best(k);
    }

    private CrfLattice[] lattices(Tensor emissions, Tensor mask) {
        int[] lengths = lengths(emissions, mask);
        return Autograd.noGrad(() -> {
            double[][] a = allowed(transitions, DType.F64).toRows();
            double[] first = allowed(start, constraints.start(), DType.F64).toDoubleArray(),
                    last = allowed(end, constraints.end(), DType.F64).toDoubleArray();
            var found = new CrfLattice[lengths.length];
            for (int b = 0; b < found.length; b++)
                found[b] = new CrfLattice(emissions.get(b).narrow(0, 0, lengths[b]).to(DType.F64).toRows(), a, first, last);
            return found;
        });
    }

    private Tensor allowed(Tensor transitions, DType type) {
        int k = tags();
        var flat = new boolean[k * k];
        for (int i = 0; i < k; i++) System.arraycopy(constraints.transitions()[i], 0, flat, i * k, k);
        return allowed(transitions.flatten(), flat, type).reshape(k, k);
    }

    private static Tensor allowed(Tensor scores, boolean[] which, DType type) {
        return scores.to(type).maskedFill(Tensor.of(which).not(), Double.NEGATIVE_INFINITY);
    }

    private static Tensor present(int[] lengths, int t) {
        var longer = new boolean[lengths.length];
        for (int b = 0; b < longer.length; b++) longer[b] = t < lengths[b];
        return Tensor.of(longer).unsqueeze(1);
    }

    private int[] lengths(Tensor emissions, Tensor mask) {
        if (emissions.rank() != 3 || emissions.size(2) != tags() || emissions.count() == 0)
            throw new ShapeException("LinearChainCrf: emissions " + emissions.shape() + "; they are (batch, time, " + tags() + ")");
        int batch = (int) emissions.size(0), time = (int) emissions.size(1);
        var lengths = new int[batch];
        if (mask == null) {
            Arrays.fill(lengths, time);
            return lengths;
        }
        if (mask.rank() != 2 || mask.size(0) != batch || mask.size(1) != time) throw new ShapeException(
                "LinearChainCrf: mask " + mask.shape() + " for emissions " + emissions.shape() + "; it is (batch, time)");
        boolean[] real = mask.toBooleanArray();
        for (int b = 0; b < batch; b++) {
            while (lengths[b] < time && real[b * time + lengths[b]]) lengths[b]++;
            for (int t = lengths[b]; t < time; t++)
                if (real[b * time + t] || lengths[b] == 0) throw new IllegalArgumentException(
                        "LinearChainCrf: row " + b + " of the mask has a gap before " + t + "; the tokens stand first, so close it up");
        }
        return lengths;
    }
}
