package lyceum.learn.ensemble;

import java.util.Arrays;
import java.util.function.LongFunction;
import lyceum.random.Rng;
import lyceum.stats.learner.Classifier;
import lyceum.stats.learner.Regressor;
import lyceum.withers.Withers;

/**
 * Fits any learner to many random samples of the rows and lets the fits answer together: bootstrap aggregating, {@code f(x) = mean of f_b(x)}.
 *
 * {@snippet :
 * var rows = Datasets.friedman1(Rng.of(1), 200, 10, 1);
 * var bagged = new Bagging(100).of(new DecisionTreeRegressor()).fit(rows.x(), rows.y());
 * double honest = bagged.oobScore();               // R2 of each row by the members that have not seen it
 * Tensor doubt = bagged.variance(rows.x());        // between members, for each row
 * }
 *
 * <p>By default a member sees n rows drawn with replacement from n, a share {@code 1 - (1 - 1/n)^n} of them distinct. Draws are made from rows
 * of positive weight, each as likely as the next, and keep their weights. Members are fitted in parallel; results do not depend on the number
 * of threads. Smaller shares with replacement off give subagging (Bühlmann and Yu 2002), a {@code featureShare} below 1 random subspaces (Ho 1998).
 *
 * @param members how many fits
 * @param rowShare size of each sample as a share of the rows, 1 by default
 * @param replace whether a row may be drawn twice, true by default
 * @param featureShare share of the columns that each member sees, drawn without replacement; 1 by default
 * @param balanced classifiers only: every class gives as many rows as the smallest one has (Chen, Liaw and Breiman 2004), times {@code rowShare}
 * @param softVotes whether a classifier's members vote by their probabilities, true by default, or each for one class
 * @param seed of the draws
 * @see <a href="https://doi.org/10.1007/BF00058655">Breiman (1996), Bagging Predictors</a>
 */
@Withers
public record Bagging(int members, double rowShare, boolean replace, double featureShare, boolean balanced, boolean softVotes, long seed)
        implements BaggingWithers {
    public Bagging {
        if (members < 1) throw new IllegalArgumentException("Bagging: " + members + " members; at least 1 is needed");
        if (!(rowShare > 0) || rowShare == Double.POSITIVE_INFINITY || !replace && rowShare > 1) throw new IllegalArgumentException(
                "rowShare is " + rowShare + "; it lies above 0" + (replace ? "" : ", and up to 1 without replacement"));
        if (!(featureShare > 0 && featureShare <= 1))
            throw new IllegalArgumentException("featureShare is " + featureShare + "; it lies above 0 and up to 1");
    }

    /** Bootstrap samples of all rows and columns. */
    public Bagging(int members) { this(members, 1, true, 1, false, true, 0); }

    /** Every member is this learner. For one that draws at random itself see {@link #ofRegressors}. */
    public BaggedRegressor of(Regressor member) { return new BaggedRegressor(this, new Same<>(member)); }

    /** Every member is this learner. For one that draws at random itself see {@link #ofClassifiers}. */
    public BaggedClassifier of(Classifier member) { return new BaggedClassifier(this, new Same<>(member)); }

    /** Members by a seed of their own: {@code ofRegressors(seed -> new DecisionTreeRegressor().withMaxFeatures(3).withSeed(seed))}. */
    public BaggedRegressor ofRegressors(LongFunction<? extends Regressor> member) { return new BaggedRegressor(this, member); }

    /** Members by a seed of their own, see {@link #ofRegressors}. */
    public BaggedClassifier ofClassifiers(LongFunction<? extends Classifier> member) { return new BaggedClassifier(this, member); }

    /** A learner for whatever seed. */
    record Same<L>(L learner) implements LongFunction<L> {
        @Override public L apply(long seed) { return learner; }
    }

    private Rng rng(int member) { return Rng.of(seed).split(member); }

    long seedOf(int member) { return rng(member).split(2).key(); }

    /** The rows that a member sees of n, in ascending order. */
    public int[] rows(int member, int n) {
        int count = size(n, rowShare);
        var rng = rng(member).split(0);
        int[] drawn = replace ? new int[count] : rng.sample(n, count);
        if (replace) for (int i = 0; i < count; i++) drawn[i] = rng.nextInt(n);
        Arrays.sort(drawn);
        return drawn;
    }

    /** The rows that a member sees, equally many of each class. @param codes of each row's class, from 0 */
    int[] rows(int member, int[] codes, int classes) {
        if (!balanced) return rows(member, codes.length);
        var counts = new int[classes];
        for (int c : codes) counts[c]++;
        int each = size(Arrays.stream(counts).min().orElseThrow(), rowShare), at = 0;
        var drawn = new int[each * classes];
        for (int c = 0; c < classes; c++) {
            var own = new int[counts[c]];
            for (int i = 0, k = 0; i < codes.length; i++) if (codes[i] == c) own[k++] = i;
            var rng = rng(member).split(0).split(c);
            int[] places = replace ? null : rng.sample(own.length, each);
            for (int i = 0; i < each; i++) drawn[at++] = own[replace ? rng.nextInt(own.length) : places[i]];
        }
        Arrays.sort(drawn);
        return drawn;
    }

    /** The columns that a member sees of p, in ascending order; null for all of them. */
    int[] features(int member, int p) {
        if (featureShare == 1) return null;
        int[] drawn = rng(member).split(1).sample(p, size(p, featureShare));
        Arrays.sort(drawn);
        return drawn;
    }

    private static int size(int n, double share) { return Math.max(1, (int) Math.round(n * share)); }
}
