package lyceum.nn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.LyceumException;

/**
 * The paths through one sequence: sums and maxima over them, in plain numbers.
 *
 * @param emissions {@code [t][tag]}
 * @param transitions {@code [from][to]}; minus infinity where forbidden
 */
record CrfLattice(double[][] emissions, double[][] transitions, double[] start, double[] end) {

    private int tags() { return start.length; }

    private int length() { return emissions.length; }

    /** {@code [t][tag]}: log of the summed scores of all beginnings that end there. */
    double[][] forward() {
        int k = tags();
        var alpha = new double[length()][k];
        var terms = new double[k];
        for (int j = 0; j < k; j++) alpha[0][j] = start[j] + emissions[0][j];
        for (int t = 1; t < length(); t++) for (int j = 0; j < k; j++) {
            for (int i = 0; i < k; i++) terms[i] = alpha[t - 1][i] + transitions[i][j];
            alpha[t][j] = logSum(terms) + emissions[t][j];
        }
        return alpha;
    }

    /** {@code [t][tag]}: log of the summed scores of all that can follow. */
    private double[][] backward() {
        int k = tags(), last = length() - 1;
        var beta = new double[length()][k];
        var terms = new double[k];
        beta[last] = end.clone();
        for (int t = last - 1; t >= 0; t--) for (int i = 0; i < k; i++) {
            for (int j = 0; j < k; j++) terms[j] = transitions[i][j] + emissions[t + 1][j] + beta[t + 1][j];
            beta[t][i] = logSum(terms);
        }
        return beta;
    }

    double[][] marginals() {
        double[][] alpha = forward(), beta = backward();
        var terms = new double[tags()];
        for (int j = 0; j < terms.length; j++) terms[j] = alpha[0][j] + beta[0][j];
        double logZ = possible(logSum(terms));
        for (int t = 0; t < length(); t++) for (int j = 0; j < terms.length; j++) alpha[t][j] = Math.exp(alpha[t][j] + beta[t][j] - logZ);
        return alpha;
    }

    private static double possible(double score) {
        if (score == Double.NEGATIVE_INFINITY)
            throw new LyceumException("LinearChainCrf: no sequence of tags is allowed; loosen the constraints");
        if (Double.isNaN(score)) throw new IllegalArgumentException("LinearChainCrf: an emission is NaN; scores are numbers");
        return score;
    }

    /** The k best paths, the best first: fewer where there are fewer. Ties go to the lower tag. */
    List<LinearChainCrf.Path> best(int k) {
        int tags = tags(), n = length();
        var score = new double[n][tags][];
        var from = new int[n][tags][]; // the tag before and its rank, as one number
        for (int j = 0; j < tags; j++) {
            score[0][j] = new double[] {start[j] + emissions[0][j]};
            from[0][j] = new int[1];
        }
        for (int t = 1; t < n; t++) for (int j = 0; j < tags; j++) {
            var arcs = new double[tags];
            for (int i = 0; i < tags; i++) arcs[i] = transitions[i][j];
            var chosen = merge(score[t - 1], arcs, k);
            from[t][j] = chosen;
            score[t][j] = new double[chosen.length];
            for (int r = 0; r < chosen.length; r++)
                score[t][j][r] = score[t - 1][chosen[r] / k][chosen[r] % k] + arcs[chosen[r] / k] + emissions[t][j];
        }
        var paths = new ArrayList<LinearChainCrf.Path>();
        for (int last : merge(score[n - 1], end, k)) {
            double total = score[n - 1][last / k][last % k] + end[last / k];
            if (Double.isNaN(total)) possible(total);
            if (total == Double.NEGATIVE_INFINITY) break;
            var path = new int[n];
            for (int t = n - 1, at = last; t >= 0; t--) {
                path[t] = at / k;
                at = from[t][at / k][at % k];
            }
            paths.add(new LinearChainCrf.Path(path, total));
        }
        if (paths.isEmpty()) possible(Double.NEGATIVE_INFINITY);
        return paths;
    }

    /** Of descending lists, each with an amount to add, the places (list times k, plus rank) of the k largest sums. */
    private static int[] merge(double[][] lists, double[] add, int k) {
        var rank = new int[lists.length];
        var places = new int[k];
        int found = 0;
        for (; found < k; found++) {
            int best = -1;
            for (int i = 0; i < lists.length; i++) {
                if (rank[i] == lists[i].length) continue;
                double here = lists[i][rank[i]] + add[i];
                if (best < 0 || here > lists[best][rank[best]] + add[best] || Double.isNaN(here)) best = i;
            }
            if (best < 0) break;
            places[found] = best * k + rank[best]++;
        }
        return Arrays.copyOf(places, found);
    }

    private static double logSum(double[] terms) {
        double top = Double.NEGATIVE_INFINITY, sum = 0;
        for (double term : terms) {
            if (Double.isNaN(term)) return Double.NaN;
            top = Math.max(top, term);
        }
        if (Double.isInfinite(top)) return top;
        for (double term : terms) sum += Math.exp(term - top);
        return top + Math.log(sum);
    }
}
