package lyceum.bayes;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lyceum.linalg.Cholesky;
import lyceum.linalg.LeastSquares;
import lyceum.prob.MultivariateNormal;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A Bayesian network of continuous variables: each is linear in its parents with normal noise,
 * {@code x_i = b_i + sum_j w_ij x_j + sqrt(v_i) e_i}. All of them together are jointly normal.
 *
 * {@snippet :
 * var graph = Dag.of("study -> grade <- talent");
 * var net = new LinearGaussianNetwork(graph, new double[] {5, 0, 0}, new double[][] {{}, {0.3, 1}, {}}, new double[] {4, 0.5, 1});
 * net.query(List.of("study"), Map.of("grade", 3.0, "talent", 1.0)).mean();
 * }
 *
 * <p>Arrays follow the graph's order. Immutable: the arrays are copied and not to be changed.
 *
 * @param graph who depends on whom
 * @param intercepts {@code b_i}
 * @param weights {@code w_ij}, a row for each variable, with a weight for each of its parents in the graph's order
 * @param variances {@code v_i} of the noise; 0 makes a variable a function of its parents, and then there is no joint density
 * @see "Koller and Friedman (2009), Probabilistic Graphical Models, chapter 7"
 */
public record LinearGaussianNetwork(Dag graph, double[] intercepts, double[][] weights, double[] variances) {
    public LinearGaussianNetwork {
        int n = graph.size();
        if (intercepts.length != n || weights.length != n || variances.length != n)
            throw new IllegalArgumentException("LinearGaussianNetwork: " + intercepts.length + " intercepts, " + weights.length
                    + " rows of weights and " + variances.length + " variances for " + graph.names());
        intercepts = intercepts.clone();
        variances = variances.clone();
        weights = weights.clone();
        for (int i = 0; i < n; i++) {
            weights[i] = weights[i].clone();
            if (weights[i].length != graph.parents(i).length)
                throw new IllegalArgumentException("LinearGaussianNetwork: " + weights[i].length + " weights for " + graph.names().get(i)
                        + ", whose parents are " + graph.parents(graph.names().get(i)));
            if (!(variances[i] >= 0) || Double.isInfinite(variances[i]))
                throw new IllegalArgumentException("LinearGaussianNetwork: the variance of " + graph.names().get(i) + " is " + variances[i]
                        + "; it must be finite and at least 0");
        }
    }

    /**
     * By least squares of each variable on its parents; variances are mean squared residuals, the maximum-likelihood estimate.
     *
     * @param rows one observation each, in the graph's order; more than any variable has parents, plus one
     */
    public static LinearGaussianNetwork fit(Dag graph, double[][] rows) {
        int n = graph.size();
        double[] intercepts = new double[n], variances = new double[n];
        var weights = new double[n][];
        for (int i = 0; i < n; i++) {
            int[] parents = graph.parents(i);
            if (rows.length < parents.length + 2) throw new IllegalArgumentException("LinearGaussianNetwork: " + rows.length + " rows for "
                    + graph.names().get(i) + " with " + parents.length + " parents; there are at least " + (parents.length + 2));
            var design = new double[rows.length][parents.length + 1];
            var y = new double[rows.length];
            for (int r = 0; r < rows.length; r++) {
                design[r][0] = 1;
                for (int k = 0; k < parents.length; k++) design[r][k + 1] = rows[r][parents[k]];
                y[r] = rows[r][i];
            }
            double[] beta = LeastSquares.solve(Tensor.of(design), Tensor.of(y)).coefficients().toDoubleArray();
            intercepts[i] = beta[0];
            weights[i] = new double[parents.length];
            System.arraycopy(beta, 1, weights[i], 0, parents.length);
            for (int r = 0; r < rows.length; r++) {
                double e = y[r];
                for (int k = 0; k < beta.length; k++) e -= beta[k] * design[r][k];
                variances[i] += e * e / rows.length;
            }
        }
        return new LinearGaussianNetwork(graph, intercepts, weights, variances);
    }

    /** {@code log p(x)}, the sum of the nodes' normal log densities. @param x all variables in the graph's order */
    public double logDensity(double[] x) {
        if (x.length != graph.size())
            throw new IllegalArgumentException("LinearGaussianNetwork: " + x.length + " values for " + graph.names());
        double sum = 0;
        for (int i = 0; i < x.length; i++) {
            double e = x[i] - mean(i, x);
            sum -= 0.5 * (e * e / variances[i] + Math.log(2 * Math.PI * variances[i]));
        }
        return sum;
    }

