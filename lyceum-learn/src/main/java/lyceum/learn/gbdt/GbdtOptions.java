package lyceum.learn.gbdt;

import java.util.Arrays;
import java.util.List;
import lyceum.withers.Withers;

/**
 * How {@link GradientBoostedTrees} grow. The defaults are XGBoost's.
 *
 * @param rounds how many at most, 100 by default
 * @param learningRate the share of each step that is taken, 0.3 by default
 * @param growth {@link Growth#LEVEL} by default
 * @param maxDepth questions on the longest path, 6 by default
 * @param maxLeaves most leaves of a tree; no limit by default
 * @param bins 0 looks at every threshold (exact); 2 to 255, 255 by default, at the borders of so many bins a feature
 * @param l2 penalty lambda on squared leaf weights, 1 by default
 * @param l1 penalty alpha on absolute leaf weights, 0 by default
 * @param minGain the price gamma of a split: what it must lower the objective by, 0 by default
 * @param minChildWeight least sum of second derivatives of a leaf, 1 by default
 * @param minSamplesLeaf least rows of a leaf, 1 by default
 * @param rowShare share of the rows that each round draws, 1 by default
 * @param featureShare share of the columns that each tree draws, 1 by default
 * @param goss gradient-based one-sided sampling of each round's rows; null, the default, for none
 * @param bundle whether columns that are never away from their commonest value together share a histogram; the trees stay the same. Off by
 *        default
 * @param ordered ordered boosting: the gradient of a row comes from models that have not seen it; needs {@link Growth#SYMMETRIC}. Off by
 *        default
 * @param dropout DART: each round is fitted to what the earlier ones without some leave over; null, the default, for none
 * @param monotone for each column 1 if scores may only rise with it, -1 if they may only fall, 0 if they are free; shorter lists end in
 *        zeros
 * @param interactions sets of columns: those of a path from the root stand together in one of them, a column of no set meets no other; empty,
 *        the default, for no such bound
 * @param categorical columns whose values are categories: replaced by ordered target statistics, see {@link TargetStatistics}
 * @param baseScore the score that all begin with; NaN, the default, for the best constant
 * @param validationShare share of the rows that is held out to see when to stop; 0, the default, for never
 * @param patience rounds without improvement on those after which to stop, 10 by default; the model keeps the rounds up to the best
 * @param seed of all draws
 */
