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
    GradientBoostedTrees fit(BoostingObjective objective, Gradients loss, double[] heldRows, Gradients held,
            List<TargetStatistics> encodings) {
        int k = loss.outputs();
        double[] start = loss.start();
        if (!Double.isNaN(options.baseScore())) Arrays.fill(start, options.baseScore());
        double[] f = repeated(start, n);
        int m = held == null ? 0 : heldRows.length / p;
        double[] heldScores = repeated(start, m);
        var trees = new ArrayList<BoostedTree>();
        double[] train = new double[options.rounds()], validation = new double[held == null ? 0 : options.rounds()];
        double least = held == null ? 0 : held.loss(heldScores);
        int best = 0, done = 0;
        var gh = new double[k][2 * n];
        var ordered = options.ordered() ? new OrderedModels((Gradients.Pointwise) loss, options, start[0], rng.split(-2)) : null;
        for (; done < options.rounds(); done++) {
            loss.at(f, gh);
            for (int c = 0; c < k; c++) {
                var tree = ordered == null ? grow(gh[c], rng.split(done).split(c)) : orderedTree(ordered, gh[c], rng.split(done));
                trees.add(tree);
                add(tree, flat, n, f, k, c);
                add(tree, heldRows, m, heldScores, k, c);
            }
            train[done] = loss.loss(f);
            if (held == null) continue;
            validation[done] = held.loss(heldScores);
            if (validation[done] < least) {
                least = validation[done];
                best = done + 1;
            } else if (done + 1 - best >= options.patience()) {
                done++;
                break;
            }
        }
        int count = held == null ? done : Math.max(1, best);
        return new GradientBoostedTrees(p, objective, start, trees.subList(0, count * k), false, encodings, Arrays.copyOf(train, count),
                Arrays.copyOf(validation, held == null ? 0 : done));
    }

    private void add(BoostedTree tree, double[] rows, int count, double[] scores, int k, int c) {
        Parallel.range(count, 1024, 20, (from, to) -> {
            for (int i = (int) from; i < to; i++) scores[i * k + c] += tree.answer(rows, i * p);
        });
    }

    private BoostedTree grow(double[] gh, Rng rng) {
        int[] rows;
        double[] used = gh;
        if (options.goss() != null) {
            var sizes = new double[n];
            for (int i = 0; i < n; i++) sizes[i] = gh[2 * i];
            var sample = options.goss().draw(sizes, rng.split(0));
            rows = sample.rows();
            used = gh.clone();
            for (int i = 0; i < rows.length; i++) {
                used[2 * rows[i]] *= sample.factors()[i];
                used[2 * rows[i] + 1] *= sample.factors()[i];
            }
        } else if (options.rowShare() < 1) {
            rows = rng.split(0).sample(n, Math.max(1, (int) Math.round(options.rowShare() * n)));
            Arrays.sort(rows);
        } else rows = all(n);
        return new TreeGrowth(store, options).grow(rows, used, features(rng));
    }

    private BoostedTree orderedTree(OrderedModels models, double[] gh, Rng rng) {
        var tree = new TreeGrowth(store, options).grow(all(n), models.gradients(), features(rng));
        var leaves = new int[n];
        for (int i = 0; i < n; i++) leaves[i] = tree.leaf(flat, i * p);
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
        if (options.monotone().stream().anyMatch(d -> d != 0)) MonotoneBounds.apply(tree, options.monotone(), h, value);
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

    private static double[] repeated(double[] start, int n) {
        var f = new double[n * start.length];
        for (int i = 0; i < f.length; i++) f[i] = start[i % start.length];
        return f;
    }
}
