package lyceum.learn.tree;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.PriorityQueue;
import lyceum.random.Rng;

/** Grows a tree from its root: depth first, or the node of the largest decrease first where the number of leaves is limited. */
final class Grower {
    private final TreeData data;
    private final TreeOptions options;
    private final Splitter splitter;
    private final Limits limits;
    private final ArrayList<Grown> nodes = new ArrayList<>();
    private final Rng rng;

    /** A node: its rows, statistics and, if it may be split, its best split and the decrease that this brings. */
    private static final class Grown {
        final int id, from, to, depth;
        final int[] live;
        final ValueBounds bounds;
        double[] statistics, answer;
        double weight, impurity, decrease;
        Split split;
        int left = -1, right = -1;

        Grown(int id, int from, int to, int depth, int[] live, ValueBounds bounds) {
            this.id = id;
            this.from = from;
            this.to = to;
            this.depth = depth;
            this.live = live;
            this.bounds = bounds;
        }
    }

    Grower(TreeData data, TreeOptions options) {
        this.data = data;
        this.options = options;
        this.limits = new Limits(options.minSamplesLeaf(), options.minWeightShareLeaf() * data.totalWeight);
        this.splitter = options.bins() > 0 ? new HistogramSplitter(data, options, limits)
                : data.given.ranks != null ? new SampledSplitter(data, options, limits) : new ExactSplitter(data, options, limits);
        this.rng = Rng.of(options.seed());
    }

    DecisionTree grow() {
        var all = new int[data.p];
        for (int f = 0; f < all.length; f++) all[f] = f;
        var root = node(0, data.n, 0, all, ValueBounds.of(options.monotone()));
        if (options.maxLeafNodes() == Integer.MAX_VALUE) depthFirst(root);
        else bestFirst(root);
        var tree = tree();
        return options.pruningAlpha() > 0 ? tree.pruned(options.pruningAlpha()) : tree;
    }

    private void depthFirst(Grown root) {
        // Children are numbered when they are taken up, so that a left subtree stands before the right one.
        record Waiting(Grown parent, boolean isLeft, int from, int to, int[] live, ValueBounds bounds) {}
        var stack = new ArrayDeque<Waiting>();
        var node = root;
        while (true) {
            if (node.split != null) {
                int[] live = node.live;
                int middle = part(node);
                stack.push(new Waiting(node, false, middle, node.to, live, bounds(node, middle, false)));
                stack.push(new Waiting(node, true, node.from, middle, live, bounds(node, middle, true)));
            }
            if (stack.isEmpty()) return;
            var next = stack.pop();
            node = node(next.from, next.to, next.parent.depth + 1, next.live, next.bounds);
            if (next.isLeft) next.parent.left = node.id;
            else next.parent.right = node.id;
        }
    }

    private void bestFirst(Grown root) {
        var queue = new PriorityQueue<Grown>((a, b) -> a.decrease != b.decrease ? Double.compare(b.decrease, a.decrease) : a.id - b.id);
        if (root.split != null) queue.add(root);
        int leaves = 1;
        while (!queue.isEmpty() && leaves < options.maxLeafNodes()) {
            var node = queue.poll();
            int middle = part(node);
            var left = node(node.from, middle, node.depth + 1, node.live, bounds(node, middle, true));
            var right = node(middle, node.to, node.depth + 1, node.live, bounds(node, middle, false));
            node.left = left.id;
            node.right = right.id;
            leaves++;
            if (left.split != null) queue.add(left);
            if (right.split != null) queue.add(right);
        }
        for (var node : nodes) if (node.left < 0) node.split = null;
    }

    private int part(Grown node) {
        int middle = splitter.part(node.from, node.to, node.live, node.split);
        if (!node.split.missingSeen) node.split.missingLeft = middle - node.from > node.to - middle;
        return middle;
    }

    /** What the answers below a child of the node may be. */
    private ValueBounds bounds(Grown node, int middle, boolean ofLeft) {
        if (node.bounds == null) return null;
        double between = (mean(node.from, middle) + mean(middle, node.to)) / 2;
        return ofLeft ? node.bounds.left(node.split.feature, between) : node.bounds.right(node.split.feature, between);
    }

