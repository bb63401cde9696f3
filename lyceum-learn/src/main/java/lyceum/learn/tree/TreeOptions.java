package lyceum.learn.tree;

import java.util.Arrays;
import java.util.List;
import lyceum.withers.Withers;

/**
 * When a tree stops growing and where it may split; shared by classifier, regressor and forests.
 *
 * @param maxDepth questions on the longest path; no limit by default
 * @param minSamplesSplit least rows of a node that is split, 2 by default
 * @param minSamplesLeaf least rows of a leaf, 1 by default
 * @param minWeightShareLeaf least weight of a leaf as a share of all weight, 0 by default
 * @param maxLeafNodes most leaves; with a limit the node of the largest decrease is split first (best-first growth)
 * @param minImpurityDecrease a split must lower {@code weight share times impurity} by this at least, 0 by default
 * @param maxFeatures features drawn at random for each node; all by default
 * @param randomThresholds one uniformly drawn threshold a feature instead of the best one (extremely randomised trees, Geurts 2006)
 * @param bins 0, the default, looks at every threshold; 2 to 255 only at the borders of so many quantile bins, for large data
 * @param categorical columns whose values are categories: a question is "is it one of these?"
 * @param pruningAlpha cost-complexity pruning: the smallest subtree that minimises {@code R(T) + alpha |T|}; 0, no pruning, by default
 * @param monotone for each column 1 if answers may only rise with it, -1 if they may only fall, 0 if they are free; shorter lists end in zeros.
 *        For trees of numbers with the squared error or Poisson
 * @param seed of random features and thresholds
 */
@Withers
public record TreeOptions(int maxDepth, int minSamplesSplit, int minSamplesLeaf, double minWeightShareLeaf, int maxLeafNodes,
        double minImpurityDecrease, int maxFeatures, boolean randomThresholds, int bins, List<Integer> categorical, double pruningAlpha,
        List<Integer> monotone, long seed) implements TreeOptionsWithers {

    /** No limits. */
    public static final TreeOptions DEFAULT = new TreeOptions(Integer.MAX_VALUE, 2, 1, 0, Integer.MAX_VALUE, 0, Integer.MAX_VALUE, false, 0,
            List.of(), 0, List.of(), 0);

    public TreeOptions {
        if (maxDepth < 1) throw new IllegalArgumentException("maxDepth is " + maxDepth + "; a tree asks at least 1 question");
        if (minSamplesSplit < 2)
            throw new IllegalArgumentException("minSamplesSplit is " + minSamplesSplit + "; at least 2 rows can be split");
        if (minSamplesLeaf < 1) throw new IllegalArgumentException("minSamplesLeaf is " + minSamplesLeaf + "; a leaf has at least 1 row");
        if (!(minWeightShareLeaf >= 0 && minWeightShareLeaf <= 0.5))
            throw new IllegalArgumentException("minWeightShareLeaf is " + minWeightShareLeaf + "; it lies between 0 and 0.5");
        if (maxLeafNodes < 2) throw new IllegalArgumentException("maxLeafNodes is " + maxLeafNodes + "; a tree has at least 2 leaves");
        if (!(minImpurityDecrease >= 0))
            throw new IllegalArgumentException("minImpurityDecrease is " + minImpurityDecrease + "; it is at least 0");
        if (maxFeatures < 1) throw new IllegalArgumentException("maxFeatures is " + maxFeatures + "; at least 1 feature is looked at");
        if (bins != 0 && (bins < 2 || bins > 255))
            throw new IllegalArgumentException("bins is " + bins + "; 0 for all thresholds, else 2 to 255");
        if (bins != 0 && randomThresholds) throw new IllegalArgumentException(
                "bins is " + bins + " with random thresholds; random thresholds need no bins, leave them at 0");
        if (!(pruningAlpha >= 0)) throw new IllegalArgumentException("pruningAlpha is " + pruningAlpha + "; it is at least 0");
        categorical = List.copyOf(categorical);
        for (int column : categorical)
            if (column < 0) throw new IllegalArgumentException("categorical column " + column + "; columns count from 0");
        monotone = List.copyOf(monotone);
        for (int i = 0; i < monotone.size(); i++) {
            int direction = monotone.get(i);
            if (direction < -1 || direction > 1)
                throw new IllegalArgumentException("monotone direction " + direction + " of column " + i + "; it is -1, 0 or 1");
            if (direction != 0 && categorical.contains(i))
                throw new IllegalArgumentException("column " + i + " is categorical and monotone; categories have no order");
        }
    }

    /** Directions of the columns, in order: {@code withMonotone(1, 0, -1)}. */
    public TreeOptions withMonotone(int... directions) {
        var monotone = Arrays.stream(directions).boxed().toList();
        return new TreeOptions(maxDepth, minSamplesSplit, minSamplesLeaf, minWeightShareLeaf, maxLeafNodes, minImpurityDecrease,
                maxFeatures, randomThresholds, bins, categorical, pruningAlpha, monotone, seed);
    }

    boolean isRandom() { return randomThresholds || maxFeatures != Integer.MAX_VALUE; }

    public TreeOptions withCategorical(int... columns) {
        var categorical = Arrays.stream(columns).boxed().toList();
        return new TreeOptions(maxDepth, minSamplesSplit, minSamplesLeaf, minWeightShareLeaf, maxLeafNodes, minImpurityDecrease,
                maxFeatures, randomThresholds, bins, categorical, pruningAlpha, monotone, seed);
    }
}
