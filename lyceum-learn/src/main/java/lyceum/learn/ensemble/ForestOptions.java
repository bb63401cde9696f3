package lyceum.learn.ensemble;

import java.util.Arrays;
import lyceum.learn.tree.TreeColumns;
import lyceum.learn.tree.TreeOptions;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * What makes a forest of trees.
 *
 * @param trees how many, 100 by default
 * @param features how many features each node draws, unless {@link TreeOptions#maxFeatures} says it
 * @param bootstrap whether each tree's rows are drawn with replacement, true by default, or without
 * @param sampleShare rows drawn for a tree as a share of all, 1 by default; without replacement at most 1, which is all rows
 * @param balance whether rare classes count for more; not by default
 */
@Withers
public record ForestOptions(int trees, FeatureRule features, boolean bootstrap, double sampleShare, ClassBalance balance)
        implements ForestOptionsWithers {
    public ForestOptions {
        if (trees < 1) throw new IllegalArgumentException("trees is " + trees + "; a forest has at least 1");
        if (!(sampleShare > 0 && sampleShare < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("sampleShare is " + sampleShare + "; it lies above 0");
        if (!bootstrap && sampleShare > 1)
            throw new IllegalArgumentException("sampleShare is " + sampleShare + " without replacement; it lies above 0 and up to 1");
    }

    TreeColumns columns(Tensor x, TreeOptions tree) {
        int p = (int) x.size(1);
        return TreeColumns.of(x, tree.maxFeatures() == Integer.MAX_VALUE ? tree.withMaxFeatures(features.of(p)) : tree);
    }

    /** Whether a tree depends on the seed. */
    boolean isRandom(TreeOptions tree) {
        return isDrawn() || features != FeatureRule.ALL || tree.maxFeatures() != Integer.MAX_VALUE || tree.randomThresholds();
    }

    /** Whether a tree may see fewer rows than there are. */
    boolean isDrawn() { return bootstrap || sampleShare < 1; }

    /** How often a tree sees each row of n. */
    int[] counts(Rng rng, int n) {
        var counts = new int[n];
        int m = (int) Math.max(1, Math.round(n * sampleShare));
        if (!isDrawn()) Arrays.fill(counts, 1);
        else if (bootstrap) for (int i = 0; i < m; i++) counts[rng.nextInt(n)]++;
        else for (int row : rng.sample(n, m)) counts[row] = 1;
        return counts;
    }
}
