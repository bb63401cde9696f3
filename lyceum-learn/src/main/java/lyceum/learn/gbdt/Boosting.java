package lyceum.learn.gbdt;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.backend.Parallel;
import lyceum.random.Rng;

/** The rounds of a fit. */
final class Boosting {
    private final GbdtOptions options;
    private final double[] flat;
    private final int n, p;
    private final Rng rng;
    private final RowStore store;

    /** @param flat n rows of p columns */
    Boosting(GbdtOptions options, double[] flat, int n, int p) {
        this.options = options;
        this.flat = flat;
        this.n = n;
        this.p = p;
        this.rng = Rng.of(options.seed());
        this.store = options.bins() == 0 ? new ExactRows(flat, n, p) : new BinnedRows(flat, n, p, options.bins(), options.bundle());
    }

    /** @param held rows held out and their loss, or null */
    GradientBoostedTrees fit(BoostingObjective objective, double parameter, Gradients loss, double[] heldRows, Gradients held,
            List<TargetStatistics> encodings) {
        int k = loss.outputs();
        double[] start = loss.start();
        if (!Double.isNaN(options.baseScore())) Arrays.fill(start, options.baseScore());
        for (double s : start)
            if (!Double.isFinite(s)) throw new IllegalArgumentException("boosting: the best constant score of these targets under "
                    + objective + " is " + s + "; the targets are all alike at its edge (all 0, say)");
        var fitted = new ScoredRows(flat, n, p, start);
        var judged = new ScoredRows(heldRows, held == null ? 0 : heldRows.length / p, p, start);
        var trees = new ArrayList<BoostedTree>();
        double[] train = new double[options.rounds()], validation = new double[held == null ? 0 : options.rounds()];
        double least = held == null ? 0 : held.loss(judged.scores);
        double[] weights = {}, bestWeights = {1};
        int best = 0, done = 0;
        var gh = new double[k][2 * n];
        var leaves = new int[k][n];
        var ordered = options.ordered() ? new OrderedModels((Gradients.Pointwise) loss, options, start[0], rng.split(-2)) : null;
        for (; done < options.rounds(); done++) {
            var round = rng.split(done);
            int[] left = options.dropout() == null ? new int[0] : options.dropout().draw(weights, round.split(-1));
            for (int r : left) fitted.add(trees, r, -weights[r]);
            loss.at(fitted.scores, gh);
            for (int c = 0; c < k; c++)
                trees.add(ordered == null ? grow(gh[c], round.split(c), loss, fitted.scores, leaves[c])
                        : orderedTree(ordered, gh[c], round, leaves[c]));
            if (options.dropout() != null) {
                double factor = options.dropout().factor(left.length, options.learningRate());
                for (int r : left) {
                    fitted.add(trees, r, factor * weights[r]);
                    judged.add(trees, r, (factor - 1) * weights[r]);
                    weights[r] *= factor;
                }
                weights = Arrays.copyOf(weights, done + 1);
                weights[done] = options.dropout().ownWeight(left.length, options.learningRate());
            }
            double own = options.dropout() == null ? 1 : weights[done];
            if (options.goss() == null && options.rowShare() == 1) fitted.add(trees, done, own, leaves);
            else fitted.add(trees, done, own);
            judged.add(trees, done, own);
            train[done] = loss.loss(fitted.scores);
            if (held == null) continue;
            validation[done] = held.loss(judged.scores);
            if (validation[done] < least) {
                least = validation[done];
                best = done + 1;
                bestWeights = weights.clone();
            } else if (done + 1 - best >= options.patience()) {
                done++;
                break;
            }
        }
        int count = held == null ? done : Math.max(1, best);
        double[] kept = held == null ? weights : bestWeights, treeWeights = new double[options.dropout() == null ? 0 : count * k];
        for (int t = 0; t < treeWeights.length; t++) treeWeights[t] = kept[t / k];
        return new GradientBoostedTrees(p, objective, parameter, start, trees.subList(0, count * k), treeWeights, false, encodings,
                Arrays.copyOf(train, count), Arrays.copyOf(validation, held == null ? 0 : done));
    }

    /** Rows and their scores so far, one an output. */
    private static final class ScoredRows {
        private final double[] rows;
        private final int count, p, k;
        final double[] scores;

        ScoredRows(double[] rows, int count, int p, double[] start) {
            this.rows = rows;
            this.count = count;
            this.p = p;
            this.k = start.length;
            this.scores = new double[count * k];
            for (int i = 0; i < scores.length; i++) scores[i] = start[i % k];
        }

        /** Adds the trees of a round, so many times. */
        void add(List<BoostedTree> trees, int round, double weight) {
            var walks = new PackedTrees(trees.subList(round * k, (round + 1) * k), p, count);
            Parallel.range(count, 1024, 20, (from, to) -> walks.each(rows, (int) from, (int) to, (c, first, values, m) -> {
                for (int i = 0; i < m; i++) scores[(first + i) * k + c] += weight * values[i];
            }));
        }

