package lyceum.learn.gbdt;

import java.util.Arrays;
import java.util.List;
import lyceum.backend.Parallel;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Model;
import lyceum.stats.learner.SavedVersion;
import lyceum.tensor.Tensor;
import tools.jackson.databind.node.ObjectNode;

/**
 * A sum of trees grown on first and second derivatives: with G and H their sums over a leaf's rows its weight is {@code -G / (H + lambda)},
 * and a split
 * gains {@code (GL^2 / (HL + lambda) + GR^2 / (HR + lambda) - G^2 / (H + lambda)) / 2 - gamma}. One engine grows them as XGBoost, LightGBM
 * or CatBoost
 * would, see {@link GbdtOptions}; {@link #toXgboostJson} and {@link #fromXgboostJson} exchange them with XGBoost.
 *
 * @param nFeatures columns of the data
 * @param objective what scores mean
 * @param objectiveParameter what goes with its name: the level of {@link BoostingObjective#QUANTILE}, the power of
 *        {@link BoostingObjective#TWEEDIE}; NaN for the others
 * @param baseScore the score of each output before the first tree
 * @param trees one an output, round after round
 * @param treeWeights by what each tree's values are multiplied, where rounds were left out ({@link TreeDropout}); empty where all count 1
 * @param singlePrecision whether thresholds, values and sums are single floats, as in XGBoost: true for loaded models
 * @param encodings the numbers of each categorical column; empty if there are none
 * @param trainLosses the mean loss on the training rows after each round
 * @param validationLosses the mean loss on the rows held out, including rounds that were dropped; empty without early stopping
 * @see <a href="https://arxiv.org/abs/1603.02754">Chen and Guestrin (2016), XGBoost: A Scalable Tree Boosting System</a>
 */
@SavedVersion(2)
public record GradientBoostedTrees(int nFeatures, BoostingObjective objective, double objectiveParameter, double[] baseScore,
        List<BoostedTree> trees, double[] treeWeights, boolean singlePrecision, List<TargetStatistics> encodings, double[] trainLosses,
        double[] validationLosses) implements Model {
    public GradientBoostedTrees {
        trees = List.copyOf(trees);
        encodings = List.copyOf(encodings);
        if (baseScore.length == 0 || trees.size() % baseScore.length != 0)
            throw new IllegalArgumentException("GradientBoostedTrees: " + trees.size() + " trees for " + baseScore.length + " outputs");
        if (treeWeights.length > 0 && treeWeights.length != trees.size())
            throw new IllegalArgumentException("GradientBoostedTrees: " + treeWeights.length + " weights for " + trees.size() + " trees");
        for (var tree : trees)
            for (int f : tree.feature())
                if (f >= nFeatures)
                    throw new IllegalArgumentException("GradientBoostedTrees: a question about column " + f + " of " + nFeatures);
    }

    /** A copy. */
    @Override public double[] baseScore() { return baseScore.clone(); }

    /** A copy. */
    @Override public double[] treeWeights() { return treeWeights.clone(); }

    /** A copy. */
    @Override public double[] trainLosses() { return trainLosses.clone(); }

    /** A copy. */
    @Override public double[] validationLosses() { return validationLosses.clone(); }

    public int outputs() { return baseScore.length; }

    public int rounds() { return trees.size() / baseScore.length; }

    /** The sum of the first rounds alone, with the weights that they have now. */
    public GradientBoostedTrees first(int rounds) {
        int count = rounds * baseScore.length;
        return new GradientBoostedTrees(nFeatures, objective, objectiveParameter, baseScore, trees.subList(0, count),
                Arrays.copyOf(treeWeights, Math.min(count, treeWeights.length)), singlePrecision, encodings,
                Arrays.copyOf(trainLosses, Math.min(rounds, trainLosses.length)), validationLosses);
    }

    /** The scores (margins) of the rows of {@code x} (n x p): (n x outputs), F64. */
    public Tensor scores(Tensor x) {
        var rows = LearnerInput.forModelWithNaN(this, x).x();
        int n = (int) rows.size(0);
        return Tensor.of(scores(rows.toDoubleArray(), n), n, baseScore.length);
    }

    double[] scores(double[] rows, int n) {
        int k = baseScore.length;
        double[] used = encoded(rows, n), out = new double[n * k];
        var walks = new PackedTrees(trees, nFeatures, n);
        Parallel.range(n, 256, 10.0 * trees.size(), (from, to) -> {
            for (int i = (int) from; i < to; i++)
                for (int c = 0; c < k; c++) out[i * k + c] = singlePrecision ? (float) baseScore[c] : baseScore[c];
            walks.each(used, (int) from, (int) to, (t, first, values, m) -> {
                double weight = weight(t);
                for (int i = 0; i < m; i++) {
                    int at = (first + i) * k + t % k;
                    out[at] = singlePrecision ? (float) out[at] + (float) weight * (float) values[i] : out[at] + weight * values[i];
                }
            });
        });
        return out;
    }

    /** By what the values of a tree are multiplied. */
    public double weight(int tree) { return treeWeights.length == 0 ? 1 : treeWeights[tree]; }

    private double[] encoded(double[] rows, int n) {
        if (encodings.isEmpty() && !singlePrecision) return rows;
        var out = rows.clone();
        if (singlePrecision) for (int i = 0; i < out.length; i++) out[i] = (float) out[i];
        for (var encoding : encodings)
            for (int i = 0; i < n; i++) out[i * nFeatures + encoding.column()] = encoding.value(out[i * nFeatures + encoding.column()]);
        return out;
    }

    /**
     * What the questions about each column lowered the objective by; sums to 1, or all 0 without questions. For decisions use permutation
     * importance on held-out rows.
     */
    public double[] importances() {
        var sum = new double[nFeatures];
        double all = 0;
        for (var tree : trees) {
            int[] feature = tree.feature();
            double[] gain = tree.gain();
            for (int i = 0; i < feature.length; i++) if (feature[i] >= 0) sum[feature[i]] += gain[i];
        }
        for (double v : sum) all += v;
        if (all > 0) for (int f = 0; f < nFeatures; f++) sum[f] /= all;
        return sum;
    }

    /** The model as XGBoost 3.0 writes it ({@code save_model} to a .json file), in single precision. */
    public String toXgboostJson() { return XgboostJson.write(this); }

    /**
     * A model that XGBoost wrote ({@code save_model} to a .json file): trees ({@code gbtree} or {@code dart}) of numeric questions.
     *
     * @throws lyceum.FormatException if it is no such file; the message names the part
     */
    public static GradientBoostedTrees fromXgboostJson(String json) { return XgboostJson.read(json); }

    /** Version 1 had no weights of trees and no objective that needs a number. */
    static ObjectNode upgrade(int fromVersion, ObjectNode fields) {
        fields.putArray("treeWeights");
        return fields.put("objectiveParameter", "NaN");
    }
}
