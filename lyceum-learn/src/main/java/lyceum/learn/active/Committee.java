package lyceum.learn.active;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.Classifier;
import lyceum.tensor.Tensor;
import lyceum.train.uncertainty.PredictiveEntropy;

/**
 * Asks where members disagree that have all seen the same labels. Members are the pool's learner on bootstrap samples of the labelled rows, or
 * learners of several kinds on all of them.
 *
 * @param size members that are resampled, at least 2; not used with {@code members}
 * @param members learners of several kinds; empty to resample the pool's own
 * @param disagreement what is measured
 * @see <a href="https://doi.org/10.1145/130385.130417">Seung, Opper and Sompolinsky (1992)</a>
 */
public record Committee(int size, List<Classifier> members, Disagreement disagreement) implements ScoredQuery {

    /** How far members are apart on a row. */
    public enum Disagreement {
        /** Entropy of the members' votes. */
        VOTE_ENTROPY,
        /** Mutual information of label and member (BALD): high only where members are sure, of different things. */
        BALD
    }

    public Committee {
        members = List.copyOf(members);
        Objects.requireNonNull(disagreement, "disagreement");
        if (members.isEmpty() ? size < 2 : members.size() < 2) throw new IllegalArgumentException(
                "Committee: " + (members.isEmpty() ? size : members.size()) + " members; at least 2 can disagree");
    }

    /** Resampled members and BALD. */
    public static Committee bald(int size) { return new Committee(size, List.of(), Disagreement.BALD); }

    /** Resampled members and the entropy of their votes. */
    public static Committee votes(int size) { return new Committee(size, List.of(), Disagreement.VOTE_ENTROPY); }

    /** BALD of one row: entropy of the mean less mean entropy. @param members class probabilities (members x classes) */
    public static double bald(double[]... members) { return PredictiveEntropy.of(members).difference(); }

    @Override public double[] scores(Pool pool) {
        long[] classes = pool.model().classes();
        var rows = pool.x().rows(pool.open());
        int n = pool.open().length;
        var by = new ArrayList<double[][]>();
        for (var model : models(pool)) by.add(aligned(model, rows, classes));
        var scores = new double[n];
        for (int i = 0; i < n; i++) {
            var p = new double[by.size()][];
            for (int m = 0; m < p.length; m++) p[m] = by.get(m)[i];
            scores[i] = disagreement == Disagreement.BALD ? bald(p) : votes(p);
        }
        return scores;
    }

    private static double votes(double[][] p) {
        var share = new double[p[0].length];
        for (var q : p) {
            int best = 0;
            for (int c = 1; c < q.length; c++) if (q[c] > q[best]) best = c;
            share[best] += 1.0 / p.length;
        }
        return PredictiveEntropy.entropy(share);
    }

    private List<ClassificationModel> models(Pool pool) {
        int[] labelled = pool.labelled();
        long[] labels = pool.labels();
        var found = new ArrayList<ClassificationModel>();
        for (var member : members) found.add(member.fit(pool.x().rows(labelled), Tensor.of(labels)));
        for (int m = 0; members.isEmpty() && m < size; m++) {
            var rng = pool.rng().split(m);
            int[] rows = new int[labelled.length];
            long[] some = new long[rows.length];
            do for (int i = 0; i < rows.length; i++) {
                int at = rng.nextInt(rows.length);
                rows[i] = labelled[at];
                some[i] = labels[at];
            }
            while (Arrays.stream(some).distinct().limit(2).count() < 2);
            found.add(pool.learner().fit(pool.x().rows(rows), Tensor.of(some)));
        }
        return found;
    }

    /** Probabilities in the order of all classes; a class that a sample lacks has 0. */
    private static double[][] aligned(ClassificationModel model, Tensor rows, long[] classes) {
        double[][] p = model.predictProba(rows).toRows();
        long[] own = model.classes();
        if (Arrays.equals(own, classes)) return p;
        var out = new double[p.length][classes.length];
        for (int c = 0; c < own.length; c++) {
            int to = Arrays.binarySearch(classes, own[c]);
            for (int i = 0; i < p.length; i++) out[i][to] = p[i][c];
        }
        return out;
    }
}
