package lyceum.learn.explain;

import java.util.ArrayList;
import java.util.List;
import lyceum.ShapeException;
import lyceum.learn.gbdt.BoostedTree;
import lyceum.learn.gbdt.GradientBoostedTrees;
import lyceum.learn.tree.DecisionTree;
import lyceum.tensor.Tensor;

/**
 * Exact Shapley values of sums of trees. A leaf's answer counts for a set S of columns as a product over the columns on its path: for one
 * in S
 * whether x passes its questions there; for one that is not the share of training weight that passes (path-dependent) or whether a
 * background row
 * does (interventional). The Shapley values of a product follow from the coefficients of the polynomial {@code prod (z_j + o_j t)}, so
 * that a
 * leaf under d columns costs d^3 and not 2^d.
 *
 * @param nFeatures columns
 * @param base added to the trees' answers
 * @param leaves of all trees
 * @param singlePrecision whether values are rounded to floats before they are asked about, as XGBoost does
 * @see <a href="https://doi.org/10.1038/s42256-019-0138-9">Lundberg et al. (2020), From local explanations to global understanding with
 *     explainable AI for trees</a>
 */
public record TreeShap(int nFeatures, double base, List<Leaf> leaves, boolean singlePrecision) {
    /** A question: columns less than (or, if {@code inclusive}, at most) the threshold pass if {@code below}, the others if not. */
    public record Question(int feature, double threshold, boolean inclusive, boolean below, boolean missingPasses, double share) {
        boolean passes(double v) {
            if (v != v) return missingPasses;
            return (inclusive ? v <= threshold : v < threshold) == below;
        }
    }

    /** A leaf's answer and the questions that lead to it. */
    public record Leaf(double value, List<Question> path) {}

    /** One output of boosted trees, on the scale of scores (margins: log odds for two classes). Cover is the sum of second derivatives. */
    public static TreeShap of(GradientBoostedTrees model, int output) {
        if (output < 0 || output >= model.outputs())
            throw new IllegalArgumentException("TreeShap: output " + output + " of " + model.outputs());
        if (!model.encodings().isEmpty())
            throw new IllegalArgumentException("TreeShap: the model encodes categories; explain it by another method");
        var leaves = new ArrayList<Leaf>();
        for (int t = output; t < model.trees().size(); t += model.outputs()) {
            BoostedTree tree = model.trees().get(t);
            double[] value = tree.value();
            for (int v = 0; v < value.length; v++) value[v] *= model.weight(t);
            grow(leaves, List.of(), 0, tree.feature(), tree.threshold(), tree.left(), tree.right(), tree.missingLeft(), tree.hessian(),
                    value, false);
        }
        return new TreeShap(model.nFeatures(), model.baseScore()[output], leaves, model.singlePrecision());
    }

    /** One output of a decision tree: a class's share, or the number it answers. Cover is the weight of training rows. */
    public static TreeShap of(DecisionTree tree, int output) {
        if (!tree.categories().isEmpty()) throw new IllegalArgumentException("TreeShap: the tree asks about categories");
        var leaves = new ArrayList<Leaf>();
        var value = new double[tree.nodes()];
        for (int i = 0; i < value.length; i++) value[i] = tree.value(i, output);
        grow(leaves, List.of(), 0, tree.feature(), tree.threshold(), tree.left(), tree.right(), tree.missingLeft(), tree.weight(), value,
                true);
        return new TreeShap(tree.nFeatures(), 0, leaves, false);
    }

    private static void grow(List<Leaf> leaves, List<Question> path, int node, int[] feature, double[] threshold, int[] left, int[] right,
            boolean[] missingLeft, double[] cover, double[] value, boolean inclusive) {
        if (feature[node] < 0) {
            leaves.add(new Leaf(value[node], path));
            return;
        }
        for (int child : new int[] {left[node], right[node]}) {
            boolean below = child == left[node];
            var longer = new ArrayList<>(path);
            longer.add(new Question(feature[node], threshold[node], inclusive, below, missingLeft[node] == below,
                    cover[child] / (cover[left[node]] + cover[right[node]])));
            grow(leaves, List.copyOf(longer), child, feature, threshold, left, right, missingLeft, cover, value, inclusive);
        }
    }

    /** Columns that are off follow both branches, in proportion to the training weight there. */
    public Attribution pathDependent(double[] x) { return explain(x, null); }

    /** Columns that are off take the value of a background row; the mean over the rows of {@code background} (m x p). */
    public Attribution interventional(double[] x, Tensor background) {
        int m = (int) background.size(0), p = (int) background.size(1);
        if (p != nFeatures) throw new ShapeException("TreeShap: the background has " + p + " columns, the trees " + nFeatures);
        double[] rows = background.toDoubleArray(), shares = new double[p], row = new double[p];
        double baseline = 0, output = 0;
        for (int i = 0; i < m; i++) {
            System.arraycopy(rows, i * p, row, 0, p);
            var one = explain(x, row);
            for (int j = 0; j < p; j++) shares[j] += one.shares()[j] / m;
            baseline += one.baseline() / m;
            output = one.output();
        }
        return new Attribution(baseline, shares, output);
    }

    private Attribution explain(double[] x, double[] background) {
        if (x.length != nFeatures) throw new ShapeException("TreeShap: x has " + x.length + " columns, the trees " + nFeatures);
        var shares = new double[nFeatures];
        double baseline = base, output = base;
        for (var leaf : leaves) {
            var path = leaf.path;
            int d = 0;
            int[] columns = new int[path.size()];
            double[] on = new double[path.size()], off = new double[path.size()];
            for (var q : path) {
                int k = 0;
                while (k < d && columns[k] != q.feature) k++;
                if (k == d) {
                    columns[d] = q.feature;
                    on[d] = off[d] = 1;
                    d++;
                }
                if (!q.passes(seen(x[q.feature]))) on[k] = 0;
                off[k] *= background == null ? q.share : q.passes(seen(background[q.feature])) ? 1 : 0;
            }
            double all = leaf.value, none = leaf.value;
            for (int k = 0; k < d; k++) {
                all *= on[k];
                none *= off[k];
            }
            output += all;
            baseline += none;
            for (int k = 0; k < d; k++) if (on[k] != off[k]) shares[columns[k]] += leaf.value * (on[k] - off[k]) * others(on, off, d, k);
        }
        return new Attribution(baseline, shares, output);
    }

    private double seen(double v) { return singlePrecision ? (float) v : v; }

    /** {@code sum_s s! (d - s - 1)! / d!} times the coefficient of t^s in the product of {@code off
            + on t} over the columns but {@code left}. */
    private static double others(double[] on, double[] off, int d, int left) {
        var c = new double[d];
        c[0] = 1;
        int degree = 0;
        for (int k = 0; k < d; k++) {
            if (k == left) continue;
            degree++;
            for (int s = degree; s >= 0; s--) c[s] = (s < degree ? c[s] * off[k] : 0) + (s > 0 ? c[s - 1] * on[k] : 0);
        }
        double sum = 0, weight = 1.0 / d;
        for (int s = 0; s < d; s++) {
            sum += weight * c[s];
            weight *= (s + 1.0) / (d - s - 1);
        }
        return sum;
    }
}
