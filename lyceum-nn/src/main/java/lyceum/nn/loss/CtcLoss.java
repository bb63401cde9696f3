package lyceum.nn.loss;

import java.util.Arrays;
import java.util.Objects;
import lyceum.DType;
import lyceum.LyceumException;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Connectionist temporal classification: minus the log probability of a label sequence, summed over all ways of laying it over the frames. A path has one
 * symbol a frame; repeats are merged, then blanks deleted.
 *
 * {@snippet :
 * Tensor logProbs = encoder.forward(frames).logSoftmax(2);                  // (time, batch, classes), as PyTorch's CTCLoss has it
 * new CtcLoss().withZeroInfinity(true).of(logProbs, frameCounts, labels).backward();
 * var alignment = new CtcLoss().align(logProbs.select(1, 0), labels[0]);    // which frame says which label
 * int[] text = CtcDecoder.greedy(logProbs.select(1, 0), 0);
 * }
 *
 * <p>The lattice is summed in log space in F64, forwards and backwards, in {@code O(time labels)}. The gradient by a log probability is minus the
 * expected number of its uses; through the log softmax it is PyTorch's. It cannot be differentiated again. A sequence for which there are too few
 * frames (one a label, one more between equal ones) has an infinite loss, and gradient 0.
 *
 * @param blank the class that stands for nothing
 * @param zeroInfinity makes infinite losses 0
 * @param reduction {@link Reduction#MEAN} divides each loss by its number of labels first, as PyTorch does; {@link Reduction#NONE} gives (batch)
 * @see <a href="https://doi.org/10.1145/1143844.1143891">Graves, Fernández, Gomez and Schmidhuber (2006)</a>
 */
@Withers
public record CtcLoss(int blank, boolean zeroInfinity, Reduction reduction) implements CtcLossWithers {
    public CtcLoss {
        if (blank < 0) throw new IllegalArgumentException("CtcLoss: blank is " + blank + "; it is a class, at least 0");
        Objects.requireNonNull(reduction, "reduction");
    }

    /** Blank is class 0, infinite losses stay, the mean. */
    public CtcLoss() { this(0, false, Reduction.MEAN); }

    /**
     * @param logProbs (time, batch, classes): logs of probabilities
     * @param frames of each item, at most {@code time}
     * @param labels of each item, none of them the blank
     */
    public Tensor of(Tensor logProbs, int[] frames, int[][] labels) {
        if (logProbs.rank() != 3 || !logProbs.dtype().isFloat() || logProbs.size(1) != frames.length || frames.length != labels.length)
            throw new ShapeException(
                    "CtcLoss: log probabilities " + logProbs.dtype() + " " + logProbs.shape() + ", " + frames.length + " frame counts and "
                            + labels.length + " label sequences; they are floats (time, batch, classes), and as many as the batch");
        int time = (int) logProbs.size(0), batch = frames.length, classes = (int) logProbs.size(2);
        for (int n = 0; n < batch; n++) {
            if (frames[n] < 0 || frames[n] > time)
                throw new IllegalArgumentException("CtcLoss: item " + n + " has " + frames[n] + " frames; there are " + time);
            check(labels[n], classes);
        }
        var losses = Lattice.losses("ctc", logProbs, 1, batch, zeroInfinity,
                (n, scores, used) -> new CtcPaths(scores, n * classes, batch * classes, frames[n], labels[n], blank).sum(used));
        if (reduction != Reduction.MEAN) return reduction.of(losses);
        var counts = new double[batch];
        for (int n = 0; n < batch; n++) counts[n] = Math.max(1, labels[n].length);
        return losses.div(Tensor.of(counts).to(losses.dtype())).mean();
    }

    /**
     * The likeliest path of a label sequence: which frame says what.
     *
     * @param path the symbol of each frame, blanks among them
     * @param starts of each label, the first of its frames
     * @param ends of each label, the frame after its last
     * @param logProbability of this path alone
     */
    public record Alignment(int[] path, int[] starts, int[] ends, double logProbability) {}

    /**
     * Forced alignment.
     *
     * @param logProbs (time, classes)
     * @throws LyceumException if there are too few frames
     */
    public Alignment align(Tensor logProbs, int... labels) {
        var paths = paths(logProbs, labels);
        var found = paths.best();
        if (found == null) throw impossible(paths);
        return found;
    }

    /**
     * The share of all paths of a label sequence that are in each state at each frame, (time, 2 labels + 1): states are blank, first label, blank, and so on.
     *
     * @param logProbs (time, classes)
     * @throws LyceumException if there are too few frames
     */
    public Tensor posterior(Tensor logProbs, int... labels) {
        var paths = paths(logProbs, labels);
        int states = 2 * labels.length + 1;
        var shares = new double[paths.frames() * states];
        if (!(paths.sum((CtcPaths.Share) (t, s, share) -> shares[t * states + s] = share) > Lattice.NONE)) throw impossible(paths);
        return Tensor.of(shares, paths.frames(), states);
    }

    private CtcPaths paths(Tensor logProbs, int[] labels) {
        if (logProbs.rank() != 2) throw new ShapeException("CtcLoss: log probabilities " + logProbs.shape() + "; they are (time, classes)");
        int time = (int) logProbs.size(0), classes = (int) logProbs.size(1);
        check(labels, classes);
        return new CtcPaths(logProbs.detach().to(DType.F64).toDoubleArray(), 0, classes, time, labels, blank);
    }

    private static LyceumException impossible(CtcPaths paths) {
        return new LyceumException("CtcLoss: no path lays " + Arrays.toString(paths.labels()) + " over " + paths.frames()
                + " frames; one is needed for each label, one more between equal ones, and none may be impossible");
    }

    private void check(int[] labels, int classes) {
        if (blank >= classes) throw new IllegalArgumentException("CtcLoss: blank is " + blank + "; classes are 0 to " + (classes - 1));
        for (int label : labels)
            if (label < 0 || label >= classes || label == blank) throw new IllegalArgumentException(
                    "CtcLoss: label " + label + "; labels are 0 to " + (classes - 1) + " without the blank, " + blank);
    }
}