    private double mean(int from, int to) {
        var statistics = new double[data.size];
        for (int i = from; i < to; i++) data.add(statistics, 0, splitter.rows()[i]);
        return statistics[1] / statistics[0];
    }

    private Grown node(int from, int to, int depth, int[] live, ValueBounds bounds) {
        int[] rows = splitter.rows();
        boolean pure = data.isPure(rows, from, to);
        boolean leaf = pure || depth >= options.maxDepth() || to - from < options.minSamplesSplit()
                || to - from < 2L * options.minSamplesLeaf();
        var node = new Grown(nodes.size(), from, to, depth, leaf ? null : splitter.varying(from, to, live), bounds);
        nodes.add(node);
        var statistics = new double[data.size];
        for (int i = from; i < to; i++) data.add(statistics, 0, rows[i]);
        node.weight = data.weight(statistics, 0);
        node.impurity = pure ? 0 : impurity(statistics, rows, from, to);
        node.statistics = statistics;
        node.answer = data.answer(statistics, rows, from, to);
        if (leaf || node.weight < 2 * limits.weight()) return node;
        int[] looked = options.maxFeatures() < node.live.length ? drawn(node) : node.live;
        if (looked.length == 0) return node;
        var split = splitter.best(from, to, looked, statistics, bounds, rng.split(node.id));
        if (split.feature < 0) return node;
        node.decrease = decrease(node, split);
        if (node.decrease + 0x1p-52 >= options.minImpurityDecrease()) node.split = split;
        return node;
    }

    private int[] drawn(Grown node) {
        int[] places = rng.split(~node.id).sample(node.live.length, options.maxFeatures());
        Arrays.sort(places);
        for (int i = 0; i < places.length; i++) places[i] = node.live[places[i]];
        return places;
    }

    private double impurity(double[] statistics, int[] rows, int from, int to) {
        return data.criterion == SplitCriterion.ABSOLUTE_ERROR ? new AbsoluteError(data, rows, from, to).impurity()
                : data.criterion.impurity(statistics, 0, data.size);
    }

    /** How much the split lowers the weighted impurity, as a share of all weight. */
    private double decrease(Grown node, Split split) {
        if (options.minImpurityDecrease() == 0 && options.maxLeafNodes() == Integer.MAX_VALUE) return 0;
        int[] rows = splitter.rows(), left = new int[node.to - node.from], right = new int[node.to - node.from];
        int l = 0, r = 0;
        double[] leftStatistics = new double[data.size], rightStatistics = new double[data.size];
        for (int i = node.from; i < node.to; i++) {
            int row = rows[i];
            boolean goesLeft = split.goesLeft(data.columns[split.feature][row]);
            data.add(goesLeft ? leftStatistics : rightStatistics, 0, row);
            if (goesLeft) left[l++] = row;
            else right[r++] = row;
        }
        double leftWeight = data.weight(leftStatistics, 0), rightWeight = data.weight(rightStatistics, 0);
        return (node.weight * node.impurity - leftWeight * impurity(leftStatistics, left, 0, l)
                - rightWeight * impurity(rightStatistics, right, 0, r)) / data.totalWeight;
    }

    private DecisionTree tree() {
        int n = nodes.size(), outputs = nodes.getFirst().answer.length;
        int[] feature = new int[n], left = new int[n], right = new int[n], samples = new int[n];
        double[] threshold = new double[n], impurity = new double[n], weight = new double[n], value = new double[n * outputs];
        var missingLeft = new boolean[n];
        var categories = new ArrayList<CategorySplit>();
        for (int i = 0; i < n; i++) {
            var node = nodes.get(i);
            feature[i] = node.split == null ? -1 : node.split.feature;
            threshold[i] = node.split == null ? Double.NaN : node.split.threshold;
            missingLeft[i] = node.split != null && node.split.missingLeft;
            left[i] = node.left;
            right[i] = node.right;
            samples[i] = node.to - node.from;
            impurity[i] = node.impurity;
            weight[i] = node.weight;
            System.arraycopy(node.answer, 0, value, i * outputs, outputs);
            if (node.split != null && node.split.leftCategories != null)
                categories.add(new CategorySplit(i, node.split.leftCategories, node.split.rightCategories));
        }
        return new DecisionTree(data.p, data.criterion, feature, threshold, left, right, missingLeft, impurity, samples, weight, outputs,
                value, categories);
    }
}
