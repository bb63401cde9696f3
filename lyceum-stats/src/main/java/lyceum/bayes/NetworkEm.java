package lyceum.bayes;

import java.util.ArrayList;
import java.util.Arrays;
import lyceum.random.Rng;

/**
 * The tables of a {@link BayesianNetwork} when some values were not seen, as {@link ExpectationMaximization} learns them.
 *
 * {@snippet :
 * var graph = Dag.of("kind -> colour", "kind -> shape");
 * int[][] rows = {{-1, 0, 0}, {-1, 0, 0}, {-1, 1, 1}, {-1, 1, 0}};       // nobody wrote the kind down
 * var model = new NetworkEm(graph, new int[] {2, 2, 2}, rows, 1);
 * var fit = new ExpectationMaximization().best(model, model::randomStart, 5, Rng.of(1));
 * var net = model.network(fit.theta());
 * }
 *
 * <p>Parameters are the tables one after the other, in the graph's order: each row by row, parents in the graph's order first. A row's hidden values
 * are enumerated, so at most 2^20 combinations of them are allowed in a row. Names of a hidden variable's values are arbitrary: fits may
 * differ by them.
 *
 * @see "Lauritzen (1995), The EM algorithm for graphical association models with missing data, Computational Statistics and Data Analysis 19(2)"
 */
public final class NetworkEm implements EmModel {
    private final Dag graph;
    private final int[] sizes;
    private final int[][] rows, parents;
    private final double pseudoCount;
    /** Where each table begins, and after the last one. */
    private final int[] first;

    /**
     * @param sizes how many values each variable has, in the graph's order
     * @param rows one observation each, in the graph's order; -1 is a value that was not seen
     * @param pseudoCount added to every expected count: Dirichlet priors of parameter {@code 1 + pseudoCount}; 0 for maximum likelihood
     */
    public NetworkEm(Dag graph, int[] sizes, int[][] rows, double pseudoCount) {
        int n = graph.size();
        if (sizes.length != n) throw new IllegalArgumentException("NetworkEm: " + sizes.length + " sizes for " + graph.names());
        if (rows.length == 0) throw new IllegalArgumentException("NetworkEm: there are no rows");
        if (!(pseudoCount >= 0) || Double.isInfinite(pseudoCount))
            throw new IllegalArgumentException("NetworkEm: pseudoCount is " + pseudoCount + "; it is finite and at least 0");
        for (int size : sizes)
            if (size < 1) throw new IllegalArgumentException("NetworkEm: a variable of " + size + " values; it has at least 1");
        this.graph = graph;
        this.sizes = sizes.clone();
        this.rows = new int[rows.length][];
        this.pseudoCount = pseudoCount;
        parents = new int[n][];
        first = new int[n + 1];
        for (int i = 0; i < n; i++) {
            parents[i] = graph.parents(i);
            int cells = sizes[i];
            for (int parent : parents[i]) cells = Math.multiplyExact(cells, sizes[parent]);
            first[i + 1] = Math.addExact(first[i], cells);
        }
        for (int r = 0; r < rows.length; r++) {
            this.rows[r] = rows[r].clone();
            if (rows[r].length != n)
                throw new IllegalArgumentException("NetworkEm: row " + r + " has " + rows[r].length + " values for " + graph.names());
            long hidden = 1;
            for (int i = 0; i < n; i++) {
                if (rows[r][i] < -1 || rows[r][i] >= sizes[i]) throw new IllegalArgumentException("NetworkEm: " + graph.names().get(i)
                        + " = " + rows[r][i] + " in row " + r + "; it is from 0 to " + (sizes[i] - 1) + ", or -1 if it was not seen");
                if (rows[r][i] < 0) hidden *= sizes[i];
                if (hidden > 1 << 20)
                    throw new IllegalArgumentException("NetworkEm: row " + r + " hides more than 2^20 combinations of values");
            }
        }
    }

    @Override public int size() { return rows.length; }

    /** Every conditional distribution uniform. */
    public double[] uniform() {
        var theta = new double[first[sizes.length]];
        for (int i = 0; i < sizes.length; i++) Arrays.fill(theta, first[i], first[i + 1], 1.0 / sizes[i]);
        return theta;
    }

    /** Every conditional distribution drawn uniformly from all distributions. */
    public double[] randomStart(Rng rng) {
        var theta = new double[first[sizes.length]];
        for (int i = 0; i < theta.length; i++) theta[i] = -Math.log(rng.nextDoublePositive());
        return normalise(theta);
    }

