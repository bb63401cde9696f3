package lyceum.bayes;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import lyceum.prob.ConditionalTable;
import lyceum.prob.JointTable;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A Bayesian network of discrete variables: {@code p(x) = prod_i p(x_i | parents of x_i)}.
 *
 * {@snippet :
 * var net = BayesianNetwork.of(
 *         ConditionalTable.of(List.of(), List.of("rain"), Tensor.of(0.8, 0.2)),
 *         ConditionalTable.of(List.of("rain"), List.of("sprinkler"), Tensor.of(new double[][] {{0.6, 0.4}, {0.99, 0.01}})));
 * net.query(List.of("rain"), Map.of("sprinkler", 1)).probability(1);     // 0.006
 * net.sample(Rng.of(1), 1000);                                            // parents first
 * net.graph().separated("rain", "sprinkler");                             // false
 * }
 *
 * <p>Queries are exact, by variable elimination; their cost is exponential in the largest table that elimination makes. With hidden variables the
 * tables are learnt by {@link NetworkEm}; continuous variables go to {@link LinearGaussianNetwork}. Immutable.
 *
 * @see "Koller and Friedman (2009), Probabilistic Graphical Models, chapters 3, 9 and 17"
 */
public final class BayesianNetwork {
    private final Dag graph;
    private final int[] sizes;
    /** Of each node in the graph's order: the parents in the graph's order, then the node. */
    private final Factor[] tables;

    BayesianNetwork(Dag graph, int[] sizes, Factor[] tables) {
        this.graph = graph;
        this.sizes = sizes;
        this.tables = tables;
    }

    /**
     * From a table for each variable, in any order; variables keep it. The parents are those that the table is given.
     *
     * @throws IllegalArgumentException if a parent has no table, a table speaks of several variables or has no row for a context, sizes differ, or the
     *         arrows run in a cycle
     */
    public static BayesianNetwork of(ConditionalTable... tables) {
        var names = new LinkedHashSet<String>();
        for (var table : tables)
            if (table.of().size() != 1 || !names.add(table.of().getFirst()))
                throw new IllegalArgumentException("BayesianNetwork: " + table + "; there is one table for each variable, about it alone");
        var list = List.copyOf(names);
        int n = list.size();
        var edge = new boolean[n][n];
        for (int i = 0; i < n; i++) for (String parent : tables[i].given()) {
            if (!names.contains(parent))
                throw new IllegalArgumentException("BayesianNetwork: " + parent + ", a parent of " + list.get(i) + ", has no table");
            edge[list.indexOf(parent)][i] = true;
        }
        var graph = Dag.of(list, edge);
        var sizes = new int[n];
        for (int i = 0; i < n; i++) sizes[i] = Factor.of(tables[i]).size(list.get(i));
        var factors = new Factor[n];
        for (int i = 0; i < n; i++) {
            if (tables[i].undefined() > 0)
                throw new IllegalArgumentException("BayesianNetwork: " + tables[i] + " has no row for some context; every row sums to 1");
            var family = new ArrayList<>(graph.parents(list.get(i)));
            family.add(list.get(i));
            factors[i] = Factor.of(tables[i]).order(family);
            for (String name : family)
                if (factors[i].size(name) != sizes[list.indexOf(name)])
                    throw new IllegalArgumentException("BayesianNetwork: " + name + " has " + sizes[list.indexOf(name)]
                            + " values in its own table and " + factors[i].size(name) + " in that of " + list.get(i));
        }
        return new BayesianNetwork(graph, sizes, factors);
    }

