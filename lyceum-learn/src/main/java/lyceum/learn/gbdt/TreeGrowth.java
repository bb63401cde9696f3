package lyceum.learn.gbdt;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.PriorityQueue;
import lyceum.backend.Parallel;

/** Grows one tree on gradients and hessians. */
final class TreeGrowth {
    private final RowStore store;
    private final GbdtOptions options;
    private final LeafObjective objective;
    private final InteractionSets interactions;
    private int[] features;
    private final ArrayList<LeafNode> nodes = new ArrayList<>();

    TreeGrowth(RowStore store, GbdtOptions options) {
        this.store = store;
        this.options = options;
        this.objective = new LeafObjective(options.l2(), options.l1(), options.minChildWeight(), options.minSamplesLeaf(),
                options.monotone());
        this.interactions = new InteractionSets(options.interactions());
    }

    /** @param gh gradient and hessian of each row in turn @param leaves where each of the rows finds its leaf written */
    BoostedTree grow(int[] rows, double[] gh, int[] features, int[] leaves) {
        this.features = features;
        store.begin(rows, gh, features);
        double g = 0, h = 0;
        for (int row : rows) {
            g += gh[2 * row];
            h += gh[2 * row + 1];
        }
        if (!Double.isFinite(g) || !Double.isFinite(h))
            throw new IllegalArgumentException("boosting: the gradients of " + rows.length + " rows sum to " + g + " and their hessians to "
                    + h + "; an objective gives finite ones, as long as targets are moderate");
        var root = new LeafNode(0, 0, rows.length, 0, g, h);
        nodes.add(root);
        store.root(root);
        switch (options.growth()) {
            case LEVEL -> byLevel(root);
            case LEAF -> byLeaf(root);
            case SYMMETRIC -> symmetric(root);
        }
        for (var node : nodes) if (node.left == null) for (int i = node.from; i < node.to; i++) leaves[rows[i]] = node.id;
        return tree();
    }

    private boolean mayGrow(LeafNode node) { return node.depth < options.maxDepth() && node.rows() >= 2L * options.minSamplesLeaf(); }

    /** Looks for splits; of nodes that have none nothing is kept. */
    private void find(List<LeafNode> nodes) {
        var growing = nodes.stream().filter(this::mayGrow).toList();
        if (!growing.isEmpty()) store.search(growing, objective, options.minGain());
        for (var node : nodes) if (node.feature < 0) store.release(node);
    }

    private void byLevel(LeafNode root) {
        var queue = new ArrayDeque<LeafNode>();
        queue.add(root);
        int leaves = 1;
        while (!queue.isEmpty() && leaves < options.maxLeaves()) {
            var node = queue.poll();
            find(List.of(node));
            if (node.feature < 0) continue;
            split(node);
            leaves++;
            queue.add(node.left);
            queue.add(node.right);
        }
    }

    private void byLeaf(LeafNode root) {
        var queue = new PriorityQueue<LeafNode>((a, b) -> a.gain != b.gain ? Double.compare(b.gain, a.gain) : a.id - b.id);
        find(List.of(root));
        if (root.feature >= 0) queue.add(root);
        int leaves = 1;
        while (!queue.isEmpty() && leaves < options.maxLeaves()) {
            var node = queue.poll();
            split(node);
            if (++leaves == options.maxLeaves()) return;
            find(List.of(node.left, node.right));
            if (node.left.feature >= 0) queue.add(node.left);
            if (node.right.feature >= 0) queue.add(node.right);
        }
    }

    private void split(LeafNode node) {
        int middle = store.part(node);
        node.left = new LeafNode(nodes.size(), node.from, middle, node.depth + 1, node.leftGradient, node.leftHessian);
        nodes.add(node.left);
        node.right = new LeafNode(nodes.size(), middle, node.to, node.depth + 1, node.gradient - node.leftGradient,
                node.hessian - node.leftHessian);
        nodes.add(node.right);
        if (objective.isBounded()) objective.bound(node);
        if (!interactions.isEmpty()) {
            node.left.path = node.right.path = InteractionSets.longer(node.path, node.feature);
            node.left.features = node.right.features = interactions.allowed(node.left.path, features);
        }
        if (mayGrow(node.left) || mayGrow(node.right)) store.children(node);
        else store.release(node);
    }

    /** One question for all leaves of a level: the one of the largest sum of gains. */
    private void symmetric(LeafNode root) {
        var bins = (BinnedRows) store;
        var level = new ArrayList<LeafNode>();
        level.add(root);
        for (int depth = 0; depth < options.maxDepth(); depth++) {
            int[] features = level.getFirst().features == null ? this.features : level.getFirst().features; // alike in all of a level
            var best = new SymmetricSplit[features.length];
            Parallel.range(features.length, 1, 1000.0 * level.size(), (from, to) -> {
                for (int j = (int) from; j < to; j++) best[j] = SymmetricSplit.of(bins, features[j], level, objective);
            });
            SymmetricSplit chosen = null;
            for (var split : best)
                if (split.gain() > options.minGain() && (chosen == null || split.gain() > chosen.gain() + 1e-13 * chosen.gain()))
                    chosen = split;
            if (chosen == null) return;
            var next = new ArrayList<LeafNode>();
            for (var node : level) {
                chosen.put(bins, node, objective);
                split(node);
                next.add(node.left);
                next.add(node.right);
            }
            // Of a level that is too small nothing was counted.
            for (var node : next) if (node.histogram == null && depth + 1 < options.maxDepth()) bins.root(node);
            level.clear();
            level.addAll(next);
        }
    }

    private BoostedTree tree() {
        int n = nodes.size();
        int[] feature = new int[n], left = new int[n], right = new int[n], samples = new int[n];
        double[] threshold = new double[n], value = new double[n], gain = new double[n], gradient = new double[n], hessian = new double[n];
        var missingLeft = new boolean[n];
        Arrays.fill(feature, -1);
        Arrays.fill(left, -1);
        Arrays.fill(right, -1);
        Arrays.fill(threshold, Double.NaN);
        for (var node : nodes) {
            int i = node.id;
            samples[i] = node.rows();
            gradient[i] = node.gradient;
            hessian[i] = node.hessian;
            value[i] = options.learningRate() * objective.weight(node.gradient, node.hessian, node.low, node.high);
            if (node.left == null) continue;
            feature[i] = node.feature;
            threshold[i] = node.threshold;
            left[i] = node.left.id;
            right[i] = node.right.id;
            missingLeft[i] = node.missingLeft;
            gain[i] = node.gain;
        }
        return new BoostedTree(feature, threshold, left, right, missingLeft, value, gain, gradient, hessian, samples);
    }
}
