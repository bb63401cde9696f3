package lyceum.data.imagenet;

import java.util.Objects;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * How often, and how far, scores miss the label.
 *
 * @param top1 share of rows whose label has not the largest score
 * @param top5 share of rows whose label is not among the five largest
 * @param hierarchical mean cost of the first guess in a {@link Hierarchy}; NaN without one
 * @param hierarchical5 mean cost of the cheapest of five guesses; NaN without one
 */
public record TopErrors(double top1, double top5, double hierarchical, double hierarchical5) {

    /** Without a hierarchy. */
    public static TopErrors of(Tensor scores, Tensor labels) { return of(scores, labels, null); }

    /**
     * @param scores (n, classes), larger is likelier; of equal ones the lower class number comes first; no NaN
     * @param labels (n), class numbers
     * @param hierarchy of the classes, or null
     */
    public static TopErrors of(Tensor scores, Tensor labels, Hierarchy hierarchy) {
        if (scores.rank() != 2 || labels.rank() != 1 || labels.size(0) != scores.size(0) || scores.size(0) == 0) throw new ShapeException(
                "TopErrors: scores of shape " + scores.shape() + " and labels of shape " + labels.shape() + "; (n, classes) and (n)");
        int n = (int) scores.size(0), k = (int) scores.size(1), most = Math.min(5, k);
        if (hierarchy != null && hierarchy.classes().size() != k) throw new IllegalArgumentException(
                "TopErrors: " + k + " scores a row for a hierarchy of " + hierarchy.classes().size() + " classes");
        double[] all = scores.toDoubleArray();
        int[] truth = labels.toIntArray(), best = new int[most];
        double first = 0, five = 0, cost = 0, cheapest = 0;
        for (int i = 0; i < n; i++) {
            Objects.checkIndex(truth[i], k);
            largest(all, i * k, k, best);
            boolean among = false;
            int least = Integer.MAX_VALUE;
            for (int guess : best) {
                among |= guess == truth[i];
                if (hierarchy != null) least = Math.min(least, hierarchy.cost(guess, truth[i]));
            }
            if (best[0] != truth[i]) first++;
            if (!among) five++;
            if (hierarchy != null) cost += hierarchy.cost(best[0], truth[i]);
            cheapest += least;
        }
        return new TopErrors(first / n, five / n, hierarchy == null ? Double.NaN : cost / n, hierarchy == null ? Double.NaN : cheapest / n);
    }

    private static void largest(double[] scores, int from, int k, int[] best) {
        int found = 0;
        for (int c = 0; c < k; c++) {
            double score = scores[from + c];
            if (Double.isNaN(score)) throw new IllegalArgumentException("TopErrors: the score of class " + c + " is NaN");
            if (found == best.length && score <= scores[from + best[found - 1]]) continue;
            int at = found < best.length ? found++ : found - 1;
            for (; at > 0 && scores[from + best[at - 1]] < score; at--) best[at] = best[at - 1];
            best[at] = c;
        }
    }
}