        /** The same where every row's leaf is known. */
        void add(List<BoostedTree> trees, int round, double weight, int[][] leaves) {
            for (int c = 0; c < k; c++) {
                double[] value = trees.get(round * k + c).value();
                int[] leaf = leaves[c];
                int at = c;
                Parallel.range(count, 8192, 2, (from, to) -> {
                    for (int i = (int) from; i < to; i++) scores[i * k + at] += weight * value[leaf[i]];
                });
            }
        }
    }

    private BoostedTree grow(double[] gh, Rng rng, Gradients loss, double[] scores, int[] leaves) {
        int[] rows;
        double[] used = gh, factors = null;
        if (options.goss() != null) {
            var sizes = new double[n];
            for (int i = 0; i < n; i++) sizes[i] = gh[2 * i];
            var sample = options.goss().draw(sizes, rng.split(0));
            rows = sample.rows();
            factors = sample.factors();
            used = gh.clone();
            for (int i = 0; i < rows.length; i++) {
                used[2 * rows[i]] *= factors[i];
                used[2 * rows[i] + 1] *= factors[i];
            }
        } else if (options.rowShare() < 1) {
            rows = rng.split(0).sample(n, Math.max(1, (int) Math.round(options.rowShare() * n)));
            Arrays.sort(rows);
        } else rows = all(n);
        boolean refits = loss instanceof Gradients.Pointwise own && own.objective().refitsLeaves();
        int[] grown = refits ? rows.clone() : rows; // growing puts them in the order of leaves
        var tree = new TreeGrowth(store, options).grow(grown, used, features(rng), leaves);
        return refits ? refitted(tree, rows, leaves, factors, (Gradients.Pointwise) loss, scores) : tree;
    }

    /** The tree with the values that its objective gives the leaves. @param factors what each of the rows counts, or null for 1 */
    private BoostedTree refitted(BoostedTree tree, int[] rows, int[] leafOf, double[] factors, Gradients.Pointwise loss, double[] scores) {
        double[] value = tree.value();
        int[] leaves = new int[rows.length], next = new int[tree.nodes() + 1], order = new int[rows.length];
        for (int i = 0; i < rows.length; i++) {
            leaves[i] = leafOf[rows[i]];
            if (loss.w()[rows[i]] > 0) next[leaves[i] + 1]++;
        }
        for (int v = 0; v < tree.nodes(); v++) next[v + 1] += next[v];
        int[] from = next.clone();
        for (int i = 0; i < rows.length; i++) if (loss.w()[rows[i]] > 0) order[next[leaves[i]]++] = i;
        Parallel.range(tree.nodes(), 1, 2000, (first, last) -> {
            for (int v = (int) first; v < last; v++) {
                int m = from[v + 1] - from[v];
                if (m == 0) continue;
                double[] y = new double[m], f = new double[m], w = new double[m];
                for (int i = 0; i < m; i++) {
                    int at = order[from[v] + i], row = rows[at];
                    y[i] = loss.y()[row];
                    f[i] = scores[row];
                    w[i] = factors == null ? loss.w()[row] : factors[at] * loss.w()[row];
                }
                value[v] = options.learningRate() * loss.objective().leaf(y, f, w);
            }
        });
        return withValues(tree, value, tree.hessian());
    }

    private BoostedTree orderedTree(OrderedModels models, double[] gh, Rng rng, int[] leaves) {
        var tree = new TreeGrowth(store, options).grow(all(n), models.gradients(), features(rng), leaves);
        models.add(tree, leaves);
        // The structure is that of honest gradients; what is added to the model is told by all rows.
        double[] g = new double[tree.nodes()], h = new double[tree.nodes()], value = tree.value();
        for (int i = 0; i < n; i++) {
            g[leaves[i]] += gh[2 * i];
            h[leaves[i]] += gh[2 * i + 1];
        }
        var leaf = new LeafObjective(options.l2(), options.l1(), 0, 1, List.of());
        for (int v = 0; v < value.length; v++)
            if (tree.isLeaf(v))
                value[v] = options.learningRate() * leaf.weight(g[v], h[v], Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);
        return withValues(tree, value, h);
    }

    /** The tree with other values, which keep to monotone directions. @param hessian by which values of inner nodes are averaged then */
    private BoostedTree withValues(BoostedTree tree, double[] value, double[] hessian) {
        if (options.monotone().stream().anyMatch(d -> d != 0)) MonotoneBounds.apply(tree, options.monotone(), hessian, value);
        return new BoostedTree(tree.feature(), tree.threshold(), tree.left(), tree.right(), tree.missingLeft(), value, tree.gain(),
                tree.gradient(), tree.hessian(), tree.samples());
    }

    private int[] features(Rng rng) {
        if (options.featureShare() == 1) return all(p);
        int[] drawn = rng.split(1).sample(p, Math.max(1, (int) Math.round(options.featureShare() * p)));
        Arrays.sort(drawn);
        return drawn;
    }

    private static int[] all(int n) {
        var all = new int[n];
        for (int i = 0; i < n; i++) all[i] = i;
        return all;
    }
}