    private double mean(int node, double[] x) {
        double mean = intercepts[node];
        int[] parents = graph.above(node);
        for (int k = 0; k < parents.length; k++) mean += weights[node][k] * x[parents[k]];
        return mean;
    }

    /** {@code n} observations, parents first; a row each in the graph's order. */
    public double[][] sample(Rng rng, int n) {
        int[] order = graph.order().stream().mapToInt(graph::at).toArray();
        var rows = new double[n][order.length];
        for (var row : rows) for (int i : order) row[i] = mean(i, row) + Math.sqrt(variances[i]) * rng.nextGaussian();
        return rows;
    }

    /** All variables together, in the graph's order. @throws lyceum.linalg.NotPositiveDefiniteException if a variance is 0 */
    public MultivariateNormal joint() {
        var moments = moments();
        return new MultivariateNormal(moments.mean, moments.covariance);
    }

    private record Moments(double[] mean, double[][] covariance) {}

    private Moments moments() {
        int n = graph.size();
        var mean = new double[n];
        var covariance = new double[n][n];
        var done = new ArrayList<Integer>();
        for (String name : graph.order()) {
            int i = graph.at(name);
            int[] parents = graph.parents(i);
            mean[i] = mean(i, mean);
            for (int j : done) for (int k = 0; k < parents.length; k++) covariance[i][j] += weights[i][k] * covariance[parents[k]][j];
            covariance[i][i] = variances[i];
            for (int k = 0; k < parents.length; k++) covariance[i][i] += weights[i][k] * covariance[i][parents[k]];
            for (int j : done) covariance[j][i] = covariance[i][j];
            done.add(i);
        }
        return new Moments(mean, covariance);
    }

    /** {@code p(of | evidence)}: normal, with mean {@code m + C S^-1 (e - m_e)} and covariance {@code V - C S^-1 C^T}. */
    public MultivariateNormal query(List<String> of, Map<String, Double> evidence) {
        var moments = given(of, evidence);
        return new MultivariateNormal(moments.mean, moments.covariance);
    }

    /** The mean of {@link #query} alone, which exists also where the evidence leaves no spread. */
    public double[] conditionalMean(List<String> of, Map<String, Double> evidence) { return given(of, evidence).mean; }

    private Moments given(List<String> of, Map<String, Double> evidence) {
        var joint = moments();
        double[] mean = joint.mean;
        double[][] covariance = joint.covariance;
        int n = of.size();
        int[] asked = of.stream().mapToInt(graph::at).toArray();
        var known = List.copyOf(evidence.keySet());
        for (String name : of) if (known.contains(name)) throw new IllegalArgumentException("query: " + name + " is asked for and known");
        var m = new double[n];
        var v = new double[n][n];
        for (int i = 0; i < n; i++) {
            m[i] = mean[asked[i]];
            for (int j = 0; j < n; j++) v[i][j] = covariance[asked[i]][asked[j]];
        }
        if (known.isEmpty()) return new Moments(m, v);
        int[] given = known.stream().mapToInt(graph::at).toArray();
        double[][] s = new double[given.length][given.length], right = new double[given.length][n + 1];
        for (int a = 0; a < given.length; a++) {
            for (int b = 0; b < given.length; b++) s[a][b] = covariance[given[a]][given[b]];
            for (int j = 0; j < n; j++) right[a][j] = covariance[given[a]][asked[j]];
            right[a][n] = evidence.get(known.get(a)) - mean[given[a]];
        }
        double[] solved = Cholesky.of(Tensor.of(s)).solve(Tensor.of(right)).toDoubleArray();
        for (int i = 0; i < n; i++) for (int a = 0; a < given.length; a++) {
            m[i] += right[a][i] * solved[a * (n + 1) + n];
            for (int j = 0; j < n; j++) v[i][j] -= right[a][i] * solved[a * (n + 1) + j];
        }
        for (int i = 0; i < n; i++) for (int j = 0; j < i; j++) v[i][j] = v[j][i] = 0.5 * (v[i][j] + v[j][i]);
        return new Moments(m, v);
    }
}