    /**
     * Tables from complete observations: {@code (count + pseudoCount) / (sum of these)}, the maximum-likelihood estimate at 0 and, above, the mode under
     * independent Dirichlet priors of parameter {@code 1 + pseudoCount}. A context that was never seen gets the uniform distribution.
     *
     * @param sizes how many values each variable has, in the graph's order
     * @param rows one observation each, values from 0 in the graph's order
     * @param pseudoCount at least 0
     */
    public static BayesianNetwork fit(Dag graph, int[] sizes, int[][] rows, double pseudoCount) {
        for (var row : rows)
            for (int v : row)
                if (v < 0)
                    throw new IllegalArgumentException("BayesianNetwork: a value is " + v + "; what is missing is learnt by NetworkEm");
        var model = new NetworkEm(graph, sizes, rows, pseudoCount);
        return model.network(model.maximisation(model.expectation(model.uniform(), 0, model.size())));
    }

    public Dag graph() { return graph; }

    public List<String> names() { return graph.names(); }

    /** How many values a variable has. */
    public int size(String name) { return sizes[graph.at(name)]; }

    /** {@code P(variable | its parents)}. */
    public ConditionalTable table(String name) {
        var table = tables[graph.at(name)];
        return ConditionalTable.of(graph.parents(name), List.of(name),
                Tensor.of(table.values(), Arrays.stream(table.sizes()).asLongStream().toArray()));
    }

    /** The tables as factors, whose product is the joint distribution: for a {@link FactorGraph}. */
    public List<Factor> factors() { return List.of(tables); }

    Factor factor(int node) { return tables[node]; }

    /** {@code log p(x)}. @param values of all variables, in the order of {@link #names} */
    public double logProbability(int... values) {
        if (values.length != sizes.length)
            throw new IllegalArgumentException("BayesianNetwork: " + values.length + " values for " + names());
        double sum = 0;
        for (int i = 0; i < sizes.length; i++) sum += Math.log(tables[i].values()[cell(i, values)]);
        return sum;
    }

    /** Where in a node's table these values of all variables are. */
    int cell(int node, int[] values) {
        int cell = 0;
        for (int parent : graph.above(node)) cell = cell * sizes[parent] + checked(parent, values[parent]);
        return cell * sizes[node] + checked(node, values[node]);
    }

    private int checked(int node, int value) {
        if (value < 0 || value >= sizes[node]) throw new IllegalArgumentException(
                "BayesianNetwork: " + names().get(node) + " = " + value + "; it is from 0 to " + (sizes[node] - 1));
        return value;
    }

    /** The whole table. Its size is the product of all sizes. */
    public JointTable joint() {
        JointTable joint = null;
        for (String name : graph.order()) {
            var table = table(name);
            joint = joint == null ? JointTable.of(List.of(name), table.probabilities()) : joint.times(table);
        }
        return joint.marginal(names().toArray(new String[0]));
    }

    /** {@code n} observations, by ancestral sampling: a row each, in the order of {@link #names}. */
    public int[][] sample(Rng rng, int n) {
        var order = graph.order().stream().mapToInt(graph::at).toArray();
        var rows = new int[n][sizes.length];
        for (var row : rows) for (int node : order) {
            row[node] = 0;
            int from = cell(node, row);
            double u = rng.nextDouble();
            double[] p = tables[node].values();
            while (row[node] < sizes[node] - 1 && (u -= p[from + row[node]]) >= 0) row[node]++;
            while (p[from + row[node]] == 0) row[node]--; // rounding may leave the last possible value
        }
        return rows;
    }

    /**
     * {@code P(of | evidence)}, exactly.
     *
     * @param of variables that are asked for; the table has them in this order
     * @param evidence known values of others, perhaps none
     * @throws IllegalArgumentException if the evidence has probability 0
     */
    public JointTable query(List<String> of, Map<String, Integer> evidence) {
        for (String name : of)
            if (evidence.containsKey(name)) throw new IllegalArgumentException("query: " + name + " is asked for and known");
        var left = possible("query", eliminate(of, evidence, false), evidence);
        var table = left.factor.order(of);
        return JointTable.ofCounts(of, Tensor.of(table.values(), Arrays.stream(table.sizes()).asLongStream().toArray()));
    }

