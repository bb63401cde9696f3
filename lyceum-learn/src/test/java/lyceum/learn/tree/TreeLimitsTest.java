package lyceum.learn.tree;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;

import java.util.Arrays;
import java.util.function.BiFunction;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Test;

/** Limits and pruning against the tree that has none. */
class TreeLimitsTest {

    /** What limits leave and pruning cuts is told by the impurities, weights and rows of the full tree. */
    @Acceptance(topic = "decision-tree", clause = 1)
    @Test void limitsAndPruningFollowFromTheFullTree() {
        var rng = Rng.of(9);
        var x = Tensor.randn(rng, DType.F64, 160, 4);
        var y = Tensor.randint(rng, 0, 3, 160).add(x.select(1, 0).gt(0).to(DType.I64)).compute();
        var weights = Tensor.rand(rng, DType.F64, 160).add(0.5).compute();
        int differing = 0, cuts = 0;
        var gap = Gap.absolute();
        for (var criterion : SplitCriterion.values()) {
            BiFunction<TreeOptions, Tensor, DecisionTree> fit = (options, w) -> criterion.isForClasses()
                    ? new DecisionTreeClassifier(criterion, options).fit(x, y, w).tree()
                    : new DecisionTreeRegressor(criterion, options).fit(x, y.to(DType.F64), w).tree();
            var none = TreeOptions.DEFAULT;
            var full = fit.apply(none, weights);
            int[] depth = new int[full.nodes()], samples = full.samples();
            double[] gain = new double[full.nodes()], mass = full.weight(), impurity = full.impurity();
            for (int i = 0; i < full.nodes(); i++) {
                if (full.isLeaf(i)) continue;
                int l = full.left()[i], r = full.right()[i];
                depth[l] = depth[r] = depth[i] + 1;
                gain[i] = (mass[i] * impurity[i] - mass[l] * impurity[l] - mass[r] * impurity[r]) / mass[0];
            }
            double[] gains = IntStream.range(0, full.nodes()).filter(i -> !full.isLeaf(i)).mapToDouble(i -> gain[i]).sorted().toArray();
            double least = (gains[gains.length / 2 - 1] + gains[gains.length / 2]) / 2;
            int[] shallow = rest(full, i -> depth[i] == 3);
            if (!Arrays.equals(rest(full, i -> gain[i] < least), fit.apply(none.withMinImpurityDecrease(least), weights).samples()))
                differing++;
            if (!Arrays.equals(rest(full, i -> samples[i] < 30), fit.apply(none.withMinSamplesSplit(30), weights).samples())) differing++;
            if (!Arrays.equals(shallow, fit.apply(none.withMaxDepth(3), weights).samples())) differing++;
            // The best node first, with room for all: the same nodes in another order.
            int[] bestFirst = fit.apply(none.withMaxDepth(3).withMaxLeafNodes(1000), weights).samples();
            Arrays.sort(shallow);
            Arrays.sort(bestFirst);
            if (!Arrays.equals(shallow, bestFirst)) differing++;
            // A sixteenth of 160 equal weights is ten rows.
            if (!Arrays.equals(fit.apply(none.withMinSamplesLeaf(10), null).samples(),
                    fit.apply(none.withMinWeightShareLeaf(1 / 16.0), null).samples()))
                differing++;
            var path = full.pruningPath();
            double[] alphas = path.alphas();
            for (int i = 0; i < alphas.length; i++) {
                while (i + 1 < alphas.length && alphas[i + 1] <= alphas[i]) i++;
                var pruned = full.pruned(alphas[i]);
                double left = 0;
                for (int node = 0; node < pruned.nodes(); node++)
                    if (pruned.isLeaf(node)) left += pruned.weight()[node] * pruned.impurity()[node] / mass[0];
                gap.see(criterion + ", leaves at " + alphas[i], pruned.leaves(), path.leaves()[i]);
                gap.see(criterion + ", impurity at " + alphas[i], left, path.impurities()[i]);
                cuts++;
            }
        }
        Evidence.of("limited trees, of 25, that are not what the full one leaves", differing, exactly(0));
        Evidence.of("trees pruned at the strengths of their paths", cuts, above(100));
        Evidence.of("their leaves and impurity against the path", gap, below(1e-12));
    }

    /** Rows of each node that stays, in order, if these nodes become leaves. */
    private static int[] rest(DecisionTree tree, IntPredicate leaf) {
        var gone = new boolean[tree.nodes()];
        for (int i = 0; i < tree.nodes(); i++) if (!tree.isLeaf(i)) gone[tree.left()[i]] = gone[tree.right()[i]] = gone[i] || leaf.test(i);
        return IntStream.range(0, tree.nodes()).filter(i -> !gone[i]).map(i -> tree.samples()[i]).toArray();
    }
}
