package lyceum.learn.multiclass;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import lyceum.linalg.Linalg;
import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.Classifier;
import lyceum.stats.learner.Labels;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;

/**
 * K classes by {@code K (K - 1) / 2} binary fits, one for each pair and on the rows of that pair alone. Votes decide, ties go by the sums of the scores; where the
 * learner has probabilities r_ij of class i of the pair (i, j), those of all classes are {@link #couple coupled} from them.
 *
 * {@snippet :
 * var learner = new OneVsOne(new LogisticRegression());
 * double[] p = OneVsOne.couple(new double[][] {{0, 0.75, 0.6}, {0.25, 0, 1 / 3.0}, {0.4, 2 / 3.0, 0}});   // 1/2, 1/6, 1/3
 * }
 *
 * @param learner of two classes
 * @see <a href="https://doi.org/10.1214/aos/1028144844">Hastie and Tibshirani (1998)</a>
 * @see <a href="https://www.jmlr.org/papers/v5/wu04a.html">Wu, Lin and Weng (2004), whose second method couples</a>
 */
public record OneVsOne(Classifier learner) implements Classifier {
    @Override public Set<Tag> tags() { return TwoClasses.tags(learner, !learner.tags().contains(Tag.NO_PROBABILITIES)); }

    @Override public Fitted fit(Tensor x, Tensor labels) { return fit(x, labels, null); }

    @Override public Fitted fit(Tensor x, Tensor labels, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        var seen = input.severalLabels(labels);
        double[] w = weights == null ? null : input.weights(weights);
        var models = new ArrayList<ClassificationModel>();
        for (int i = 0; i < seen.count(); i++) for (int j = i + 1; j < seen.count(); j++) {
            int[] rows = new int[seen.rows()];
            int n = 0;
            double total = 0;
            for (int r = 0; r < rows.length; r++) if (seen.codes()[r] == i || seen.codes()[r] == j) {
                rows[n++] = r;
                total += w == null ? 1 : w[r];
            }
            rows = Arrays.copyOf(rows, n);
            var second = new boolean[n];
            for (int r = 0; r < n; r++) second[r] = seen.codes()[rows[r]] == j;
            // A pair without weight is told by nothing: all rows of weight 1 then.
            models.add(TwoClasses.fit(learner, input.x().rows(rows), second, w == null || total == 0 ? null : Tensor.of(w).rows(rows)));
        }
        return new Fitted(seen.classes(), models);
    }

    /**
     * Probabilities of classes from those within pairs: the p of sum 1 that minimises {@code sum over i != j of (r_ji p_i - r_ij p_j)^2}, exact where the pairs agree.
     *
     * @param pairs r_ij, of i where it is i or j; the diagonal is not read
     */
    public static double[] couple(double[][] pairs) {
        int k = pairs.length;
        var q = new double[k + 1][k + 1]; // Q p + b = 0, sum p = 1
        for (int i = 0; i < k; i++) {
            for (int j = 0; j < k; j++) if (j != i) {
                q[i][i] += pairs[j][i] * pairs[j][i];
                q[i][j] = -pairs[j][i] * pairs[i][j];
            }
            q[i][i] += 1e-14; // pairs that are all sure leave no unique answer
            q[i][k] = q[k][i] = 1;
        }
        var side = new double[k + 1];
        side[k] = 1;
        double[] p = Arrays.copyOf(Linalg.solve(Tensor.of(q), Tensor.of(side)).toDoubleArray(), k);
        double sum = 0;
        for (int i = 0; i < k; i++) sum += p[i] = Math.max(0, p[i]);
        for (int i = 0; i < k; i++) p[i] /= sum;
        return p;
    }

    /** @param models of the pairs (0, 1), (0, 2), .. (1, 2), ..; the second class of each is its 1 */
    public record Fitted(long[] classes, List<ClassificationModel> models) implements ClassificationModel {
        @Override public long[] classes() { return classes.clone(); }

        @Override public int nFeatures() { return models.getFirst().nFeatures(); }

        @Override public boolean hasProbabilities() { return models.getFirst().hasProbabilities(); }

        /** Votes, and within a third of one the sum of scores; of two classes the score itself. */
        @Override public Tensor decisionFunction(Tensor x) {
            var rows = LearnerInput.forModelWithNaN(this, x).x();
            if (models.size() == 1) return TwoClasses.score(models.getFirst(), rows).to(rows.dtype());
            int n = (int) rows.size(0), k = classes.length, pair = 0;
            double[][] votes = new double[n][k], sums = new double[n][k];
            for (int i = 0; i < k; i++) for (int j = i + 1; j < k; j++) {
                double[] s = TwoClasses.score(models.get(pair++), rows).toDoubleArray();
                for (int r = 0; r < n; r++) {
                    votes[r][s[r] > 0 ? j : i]++;
                    sums[r][i] -= s[r];
                    sums[r][j] += s[r];
                }
            }
            for (int r = 0; r < n; r++) for (int c = 0; c < k; c++) votes[r][c] += sums[r][c] / (3 * (Math.abs(sums[r][c]) + 1));
            return Tensor.of(votes).to(rows.dtype());
        }

        @Override public Tensor predictProba(Tensor x) {
            if (!hasProbabilities())
                throw new UnsupportedOperationException("OneVsOne.predictProba: the binary models have no probabilities");
            var rows = LearnerInput.forModelWithNaN(this, x).x();
            if (models.size() == 1) return models.getFirst().predictProba(rows);
            int n = (int) rows.size(0), k = classes.length, pair = 0;
            var within = new double[n][k][k];
            for (int i = 0; i < k; i++) for (int j = i + 1; j < k; j++) {
                double[] p = TwoClasses.probability(models.get(pair++), rows).toDoubleArray();
                for (int r = 0; r < n; r++) {
                    within[r][j][i] = Math.clamp(p[r], 1e-7, 1 - 1e-7);
                    within[r][i][j] = 1 - within[r][j][i];
                }
            }
            var out = new double[n][];
            for (int r = 0; r < n; r++) out[r] = couple(within[r]);
            return Tensor.of(out).to(rows.dtype());
        }

        /** By votes. The most probable class by coupling may be another one in rare cases. */
        @Override public Tensor predict(Tensor x) { return Labels.choose(classes, decisionFunction(x)); }
    }
}
