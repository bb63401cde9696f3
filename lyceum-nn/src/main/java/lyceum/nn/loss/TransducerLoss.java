package lyceum.nn.loss;

import java.util.Objects;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * The RNN transducer's loss: minus the log probability of a label sequence, summed over all walks from the first frame with nothing written to the end with
 * all written. At frame t with u labels written, the blank goes on to the next frame, and the next label stays in it.
 *
 * {@snippet :
 * Tensor logProbs = transducer.logProbs(encoded, labels);        // (batch, time, labels + 1, classes)
 * new TransducerLoss().of(logProbs, frameCounts, labels).backward();
 * }
 *
 * <p>Summed in log space in F64, {@code O(time labels)} an item. The gradient by a log probability is minus the expected number of its uses; it
 * cannot be differentiated again.
 *
 * @param blank the class that goes on
 * @param reduction over the batch
 * @see <a href="https://arxiv.org/abs/1211.3711">Graves (2012)</a>
 */
@Withers
public record TransducerLoss(int blank, Reduction reduction) implements TransducerLossWithers {
    public TransducerLoss {
        if (blank < 0) throw new IllegalArgumentException("TransducerLoss: blank is " + blank + "; it is a class, at least 0");
        Objects.requireNonNull(reduction, "reduction");
    }

    /** Blank is class 0, the mean. */
    public TransducerLoss() { this(0, Reduction.MEAN); }

    /**
     * @param logProbs (batch, time, most labels + 1, classes): logs of probabilities, at {@code [n][t][u]} of what comes after u labels
     * @param frames of each item, 1 to {@code time}
     * @param labels of each item, none of them the blank
     */
    public Tensor of(Tensor logProbs, int[] frames, int[][] labels) {
        if (logProbs.rank() != 4 || !logProbs.dtype().isFloat() || logProbs.size(0) != frames.length || frames.length != labels.length)
            throw new ShapeException("TransducerLoss: log probabilities " + logProbs.dtype() + " " + logProbs.shape() + ", " + frames.length
                    + " frame counts and " + labels.length
                    + " label sequences; they are floats (batch, time, labels + 1, classes), and as many as the batch");
        int time = (int) logProbs.size(1), columns = (int) logProbs.size(2), classes = (int) logProbs.size(3);
        if (blank >= classes)
            throw new IllegalArgumentException("TransducerLoss: blank is " + blank + "; classes are 0 to " + (classes - 1));
        for (int n = 0; n < frames.length; n++) {
            if (frames[n] < 1 || frames[n] > time || labels[n].length >= columns) throw new IllegalArgumentException("TransducerLoss: item "
                    + n + " has " + frames[n] + " frames and " + labels[n].length + " labels for log probabilities " + logProbs.shape());
            for (int label : labels[n])
                if (label < 0 || label >= classes || label == blank) throw new IllegalArgumentException(
                        "TransducerLoss: label " + label + "; labels are 0 to " + (classes - 1) + " without the blank, " + blank);
        }
        return reduction.of(Lattice.losses("transducer", logProbs, 0, frames.length, false,
                (n, scores, used) -> sum(scores, used, n * time * columns * classes, columns, classes, frames[n], labels[n])));
    }

    private double sum(double[] scores, double[] used, int from, int columns, int classes, int frames, int[] labels) {
        int u1 = labels.length + 1;
        var alpha = new double[frames][u1];
        for (int t = 0; t < frames; t++) for (int u = 0; u < u1; u++) {
            int here = from + (t * columns + u) * classes;
            double sum = t == 0 && u == 0 ? 0 : Lattice.NONE;
            if (t > 0) sum = Lattice.logAdd(sum, alpha[t - 1][u] + scores[here - columns * classes + blank]);
            if (u > 0) sum = Lattice.logAdd(sum, alpha[t][u - 1] + scores[here - classes + labels[u - 1]]);
            alpha[t][u] = sum;
        }
        double total = alpha[frames - 1][u1 - 1] + scores[from + ((frames - 1) * columns + u1 - 1) * classes + blank];
        if (used == null || !(total > Lattice.NONE)) return total;

        double[] below = new double[u1], beta = new double[u1]; // of what is left at frame t + 1, and at t
        for (int t = frames - 1; t >= 0; t--) {
            for (int u = u1 - 1; u >= 0; u--) {
                int here = from + (t * columns + u) * classes;
                double on = scores[here + blank] + (t < frames - 1 ? below[u] : u == u1 - 1 ? 0 : Lattice.NONE);
                used[here + blank] = Math.exp(alpha[t][u] + on - total);
                beta[u] = on;
                if (u == u1 - 1) continue;
                double write = scores[here + labels[u]] + beta[u + 1];
                used[here + labels[u]] = Math.exp(alpha[t][u] + write - total);
                beta[u] = Lattice.logAdd(on, write);
            }
            System.arraycopy(beta, 0, below, 0, u1);
        }
        return total;
    }
}
