package lyceum.text.zeroshot;

import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * A constant that is taken from the scores of classes that were seen in training, which otherwise win where seen and unseen ones compete.
 *
 * @param handicap of seen classes
 * @see <a href="https://arxiv.org/abs/1605.04253">Chao, Changpinyo, Gong and Sha (2016)</a>
 */
public record CalibratedStacking(double handicap) {
    /** None. */
    public static final CalibratedStacking NONE = new CalibratedStacking(0);

    private static final int TRIED = 500;

    public CalibratedStacking {
        if (Double.isNaN(handicap)) throw new IllegalArgumentException("CalibratedStacking: the handicap is NaN");
    }

    /**
     * How well both kinds of classes are recognised when an input may be of any.
     *
     * @param seen mean over seen classes of the share of their inputs that are recognised
     * @param unseen the same over unseen ones
     */
    public record Accuracies(double seen, double unseen) {
        public double harmonicMean() { return seen + unseen == 0 ? 0 : 2 * seen * unseen / (seen + unseen); }
    }

    /** The class of each input. @param scores (n, classes) @param seen whether each class was in training */
    public int[] predict(Tensor scores, boolean[] seen) { return predict(scores.toRows(), seen); }

    private int[] predict(double[][] scores, boolean[] seen) {
        var best = new int[scores.length];
        for (int i = 0; i < scores.length; i++) {
            if (scores[i].length != seen.length) throw new ShapeException("CalibratedStacking: scores of " + scores[i].length
                    + " classes; of " + seen.length + " it is known whether they were seen");
            double most = Double.NEGATIVE_INFINITY;
            for (int c = 0; c < seen.length; c++) {
                double score = scores[i][c] - (seen[c] ? handicap : 0);
                if (score <= most) continue;
                most = score;
                best[i] = c;
            }
        }
        return best;
    }

    /** @param labels of the inputs, some of seen and some of unseen classes */
    public Accuracies accuracies(Tensor scores, int[] labels, boolean[] seen) { return accuracies(scores.toRows(), labels, seen); }

    private Accuracies accuracies(double[][] scores, int[] labels, boolean[] seen) {
        int[] predicted = predict(scores, seen);
        if (labels.length != predicted.length)
            throw new ShapeException("CalibratedStacking: " + labels.length + " labels of " + predicted.length + " inputs");
        double[] right = new double[seen.length], all = new double[seen.length], sums = new double[2], classes = new double[2];
        for (int i = 0; i < labels.length; i++) {
            all[labels[i]]++;
            if (predicted[i] == labels[i]) right[labels[i]]++;
        }
        for (int c = 0; c < seen.length; c++) {
            if (all[c] == 0) continue;
            sums[seen[c] ? 0 : 1] += right[c] / all[c];
            classes[seen[c] ? 0 : 1]++;
        }
        if (classes[0] == 0 || classes[1] == 0) throw new IllegalArgumentException(
                "CalibratedStacking: inputs are of " + (classes[0] == 0 ? "unseen" : "seen") + " classes alone");
        return new Accuracies(sums[0] / classes[0], sums[1] / classes[1]);
    }

    /**
     * The handicap with the greatest harmonic mean on held-out data: inputs of classes that a model was trained on and of classes that were kept from it. Those
     * that change a prediction are tried, {@value #TRIED} at most, and the middle of the first best stretch is taken.
     */
    public static CalibratedStacking fit(Tensor scores, int[] labels, boolean[] seen) {
        double[][] rows = scores.toRows();
        // the lead of an input's best seen class over its best unseen one is where its prediction changes sides
        var leads = Arrays.stream(rows).mapToDouble(row -> {
            double[] best = {Double.NEGATIVE_INFINITY, Double.NEGATIVE_INFINITY};
            for (int c = 0; c < seen.length; c++) best[seen[c] ? 0 : 1] = Math.max(best[seen[c] ? 0 : 1], row[c]);
            return best[0] - best[1];
        }).sorted().toArray();
        double most = NONE.accuracies(rows, labels, seen).harmonicMean(), from = 0, to = 0;
        boolean best = false;
        int stride = Math.max(1, Math.ceilDiv(leads.length, TRIED));
        for (int i = 0; i + 1 < leads.length; i += stride) {
            double handicap = (leads[i] + leads[i + 1]) / 2,
                    mean = new CalibratedStacking(handicap).accuracies(rows, labels, seen).harmonicMean();
            if (mean > most) {
                most = mean;
                from = to = handicap;
                best = true;
            } else if (best && mean == most) to = handicap;
            else best = false;
        }
        return new CalibratedStacking((from + to) / 2);
    }
}
