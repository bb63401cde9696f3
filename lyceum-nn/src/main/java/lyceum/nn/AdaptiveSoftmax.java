package lyceum.nn;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A softmax for classes sorted by frequency: the frequent ones and one entry for each cluster of rarer ones share a short list; a cluster has a softmax of its own
 * behind a narrower projection. So {@code log p(c) = log p(cluster) + log p(c | cluster)}, and most rows never meet the long tail.
 *
 * <p>Parameters are named as PyTorch's {@code AdaptiveLogSoftmaxWithLoss}: {@code head.weight}, {@code tail.0.0.weight}, {@code tail.0.1.weight}.
 *
 * @see <a href="https://arxiv.org/abs/1609.04309">Grave, Joulin, Cissé, Grangier and Jégou (2017)</a>
 */
public final class AdaptiveSoftmax extends Module {
    private final long[] cutoffs;
    private final Linear head;
    private final List<Sequential> tail;

    /** F32; the i-th cluster is {@code 4^i} times narrower. */
    public AdaptiveSoftmax(long width, long classes, long[] cutoffs, Rng rng) { this(width, classes, cutoffs, 4, false, DType.F32, rng); }

    /**
     * @param cutoffs where clusters begin, ascending between 0 and classes: classes before the first are the frequent ones
     * @param divisor by whose powers clusters are narrower
     * @param headBias whether the short list has a bias
     */
    public AdaptiveSoftmax(long width, long classes, long[] cutoffs, double divisor, boolean headBias, DType dtype, Rng rng) {
        if (cutoffs.length == 0) throw new IllegalArgumentException("AdaptiveSoftmax: no cutoffs; without clusters use SoftmaxHead");
        this.cutoffs = new long[cutoffs.length + 1];
        for (int i = 0; i <= cutoffs.length; i++) {
            this.cutoffs[i] = i < cutoffs.length ? cutoffs[i] : classes;
            if (this.cutoffs[i] <= (i == 0 ? 0 : this.cutoffs[i - 1]))
                throw new IllegalArgumentException("AdaptiveSoftmax: cutoff " + this.cutoffs[i] + " after "
                        + (i == 0 ? 0 : this.cutoffs[i - 1]) + "; cutoffs ascend from above 0 to below the number of classes");
        }
        head = new Linear(width, cutoffs[0] + cutoffs.length, headBias, dtype, Init.torchLinear(width), rng);
        var clusters = new ArrayList<Sequential>();
        double narrow = width;
        for (int i = 0; i < cutoffs.length; i++) {
            narrow /= divisor;
            long inner = (long) narrow;
            if (inner < 1) throw new IllegalArgumentException(
                    "AdaptiveSoftmax: cluster " + i + " would have width " + narrow + "; use a smaller divisor");
            clusters.add(new Sequential(new Linear(width, inner, false, dtype, Init.torchLinear(width), rng),
                    new Linear(inner, this.cutoffs[i + 1] - this.cutoffs[i], false, dtype, Init.torchLinear(inner), rng)));
        }
        tail = List.copyOf(clusters);
    }

    private long frequent() { return cutoffs[0]; }

    /** Log-probabilities of all classes: (rows, width) to (rows, classes). */
    @Override protected Tensor compute(Tensor hidden, Pass pass) {
        var list = head.forward(hidden, pass).logSoftmax(-1);
        var parts = new ArrayList<Tensor>();
        parts.add(list.narrow(-1, 0, frequent()));
        for (int i = 0; i < tail.size(); i++)
            parts.add(tail.get(i).forward(hidden, pass).logSoftmax(-1).add(list.narrow(-1, frequent() + i, 1)));
        return Tensor.concat(hidden.rank() - 1, parts.toArray(Tensor[]::new));
    }

    /** The mean of {@link #losses}. */
    public Tensor loss(Tensor hidden, Tensor targets) { return losses(hidden, targets).mean(); }

    /** {@code -log p(target)} of each row: hidden (rows, width), targets (rows). A cluster is computed for its own rows only. */
    public Tensor losses(Tensor hidden, Tensor targets) {
        SoftmaxHead.checked("AdaptiveSoftmax.losses", hidden, targets, cutoffs[cutoffs.length - 1], Long.MIN_VALUE);
        long[] numbers = targets.toLongArray(), listed = numbers.clone();
        var members = new ArrayList<List<Integer>>();
        for (int i = 0; i < tail.size(); i++) members.add(new ArrayList<>());
        for (int row = 0; row < numbers.length; row++) {
            for (int i = tail.size() - 1; i >= 0; i--) {
                if (numbers[row] < cutoffs[i]) continue;
                listed[row] = frequent() + i;
                members.get(i).add(row);
                break;
            }
        }
        var losses = picked(head.forward(hidden), listed).neg();
        for (int i = 0; i < tail.size(); i++) {
            int first = i;
            if (members.get(i).isEmpty()) continue;
            int[] rows = members.get(i).stream().mapToInt(Integer::intValue).toArray();
            var within = new long[rows.length];
            for (int j = 0; j < rows.length; j++) within[j] = numbers[rows[j]] - cutoffs[first];
            losses = losses.indexAdd(0, Tensor.of(rows), picked(tail.get(i).forward(hidden.rows(rows)), within).neg());
        }
        return losses;
    }

    private static Tensor picked(Tensor logits, long[] classes) {
        return logits.logSoftmax(-1).gather(1, Tensor.of(classes).unsqueeze(1)).squeeze(1);
    }

    /** The most probable class of each row, I64. */
    public Tensor classes(Tensor hidden) { return forward(hidden).argmax(-1); }
}
