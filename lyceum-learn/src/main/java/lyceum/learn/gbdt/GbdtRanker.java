package lyceum.learn.gbdt;

import java.util.Arrays;
import java.util.HashSet;
import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Rows;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Gradient boosted trees that put the rows of a group in order (LambdaMART).
 *
 * {@snippet :
 * var x = Tensor.of(new double[] {0.9, 0.1, 0.4, 0.8, 0.3, 0.2}, 6, 1);
 * var relevance = Tensor.of(2.0, 0, 1, 2, 1, 0);
 * var trees = new GbdtRanker().withMinChildWeight(0).fit(x, relevance, new int[] {7, 7, 7, 8, 8, 8});
 * trees.scores(x);                                             // the larger the earlier
 * }
 *
 * <p>{@code withValidationShare} holds out whole groups and stops where 1 less their mean NDCG is least.
 *
 * @param options how trees grow; every one has a {@code with} method here
 * @see <a href="https://www.microsoft.com/en-us/research/publication/from-ranknet-to-lambdarank-to-lambdamart-an-overview/">Burges
 *        (2010)</a>
 */
@Withers
public record GbdtRanker(@Withers.Flat GbdtOptions options) implements GbdtRankerWithers {
    public GbdtRanker {
        if (options.ordered() || !options.categorical().isEmpty()) throw new IllegalArgumentException(
                "GbdtRanker: ordered boosting and categories are for numbers and classes; a ranker has neither");
    }

    /** XGBoost's defaults. */
    public GbdtRanker() { this(GbdtOptions.DEFAULT); }

    /** {@link #fit(Tensor, Tensor, int[], Tensor)} with every row alike. */
    public GradientBoostedTrees fit(Tensor x, Tensor relevance, int[] groups) { return fit(x, relevance, groups, null); }

    /**
     * @param x (n x p)
     * @param relevance (n), at least 0, such as grades 0 to 4
     * @param groups the group of each row; rows of a group stand together
     * @param weights (n) or null: what the derivatives of each row are multiplied by, all alike in a group to weigh the group (as XGBoost does, after
     *        it has divided them by their mean over groups; by row as LightGBM does); a group counts by the mean of its weights where NDCG is averaged
     */
    public GradientBoostedTrees fit(Tensor x, Tensor relevance, int[] groups, Tensor weights) {
        var input = LearnerInput.matrix("GbdtRanker.fit", x, true);
        if (input.rows() == 0 || groups.length != input.rows()) throw new ShapeException(
                "GbdtRanker.fit: " + groups.length + " groups for " + input.rows() + " rows; one a row, and at least one row");
        double[] y = input.target(relevance).toDoubleArray(), w = input.weights(weights);
        for (double v : y)
            if (v < 0 || v > 60) throw new IllegalArgumentException("GbdtRanker.fit: relevance " + v + "; it lies between 0 and 60");
        var all = new int[groups.length];
        Arrays.setAll(all, i -> i);
        int[] starts = starts(groups, all);
        int count = starts.length - 1, held = (int) Math.round(options.validationShare() * count);
        var seen = new HashSet<Integer>();
        for (int g = 0; g < count; g++)
            if (!seen.add(groups[starts[g]]))
                throw new IllegalArgumentException("GbdtRanker.fit: rows of group " + groups[starts[g]] + " do not stand together");
        var judged = new boolean[groups.length];
        int[] order = Rng.of(options.seed()).split(-1).permutation(count);
        for (int g = 0; g < held; g++) Arrays.fill(judged, starts[order[g]], starts[order[g] + 1], true);
        int[] train = Arrays.stream(all).filter(i -> !judged[i]).toArray(), rest = Arrays.stream(all).filter(i -> judged[i]).toArray();
        if (train.length == 0 || rest.length == 0 && options.validationShare() > 0) throw new IllegalArgumentException(
                "GbdtRanker.fit: validationShare " + options.validationShare() + " of " + count + " groups leaves a part empty");
        return GbdtFit.fit(options, input, new Rows.HeldOut(train, rest), y, BoostingObjective.LAMBDA_RANK, Double.NaN,
                rows -> new Gradients.Lambda(Rows.pick(y, rows), starts(groups, rows), Rows.pick(w, rows)));
    }

    /** The places among these rows where a group begins, and their number. */
    private static int[] starts(int[] groups, int[] rows) {
        var starts = new int[rows.length + 1];
        int count = 0;
        for (int i = 0; i < rows.length; i++) if (i == 0 || groups[rows[i]] != groups[rows[i - 1]]) starts[count++] = i;
        starts[count] = rows.length;
        return Arrays.copyOf(starts, count + 1);
    }
}
