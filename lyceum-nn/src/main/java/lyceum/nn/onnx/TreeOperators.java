package lyceum.nn.onnx;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import lyceum.DType;
import lyceum.nn.onnx.Operator.Meaning;
import lyceum.tensor.Tensor;

/** Forests as tables of nodes, domain {@code ai.onnx.ml} up to version 4: where a row goes at each node, and what its leaf adds to which output. */
final class TreeOperators {
    static final String ROWS = "ai.onnx.ml:TreeEnsembleRegressor 1, ai.onnx.ml:TreeEnsembleClassifier 1";

    /** What a row means. */
    static Meaning meaning(String row) {
        return switch (row) {
            case "ai.onnx.ml:TreeEnsembleRegressor 1" -> c -> {
                int targets = (int) c.integer("n_targets", 1);
                var forest = new Forest(c, "target", "target_ids", targets);
                return MlOperators.transformed(c, forest.scores(c.x(0), c.text("aggregate_function", "SUM")));
            };
            case "ai.onnx.ml:TreeEnsembleClassifier 1" -> c -> {
                int classes = MlOperators.classes(c, "classlabels_int64s");
                var forest = new Forest(c, "class", "class_ids", classes);
                boolean single = classes == 2 && Arrays.stream(c.integers("class_ids")).distinct().count() == 1;
                if (!single) return MlOperators.decided(c, forest.scores(c.x(0), "SUM"), "classlabels_int64s");
                return MlOperators.decidedByOne(c, forest.scores(c.x(0), "SUM"), (int) c.integers("class_ids")[0], forest.isPositive(),
                        "classlabels_int64s");
            };
            default -> throw Operators.unknown(row);
        };
    }

    private TreeOperators() {}

    private record Place(long tree, long node) {}

    private static final class Forest {
        private final Map<Place, Integer> places = new HashMap<>();
        private final long[] features;
        private final long[] missing;
        private final int[] yes;
        private final int[] no;
        private final float[] values;
        private final String[] modes;
        private final int[] roots;
        /** For each node the numbers of its entries in the list of leaves. */
        private final int[][] leaves;
        private final long[] outputs;
        private final float[] weights;
        private final float[] base;
        private final int width;

        Forest(Call c, String prefix, String ids, int width) {
            this.width = width;
            long[] trees = c.integers("nodes_treeids"), nodes = c.integers("nodes_nodeids");
            int n = trees.length;
            features = c.integers("nodes_featureids");
            missing = c.integers("nodes_missing_value_tracks_true");
            values = c.sets("nodes_values") ? c.numbers("nodes_values")
                    : c.constant("nodes_values_as_tensor").tensor().to(DType.F32).toFloatArray();
            modes = c.texts("nodes_modes").toArray(String[]::new);
            long[] left = c.integers("nodes_truenodeids"), right = c.integers("nodes_falsenodeids");
            for (int size : new int[] {nodes.length, features.length, values.length, modes.length, left.length, right.length})
                if (size != n) throw new IllegalArgumentException("lists of " + n + " and of " + size + " nodes");
            for (int i = 0; i < n; i++) places.put(new Place(trees[i], nodes[i]), i);
            yes = new int[n];
            no = new int[n];
            var isChild = new boolean[n];
            for (int i = 0; i < n; i++) {
                if (modes[i].equals("LEAF")) continue;
                isChild[yes[i] = place(trees[i], left[i])] = true;
                isChild[no[i] = place(trees[i], right[i])] = true;
            }
            var seen = new HashMap<Long, Integer>();
            for (int i = 0; i < n; i++) if (!isChild[i]) seen.putIfAbsent(trees[i], i);
            roots = seen.values().stream().mapToInt(Integer::intValue).sorted().toArray();
            long[] leafTrees = c.integers(prefix + "_treeids"), leafNodes = c.integers(prefix + "_nodeids");
            outputs = c.integers(ids);
            weights = c.sets(prefix + "_weights") ? c.numbers(prefix + "_weights")
                    : c.constant(prefix + "_weights_as_tensor").tensor().to(DType.F32).toFloatArray();
            leaves = new int[n][0];
            for (int i = 0; i < outputs.length; i++) {
                if (outputs[i] < 0 || outputs[i] >= width) throw new IllegalArgumentException("output " + outputs[i] + " of " + width);
                int at = place(leafTrees[i], leafNodes[i]);
                leaves[at] = Arrays.copyOf(leaves[at], leaves[at].length + 1);
                leaves[at][leaves[at].length - 1] = i;
            }
            base = c.sets("base_values_as_tensor") ? c.constant("base_values_as_tensor").tensor().to(DType.F32).toFloatArray()
                    : c.numbers("base_values");
        }

        private int place(long tree, long node) {
            var place = places.get(new Place(tree, node));
            if (place == null) throw new IllegalArgumentException("tree " + tree + " has no node " + node);
            return place;
        }

        boolean isPositive() {
            for (float weight : weights) if (weight < 0) return false;
            return true;
        }

        private int leaf(double[] row, int node) {
            for (int turns = 0; !modes[node].equals("LEAF"); turns++) {
                if (turns > modes.length) throw new IllegalArgumentException("a tree has a cycle");
                double v = row[(int) features[node]];
                boolean left = v != v ? missing.length > 0 && missing[node] != 0 : passes(modes[node], v, values[node]);
                node = left ? yes[node] : no[node];
            }
            return node;
        }

        private static boolean passes(String mode, double v, double split) {
            return switch (mode) {
                case "BRANCH_LEQ" -> v <= split;
                case "BRANCH_LT" -> v < split;
                case "BRANCH_GTE" -> v >= split;
                case "BRANCH_GT" -> v > split;
                case "BRANCH_EQ" -> v == split;
                case "BRANCH_NEQ" -> v != split;
                default -> throw new IllegalArgumentException("mode " + mode + " is not known");
            };
        }

        /** A row of outputs for each row of x. */
        double[][] scores(Tensor x, String aggregate) {
            double[][] rows = x.to(DType.F64).toRows(), scores = new double[rows.length][width];
            for (int r = 0; r < rows.length; r++) {
                var seen = new boolean[width];
                for (int root : roots) for (int entry : leaves[leaf(rows[r], root)]) {
                    int at = (int) outputs[entry];
                    double w = weights[entry], old = scores[r][at];
                    scores[r][at] = !seen[at] ? w
                            : aggregate.equals("MIN") ? Math.min(old, w) : aggregate.equals("MAX") ? Math.max(old, w) : old + w;
                    seen[at] = true;
                }
                for (int t = 0; t < width; t++) {
                    if (aggregate.equals("AVERAGE")) scores[r][t] /= roots.length;
                    if (t < base.length) scores[r][t] += base[base.length == width ? t : 0];
                }
            }
            return scores;
        }
    }
}