    private static Scaled possible(String what, Scaled left, Map<String, Integer> evidence) {
        if (left.log == Double.NEGATIVE_INFINITY) throw new IllegalArgumentException(
                what + ": the evidence " + evidence + " has probability 0; nothing can be conditioned on it");
        return left;
    }

    /**
     * The most probable values of all other variables together, given the evidence: the largest {@code p(x)} that agrees with it, exactly. Not each variable's
     * own most probable value, which {@link #query} tells.
     *
     * @throws IllegalArgumentException if the evidence has probability 0
     */
    public Map<String, Integer> mostProbable(Map<String, Integer> evidence) {
        var settled = new HashMap<>(evidence);
        var values = new LinkedHashMap<String, Integer>();
        for (String name : names()) {
            if (evidence.containsKey(name)) continue;
            double[] most = possible("mostProbable", eliminate(List.of(name), settled, true), evidence).factor.values();
            int best = 0;
            for (int x = 1; x < most.length; x++) if (most[x] > most[best]) best = x;
            settled.put(name, best);
            values.put(name, best);
        }
        return values;
    }

    /** {@code log P(evidence)}; negative infinity if it is impossible. */
    public double logProbability(Map<String, Integer> evidence) {
        var left = eliminate(List.of(), evidence, false);
        return left.log + Math.log(left.factor.values()[0]);
    }

    /** A factor that stands for {@code e^log} times itself. */
    private record Scaled(Factor factor, double log) {}

    /** Sums out, or maximises over, all but {@code of}: each time the variable whose sum makes the smallest table. */
    private Scaled eliminate(List<String> of, Map<String, Integer> evidence, boolean max) {
        evidence.forEach((name, value) -> checked(graph.at(name), value));
        var wanted = new ArrayList<>(of);
        wanted.addAll(evidence.keySet());
        // What is no ancestor of these sums to 1; its largest value is not 1.
        var relevant = max ? new LinkedHashSet<>(names()) : graph.ancestors(wanted);
        var factors = new ArrayList<Factor>();
        for (String name : relevant) factors.add(tables[graph.at(name)].given(evidence));
        var hidden = new HashSet<>(relevant);
        wanted.forEach(hidden::remove);
        double log = 0;
        while (!hidden.isEmpty()) {
            String next = cheapest(hidden, factors);
            hidden.remove(next);
            Factor product = null;
            for (var it = factors.iterator(); it.hasNext();) {
                var factor = it.next();
                if (!factor.variables().contains(next)) continue;
                it.remove();
                product = product == null ? factor : product.times(factor);
            }
            var sum = max ? product.maxOut(next) : product.sumOut(next);
            // Far from underflow however much evidence there is.
            double scale = Arrays.stream(sum.values()).max().orElse(0);
            if (scale == 0) return new Scaled(sum, Double.NEGATIVE_INFINITY);
            log += Math.log(scale);
            factors.add(sum.scaled(1 / scale));
        }
        Factor product = new Factor(List.of(), new int[0], new double[] {1});
        for (var factor : factors) {
            product = product.times(factor);
            double scale = Arrays.stream(product.values()).max().orElse(0);
            if (scale == 0) return new Scaled(product, Double.NEGATIVE_INFINITY);
            log += Math.log(scale);
            product = product.scaled(1 / scale);
        }
        return new Scaled(product, log);
    }

    private String cheapest(HashSet<String> hidden, List<Factor> factors) {
        String best = null;
        double least = Double.POSITIVE_INFINITY;
        for (String candidate : graph.names()) {
            if (!hidden.contains(candidate)) continue;
            var scope = new HashMap<String, Integer>();
            for (var factor : factors)
                if (factor.variables().contains(candidate)) for (String name : factor.variables()) scope.put(name, size(name));
            double cells = 1;
            for (int size : scope.values()) cells *= size;
            if (cells < least) {
                least = cells;
                best = candidate;
            }
        }
        return best;
    }

    @Override public String toString() { return "BayesianNetwork" + graph.names() + " " + graph.edges(); }
}