    /** The network that has these parameters. */
    public BayesianNetwork network(double[] theta) {
        var tables = new Factor[sizes.length];
        for (int i = 0; i < sizes.length; i++) {
            var shape = new int[parents[i].length + 1];
            for (int k = 0; k < parents[i].length; k++) shape[k] = sizes[parents[i][k]];
            shape[parents[i].length] = sizes[i];
            var family = new ArrayList<>(graph.parents(graph.names().get(i)));
            family.add(graph.names().get(i));
            tables[i] = new Factor(family, shape, Arrays.copyOfRange(theta, first[i], first[i + 1]));
        }
        return new BayesianNetwork(graph, sizes.clone(), tables);
    }

    /** The parameters of a network on the same graph. */
    public double[] theta(BayesianNetwork net) {
        if (!net.graph().equals(graph))
            throw new IllegalArgumentException("NetworkEm: the network is on " + net.graph() + " and the data on " + graph);
        var theta = new double[first[sizes.length]];
        for (int i = 0; i < sizes.length; i++) System.arraycopy(net.factor(i).values(), 0, theta, first[i], first[i + 1] - first[i]);
        return theta;
    }

    private int cell(int node, int[] values) {
        int cell = 0;
        for (int parent : parents[node]) cell = cell * sizes[parent] + values[parent];
        return first[node] + cell * sizes[node] + values[node];
    }

    /** What is done with each completion of a row and its probability. */
    private interface Completion {
        void see(int[] values, double p);
    }

    /** All completions of a row, the last hidden variable fastest. */
    private void complete(int[] row, double[] theta, Completion completion) {
        int[] values = row.clone();
        for (int i = 0; i < values.length; i++) values[i] = Math.max(0, values[i]);
        while (true) {
            double p = 1;
            for (int i = 0; i < values.length; i++) p *= theta[cell(i, values)];
            completion.see(values, p);
            int k = values.length - 1;
            while (k >= 0 && (row[k] >= 0 || ++values[k] == sizes[k])) {
                if (row[k] < 0) values[k] = 0;
                k--;
            }
            if (k < 0) return;
        }
    }

    private double probability(int[] row, double[] theta) {
        var sum = new double[1];
        complete(row, theta, (values, p) -> sum[0] += p);
        return sum[0];
    }

    /** Expected counts of every cell of every table. */
    @Override public double[] expectation(double[] theta, int from, int to) {
        var counts = new double[first[sizes.length]];
        for (int r = from; r < to; r++) {
            double all = probability(rows[r], theta);
            if (all > 0) complete(rows[r], theta, (values, p) -> {
                for (int i = 0; i < values.length; i++) counts[cell(i, values)] += p / all;
            });
        }
        return counts;
    }

    @Override public double[] maximisation(double[] statistics) {
        return normalise(Arrays.stream(statistics).map(count -> count + pseudoCount).toArray());
    }

    private double[] normalise(double[] weights) {
        for (int i = 0; i < sizes.length; i++) for (int at = first[i]; at < first[i + 1]; at += sizes[i]) {
            double sum = 0;
            for (int k = at; k < at + sizes[i]; k++) sum += weights[k];
            for (int k = at; k < at + sizes[i]; k++) weights[k] = sum > 0 ? weights[k] / sum : 1.0 / sizes[i];
        }
        return weights;
    }

    private double logPrior(double[] theta) {
        if (pseudoCount == 0) return 0;
        double sum = 0;
        for (double p : theta) sum += pseudoCount * Math.log(p);
        return sum;
    }

    @Override public double objective(double[] theta) {
        double sum = logPrior(theta);
        for (var row : rows) sum += Math.log(probability(row, theta));
        return sum;
    }

    @Override public double bound(double[] theta, double[] under) {
        var sum = new double[] {logPrior(theta)};
        for (var row : rows) {
            double all = probability(row, under);
            complete(row, under, (values, p) -> {
                double q = p / all, log = -Math.log(q);
                if (q == 0) return;
                for (int i = 0; i < values.length; i++) log += Math.log(theta[cell(i, values)]);
                sum[0] += q * log;
            });
        }
        return sum[0];
    }

    @Override public boolean allows(double[] theta) {
        if (theta.length != first[sizes.length]) return false;
        for (int i = 0; i < sizes.length; i++) for (int at = first[i]; at < first[i + 1]; at += sizes[i]) {
            double sum = 0;
            for (int k = at; k < at + sizes[i]; k++) {
                if (!(theta[k] >= 0)) return false;
                sum += theta[k];
            }
            if (Math.abs(sum - 1) > 1e-9) return false;
        }
        return true;
    }
}