@Withers
public record GbdtOptions(int rounds, double learningRate, Growth growth, int maxDepth, int maxLeaves, int bins, double l2, double l1,
        double minGain, double minChildWeight, int minSamplesLeaf, double rowShare, double featureShare, OneSidedSampling goss,
        boolean bundle, boolean ordered, TreeDropout dropout, List<Integer> monotone, List<List<Integer>> interactions,
        List<Integer> categorical, double baseScore, double validationShare, int patience, long seed) implements GbdtOptionsWithers {

    public static final GbdtOptions DEFAULT = new GbdtOptions(100, 0.3, Growth.LEVEL, 6, Integer.MAX_VALUE, 255, 1, 0, 0, 1, 1, 1, 1, null,
            false, false, null, List.of(), List.of(), List.of(), Double.NaN, 0, 10, 0);

    public GbdtOptions {
        if (rounds < 1) throw new IllegalArgumentException("rounds is " + rounds + "; at least 1 is needed");
        if (!(learningRate > 0 && learningRate < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("learningRate is " + learningRate + "; it lies above 0");
        if (maxDepth < 1) throw new IllegalArgumentException("maxDepth is " + maxDepth + "; a tree asks at least 1 question");
        if (maxLeaves < 2) throw new IllegalArgumentException("maxLeaves is " + maxLeaves + "; a tree has at least 2");
        if (bins != 0 && (bins < 2 || bins > 255))
            throw new IllegalArgumentException("bins is " + bins + "; 0 for all thresholds, else 2 to 255");
        if (bins == 0 && (growth == Growth.SYMMETRIC || bundle))
            throw new IllegalArgumentException("bins is 0; symmetric trees and bundles need bins, such as 255");
        if (growth == Growth.SYMMETRIC && maxDepth > 16)
            throw new IllegalArgumentException("maxDepth is " + maxDepth + "; a symmetric tree of depth d has 2^d leaves, at most 16");
        if (!(l2 >= 0 && l1 >= 0 && minGain >= 0 && minChildWeight >= 0)) throw new IllegalArgumentException(
                "l2 is " + l2 + ", l1 " + l1 + ", minGain " + minGain + ", minChildWeight " + minChildWeight + "; none may be negative");
        if (minSamplesLeaf < 1) throw new IllegalArgumentException("minSamplesLeaf is " + minSamplesLeaf + "; a leaf has at least 1 row");
        if (!(rowShare > 0 && rowShare <= 1 && featureShare > 0 && featureShare <= 1)) throw new IllegalArgumentException(
                "rowShare is " + rowShare + " and featureShare " + featureShare + "; both lie above 0 and up to 1");
        if (goss != null && rowShare < 1)
            throw new IllegalArgumentException("rowShare is " + rowShare + " with one-sided sampling; use one of them");
        if (ordered && growth != Growth.SYMMETRIC)
            throw new IllegalArgumentException("ordered boosting with " + growth + "; it needs SYMMETRIC trees");
        if (ordered && (goss != null || rowShare < 1))
            throw new IllegalArgumentException("ordered boosting sees all rows; leave rowShare at 1 and one-sided sampling off");
        if (ordered && dropout != null)
            throw new IllegalArgumentException("ordered boosting keeps all rounds; use it or dropout, not both");
        if (!(validationShare >= 0 && validationShare < 1))
            throw new IllegalArgumentException("validationShare is " + validationShare + "; it lies between 0 and 1");
        if (patience < 1) throw new IllegalArgumentException("patience is " + patience + "; at least 1 round");
        monotone = List.copyOf(monotone);
        interactions = interactions.stream().<List<Integer>>map(List::copyOf).toList();
        for (var set : interactions)
            if (set.isEmpty() || set.stream().anyMatch(c -> c < 0))
                throw new IllegalArgumentException("interactions has the set " + set + "; a set names columns from 0");
        categorical = List.copyOf(categorical);
        for (int i = 0; i < monotone.size(); i++) {
            int d = monotone.get(i);
            if (d < -1 || d > 1) throw new IllegalArgumentException("monotone direction " + d + " of column " + i + "; it is -1, 0 or 1");
            if (d != 0 && categorical.contains(i))
                throw new IllegalArgumentException("column " + i + " is categorical and monotone; categories have no order");
        }
    }

    /** Directions of the columns, in order: {@code withMonotone(1, 0, -1)}. */
    public GbdtOptions withMonotone(int... directions) { return withMonotone(Arrays.stream(directions).boxed().toList()); }

    public GbdtOptions withCategorical(int... columns) { return withCategorical(Arrays.stream(columns).boxed().toList()); }

    /** Sets of columns: {@code withInteractions(new int[] {0, 1}, new int[] {1, 2, 3})}. */
    public GbdtOptions withInteractions(int[]... sets) {
        return withInteractions(Arrays.stream(sets).map(set -> Arrays.stream(set).boxed().toList()).toList());
    }

    /** LightGBM's ways: leaf by leaf to 31 leaves of at least 20 rows, rate 0.1, no L2 penalty. */
    public static GbdtOptions leafWise() {
        return DEFAULT.withGrowth(Growth.LEAF).withMaxDepth(Integer.MAX_VALUE).withMaxLeaves(31).withLearningRate(0.1).withL2(0)
                .withMinSamplesLeaf(20).withMinChildWeight(1e-3);
    }

    /** CatBoost's ways: symmetric trees of depth 6, rate 0.03, L2 penalty 3, ordered boosting, 1,000 rounds. */
    public static GbdtOptions symmetric() {
        return DEFAULT.withGrowth(Growth.SYMMETRIC).withLearningRate(0.03).withL2(3).withRounds(1000).withOrdered(true)
                .withMinChildWeight(0);
    }

    boolean isRandom() {
        return rowShare < 1 || featureShare < 1 || goss != null || ordered || dropout != null || validationShare > 0
                || !categorical.isEmpty();
    }
}
