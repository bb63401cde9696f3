package lyceum.learn.gbdt;

import java.util.Arrays;
import lyceum.random.Rng;

/**
 * Ordered boosting: along a random order of the rows a model of the first 1, 2, 4, ... of them each; the gradient of a row comes from the
 * largest
 * model that has not seen it, so that it is no smaller than on a new row (Prokhorenkova and others 2018, section 4.2).
 */
final class OrderedModels {
    private final Gradients.Pointwise loss;
    private final double learningRate;
    private final LeafObjective objective;
    /** Each row's place in the order. */
    private final int[] place;
    /** Scores of all rows by the model of the first 2^j rows; the rows at places below that have been seen by it. */
    private final double[][] scores;
    private final double start;

    OrderedModels(Gradients.Pointwise loss, GbdtOptions options, double start, Rng rng) {
        int n = loss.y().length;
        this.loss = loss;
        this.start = start;
        this.learningRate = options.learningRate();
        this.objective = new LeafObjective(options.l2(), options.l1(), 0, 1, options.monotone());
        this.place = new int[n];
        int[] order = rng.permutation(n);
        for (int i = 0; i < n; i++) place[order[i]] = i;
        this.scores = new double[32 - Integer.numberOfLeadingZeros(Math.max(1, n - 1))][n];
        for (double[] f : scores) Arrays.fill(f, start);
    }

    /** Gradients by models that have not seen the row. */
    double[] gradients() {
        int n = place.length;
        var gh = new double[2 * n];
        for (int i = 0; i < n; i++) loss.at(i, place[i] == 0 ? start : scores[31 - Integer.numberOfLeadingZeros(place[i])][i], gh);
        return gh;
    }

    /** Adds the tree to every model, with the values that its own rows give the leaves. */
    void add(BoostedTree tree, int[] leaves) {
        int n = place.length;
        var gh = new double[2 * n];
        for (int j = 0; j < scores.length; j++) {
            double[] g = new double[tree.nodes()], h = new double[tree.nodes()], value = new double[tree.nodes()];
            for (int i = 0; i < n; i++) {
                if (place[i] >= 1 << j) continue;
                loss.at(i, scores[j][i], gh);
                g[leaves[i]] += gh[2 * i];
                h[leaves[i]] += gh[2 * i + 1];
            }
            for (int v = 0; v < value.length; v++)
                if (tree.isLeaf(v))
                    value[v] = learningRate * objective.weight(g[v], h[v], Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);
            for (int i = 0; i < n; i++) scores[j][i] += value[leaves[i]];
        }
    }
}
