package lyceum.learn.ensemble;

import java.util.ArrayList;
import java.util.Arrays;
import lyceum.learn.tree.DecisionTree;
import lyceum.learn.tree.SplitCriterion;
import lyceum.learn.tree.TreeColumns;
import lyceum.learn.tree.TreeOptions;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Rows;

/** Fits one stage after the other. */
final class StageFit {
    /** What a learner tells of its losses. */
    interface Stages {
        StageLoss on(int[] rows);
    }

    /** The losses of some rows; scores stand row by row. */
    interface StageLoss {
        int count();

        double[] start(double[] w);

        /** Told before each stage. */
        void begin(double[] f, double[] w);

        double gradient(int row, double[] f, int output);

        double step(int output, double[] f, double[] w, int[] rows, int from, int to);

        /** The weighted mean loss. */
        double loss(double[] f, double[] w);
    }

    private final TreeOptions tree;
    private final BoostingOptions options;

    StageFit(TreeOptions tree, BoostingOptions options) {
        this.tree = tree;
        this.options = options;
    }

    GradientBoosting fit(LearnerInput input, double[] w, Stages stages) {
        int n = input.rows(), p = input.columns();
        var rng = Rng.of(tree.seed());
        var split = Rows.holdOut(input.operation(), w, options.validationShare(), rng.split(-1));
        int[] kept = split.kept(), judged = split.judged();
        boolean held = judged.length > 0;
        var x = kept.length == n ? input.x() : input.x().rows(kept);
        var outputs = stages.on(kept);
        var judge = held ? stages.on(judged) : null;
        double[] weights = Rows.pick(w, kept), heldRows = held ? input.x().rows(judged).toDoubleArray() : null;
        int m = kept.length, k = outputs.count();
        double[] start = outputs.start(weights), f = repeated(start, m), g = repeated(start, judged.length),
                heldWeights = Rows.pick(w, judged);
        var columns = TreeColumns.of(x, tree);
        var trees = new ArrayList<DecisionTree>();
        double[] train = new double[options.stages()], validation = new double[held ? options.stages() : 0];
        int best = 0, done = 0;
        double least = held ? judge.loss(g, heldWeights) : 0;
        for (; done < options.stages(); done++) {
            double[] own = options.rowShare() == 1 ? weights : drawn(weights, rng.split(done));
            outputs.begin(f, own);
            var grown = new DecisionTree[k];
            var residuals = new double[k][m];
            for (int c = 0; c < k; c++) for (int i = 0; i < m; i++) residuals[c][i] = -outputs.gradient(i, f, c);
            for (int c = 0; c < k; c++) {
                var one = columns.grow(SplitCriterion.SQUARED_ERROR, residuals[c], own, rng.split(done).split(c).key());
                int[] leaves = columns.leaves(one);
                grown[c] = stepped(one, leaves, own, outputs, f, c);
                trees.add(grown[c]);
                residuals[c] = new double[m];
                for (int i = 0; i < m; i++) residuals[c][i] = options.learningRate() * grown[c].value(leaves[i], 0);
            }
            for (int c = 0; c < k; c++) for (int i = 0; i < m; i++) f[i * k + c] += residuals[c][i];
            train[done] = outputs.loss(f, own);
            if (!held) continue;
            for (int c = 0; c < k; c++)
                for (int i = 0; i < judged.length; i++)
                    g[i * k + c] += options.learningRate() * grown[c].value(grown[c].leaf(heldRows, i * p), 0);
            validation[done] = judge.loss(g, heldWeights);
            if (validation[done] < least - options.tolerance()) {
                least = validation[done];
                best = done + 1;
            } else if (done + 1 - best >= options.patience()) {
                done++;
                break;
            }
        }
        int count = held ? Math.max(1, best) : done;
        return new GradientBoosting(p, start, options.learningRate(), trees.subList(0, count * k), Arrays.copyOf(train, count),
                Arrays.copyOf(validation, held ? done : 0));
    }

    private DecisionTree stepped(DecisionTree one, int[] leaves, double[] w, StageLoss loss, double[] f, int output) {
        int nodes = one.nodes();
        var starts = new int[nodes + 1];
        for (int i = 0; i < leaves.length; i++) if (w[i] > 0) starts[leaves[i] + 1]++;
        for (int v = 0; v < nodes; v++) starts[v + 1] += starts[v];
        var rows = new int[starts[nodes]];
        var next = starts.clone();
        for (int i = 0; i < leaves.length; i++) if (w[i] > 0) rows[next[leaves[i]]++] = i;
        var value = one.value();
        for (int v = 0; v < nodes; v++) if (one.isLeaf(v)) value[v] = loss.step(output, f, w, rows, starts[v], starts[v + 1]);
        if (!tree.monotone().isEmpty()) new MonotoneLeaves(one, tree.monotone(), value).bound();
        return one.withValue(value);
    }

    private double[] drawn(double[] w, Rng rng) {
        int n = w.length;
        var own = new double[n];
        for (int i : rng.split(0).sample(n, Math.max(1, (int) Math.round(options.rowShare() * n)))) own[i] = w[i];
        return own;
    }

    private static double[] repeated(double[] start, int n) {
        var f = new double[n * start.length];
        for (int i = 0; i < f.length; i++) f[i] = start[i % start.length];
        return f;
    }
}
