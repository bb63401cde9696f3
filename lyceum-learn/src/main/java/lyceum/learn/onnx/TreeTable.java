package lyceum.learn.onnx;

import static lyceum.learn.onnx.LearnerGraph.set;

import java.util.ArrayList;
import java.util.List;
import lyceum.format.OnnxFile.Attribute;
import lyceum.learn.gbdt.BoostedTree;
import lyceum.learn.tree.DecisionTree;

/**
 * Trees as the table that {@code TreeEnsembleRegressor} holds: a row a node. Its thresholds are single floats: the one at or below ours, for questions whether a
 * value is at most as large, at or above for questions whether it is smaller; no single float lies between, so that none is answered otherwise.
 */
final class TreeTable {
    private final List<Long> trees = new ArrayList<>(), numbers = new ArrayList<>(), features = new ArrayList<>(), yes = new ArrayList<>(),
            no = new ArrayList<>(), missing = new ArrayList<>(), leafTrees = new ArrayList<>(), leaves = new ArrayList<>(),
            targets = new ArrayList<>();
    private final List<Double> thresholds = new ArrayList<>(), weights = new ArrayList<>();
    private final List<String> modes = new ArrayList<>();
    private int count;

    /** @param target of the tree's answer, or of its first if it has several */
    void add(DecisionTree tree, int target, double scale) {
        if (!tree.categories().isEmpty()) throw new IllegalArgumentException(
                "OnnxLearner: a tree asks whether a column is one of some categories, which ai.onnx.ml has no question for; encode them as columns of 0 and 1");
        double[] threshold = tree.threshold(), value = tree.value();
        for (int i = 0; i < threshold.length; i++) {
            var values = new double[tree.outputs()];
            for (int k = 0; k < values.length; k++) values[k] = scale * value[i * values.length + k];
            row(i, tree.isLeaf(i), "BRANCH_LEQ", atMost(threshold[i]), target, values);
        }
        branches(tree.feature(), tree.left(), tree.right(), tree.missingLeft());
    }

    void add(BoostedTree tree, int target, double scale) {
        double[] threshold = tree.threshold(), value = tree.value();
        for (int i = 0; i < threshold.length; i++) row(i, tree.isLeaf(i), "BRANCH_LT", -atMost(-threshold[i]), target, scale * value[i]);
        branches(tree.feature(), tree.left(), tree.right(), tree.missingLeft());
    }

    /** The largest single float that is not above a number. */
    static double atMost(double x) {
        float near = (float) x;
        return near > x ? Math.nextDown(near) : near;
    }

    private void row(int node, boolean isLeaf, String mode, double threshold, int target, double... values) {
        trees.add((long) count);
        numbers.add((long) node);
        modes.add(isLeaf ? "LEAF" : mode);
        thresholds.add(isLeaf ? 0 : threshold);
        if (!isLeaf) return;
        for (int k = 0; k < values.length; k++) {
            leafTrees.add((long) count);
            leaves.add((long) node);
            targets.add((long) target + k);
            weights.add(values[k]);
        }
    }

    private void branches(int[] feature, int[] left, int[] right, boolean[] missingLeft) {
        for (int i = 0; i < feature.length; i++) {
            features.add((long) Math.max(0, feature[i]));
            yes.add((long) Math.max(0, left[i]));
            no.add((long) Math.max(0, right[i]));
            missing.add(feature[i] >= 0 && missingLeft[i] ? 1L : 0L);
        }
        count++;
    }

    /** Attributes of the operator. @param aggregate SUM or AVERAGE @param start of each output, or nothing */
    Attribute[] attributes(int outputs, String aggregate, double... start) {
        var all = new ArrayList<>(List.of(set("nodes_treeids", longs(trees)), set("nodes_nodeids", longs(numbers)),
                set("nodes_featureids", longs(features)), set("nodes_values", doubles(thresholds)), set("nodes_modes", modes),
                set("nodes_truenodeids", longs(yes)), set("nodes_falsenodeids", longs(no)),
                set("nodes_missing_value_tracks_true", longs(missing)), set("target_treeids", longs(leafTrees)),
                set("target_nodeids", longs(leaves)), set("target_ids", longs(targets)), set("target_weights", doubles(weights)),
                set("n_targets", (long) outputs), set("aggregate_function", aggregate), set("post_transform", "NONE")));
        if (start.length > 0) all.add(set("base_values", start));
        return all.toArray(Attribute[]::new);
    }

    private static long[] longs(List<Long> values) { return values.stream().mapToLong(Long::longValue).toArray(); }

    private static double[] doubles(List<Double> values) { return values.stream().mapToDouble(Double::doubleValue).toArray(); }
}
