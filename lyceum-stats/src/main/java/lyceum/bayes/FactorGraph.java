package lyceum.bayes;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A product of factors, {@code p(x) = prod_f psi_f(x_f) / Z}, drawn as a graph of variables and factors, and belief propagation along its edges.
 *
 * {@snippet :
 * var graph = new FactorGraph(List.of(
 *         Factor.of(List.of("a"), Tensor.of(1, 3)),
 *         Factor.of(List.of("a", "b"), Tensor.of(new double[][] {{2, 1}, {1, 2}}))));
 * var beliefs = graph.sumProduct();
 * beliefs.of("b");                         // [5/12, 7/12]
 * beliefs.logPartition();                  // log 12
 * graph.maxProduct().assignment();         // {a=1, b=1}
 * }
 *
 * <p>Messages are kept as logarithms, each normalised, so that long chains do not underflow. Where the graph has no cycle, one message each way along
 * each edge gives exact answers; else {@link #loopySumProduct} iterates and gives approximate ones, if it settles. Immutable.
 *
 * @see <a href="https://doi.org/10.1109/18.910572">Kschischang, Frey and Loeliger (2001), Factor graphs and the sum-product algorithm</a>
 * @see <a href="https://doi.org/10.1109/TIT.2005.850085">Yedidia, Freeman and Weiss (2005), Constructing free-energy approximations</a>
 */
public final class FactorGraph {
    final List<Factor> factors;
    final List<String> variables;
    final int[] sizes;
    /** Of each edge: its factor, the axis in it, the variable. */
    final int[] factorOf, axisOf, variableOf;
    /** Edges of each factor, in the order of its axes, and of each variable. */
    final int[][] edgesOfFactor, edgesOfVariable;

    /** @throws IllegalArgumentException if factors do not agree on how many values a variable has */
    public FactorGraph(List<Factor> factors) {
        this.factors = List.copyOf(factors);
        var names = new ArrayList<String>();
        var values = new HashMap<String, Integer>();
        int edges = 0;
        for (var factor : factors) for (String name : factor.variables()) {
            edges++;
            Integer before = values.putIfAbsent(name, factor.size(name));
            if (before == null) names.add(name);
            else if (before != factor.size(name)) throw new IllegalArgumentException(
                    "FactorGraph: " + name + " has " + before + " values in one factor and " + factor.size(name) + " in another");
        }
        variables = List.copyOf(names);
        sizes = variables.stream().mapToInt(values::get).toArray();
        factorOf = new int[edges];
        axisOf = new int[edges];
        variableOf = new int[edges];
        edgesOfFactor = new int[factors.size()][];
        var ofVariable = new ArrayList<List<Integer>>();
        for (int v = 0; v < sizes.length; v++) ofVariable.add(new ArrayList<>());
        for (int f = 0, e = 0; f < factors.size(); f++) {
            edgesOfFactor[f] = new int[factors.get(f).variables().size()];
            for (int k = 0; k < edgesOfFactor[f].length; k++, e++) {
                edgesOfFactor[f][k] = e;
                factorOf[e] = f;
                axisOf[e] = k;
                variableOf[e] = variables.indexOf(factors.get(f).variables().get(k));
                ofVariable.get(variableOf[e]).add(e);
            }
        }
        edgesOfVariable = ofVariable.stream().map(list -> list.stream().mapToInt(i -> i).toArray()).toArray(int[][]::new);
    }

    /** A network's tables at known values of some variables: beliefs are then {@code P(x | evidence)} and Z is {@code P(evidence)}. */
    public static FactorGraph of(BayesianNetwork net, Map<String, Integer> evidence) {
        for (String name : evidence.keySet()) net.graph().at(name);
        return new FactorGraph(net.factors().stream().map(factor -> factor.given(evidence)).toList());
    }

    /**
     * A hidden Markov chain and what was seen of it. The states are called x0, x1, ...; beliefs are the smoothed {@code P(x_t | all observations)}, Z is the
     * likelihood.
     *
     * @param initial distribution of x0
     * @param transition a row for each state: the distribution of the next one
     * @param likelihoods for each time a row: probability or density of what was observed, under each state
     */
    public static FactorGraph chain(double[] initial, double[][] transition, double[][] likelihoods) {
        int states = initial.length;
        var factors = new ArrayList<Factor>();
        var flat = Arrays.stream(transition).flatMapToDouble(Arrays::stream).toArray();
        factors.add(new Factor(List.of("x0"), new int[] {states}, initial.clone()));
        for (int t = 0; t < likelihoods.length; t++) {
            if (t > 0) factors.add(new Factor(List.of("x" + (t - 1), "x" + t), new int[] {states, states}, flat));
            factors.add(new Factor(List.of("x" + t), new int[] {states}, likelihoods[t].clone()));
        }
        return new FactorGraph(factors);
    }

    /**
     * A {@link HiddenMarkovModel} and a series that it emitted, as {@link #chain(double[], double[][], double[][])}. An observation with a NaN in it says
     * nothing. Densities enter as they are, so one below 1e-308 in every state is taken as impossible.
     */
    public static FactorGraph of(HiddenMarkovModel model, double[][] x) {
        var likelihoods = new double[x.length][model.states()];
        for (int t = 0; t < x.length; t++) {
            boolean missing = Arrays.stream(x[t]).anyMatch(Double::isNaN);
            for (int i = 0; i < model.states(); i++) likelihoods[t][i] = missing ? 1 : Math.exp(model.emissions().logDensity(i, x[t]));
        }
        return chain(model.start(), model.transition(), likelihoods);
    }

    /** In the order in which factors first name them. */
    public List<String> variables() { return variables; }

    /** As they were given. */
    public List<Factor> factors() { return factors; }

    /** Number of pairs of a factor and a variable of it. */
    public int edges() { return factorOf.length; }

    /** Whether it has no cycle; it may be in several parts. */
    public boolean isTree() { return schedule() != null; }

    /**
     * Edges from the leaves inwards, each after all those that lie behind it, with a sign for its direction: {@code e} towards the factor, {@code ~e}
     * towards the variable. Null if there is a cycle. Backwards and turned round it is the way out.
     */
    int[] schedule() {
        int n = sizes.length, seen = 0, done = edges();
        var order = new int[edges()];
        var visited = new boolean[n + factors.size()];
        var used = new boolean[edges()];
        var queue = new int[n + factors.size()];
        for (int root = 0; root < n; root++) {
            if (visited[root]) continue;
            int head = seen;
            queue[seen++] = root;
            visited[root] = true;
            for (; head < seen; head++) {
                int node = queue[head];
                for (int e : node < n ? edgesOfVariable[node] : edgesOfFactor[node - n]) {
                    if (used[e]) continue;
                    int other = node < n ? n + factorOf[e] : variableOf[e];
                    if (visited[other]) return null;
                    used[e] = visited[other] = true;
                    queue[seen++] = other;
                    order[--done] = node < n ? ~e : e;
                }
            }
        }
        return order;
    }

    /** Exact marginals and Z, by {@code 2 |E|} messages. @throws IllegalArgumentException if the graph has a cycle */
    public Beliefs sumProduct() { return new Messages(this, false).tree(); }

    /** The most probable assignment, and for each value of a variable the largest probability that goes with it, by {@code 2 |E|} messages. */
    public Beliefs maxProduct() { return new Messages(this, true).tree(); }

    /**
     * Approximate marginals and Z on a graph with cycles: all messages at once, again and again.
     *
     * @param damping share of the old message, from 0 to below 1: the new one is {@code old^damping computed^(1 - damping)}, rescaled; 0.5 calms most
     *        oscillations
     * @param tolerance settled when no normalised message changes by more
     * @param maxIterations rounds before it gives up; {@link Beliefs#converged} tells
     */
    public Beliefs loopySumProduct(double damping, double tolerance, int maxIterations) {
        return new Messages(this, false).loopy(damping, tolerance, maxIterations);
    }

    /** As {@link #loopySumProduct}, with the largest term in place of the sum: a guess at the most probable assignment. */
    public Beliefs loopyMaxProduct(double damping, double tolerance, int maxIterations) {
        return new Messages(this, true).loopy(damping, tolerance, maxIterations);
    }

    @Override public String toString() { return "FactorGraph of " + factors.size() + " factors over " + variables; }
}
