package lyceum.causal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lyceum.prob.JointTable;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** A model on a mixed graph, binary, hidden causes and all: its joint distribution under any intervention is a product in a loop. */
final class HiddenModel {
    final MixedGraph graph;
    /** Measured nodes first, then the hidden ones. */
    private final List<String> nodes;
    private final int[][] parents;
    private final double[][] one;

    /** Probabilities of a 1 between 0.1 and 0.9. */
    HiddenModel(MixedGraph graph, Rng rng) {
        this.graph = graph;
        var full = graph.withHiddenNodes();
        nodes = full.names();
        parents = new int[nodes.size()][];
        one = new double[nodes.size()][];
        for (int i = 0; i < parents.length; i++) {
            parents[i] = full.parents(i);
            one[i] = new double[1 << parents[i].length];
            for (int row = 0; row < one[i].length; row++) one[i][row] = 0.1 + 0.8 * rng.nextDouble();
        }
    }

    /** Over the measured nodes, the first the slowest bit; an intervened node has its value for certain. */
    double[] joint(Map<String, Integer> action) {
        int n = graph.names().size(), all = nodes.size();
        var joint = new double[1 << n];
        for (int state = 0; state < 1 << all; state++) {
            double p = 1;
            for (int i = 0; i < all && p > 0; i++) {
                int value = state >> (all - 1 - i) & 1;
                Integer set = action.get(nodes.get(i));
                if (set != null) {
                    if (set != value) p = 0;
                    continue;
                }
                int row = 0;
                for (int parent : parents[i]) row = 2 * row + (state >> (all - 1 - parent) & 1);
                p *= value == 1 ? one[i][row] : 1 - one[i][row];
            }
            joint[state >> (all - n)] += p;
        }
        return joint;
    }

    JointTable observed() {
        var shape = new long[graph.names().size()];
        Arrays.fill(shape, 2);
        return JointTable.of(graph.names(), Tensor.of(joint(Map.of()), shape));
    }

    /** {@code P(of | do(action), seen)}. */
    double truth(Map<String, Integer> of, Map<String, Integer> action, Map<String, Integer> seen) {
        return share(joint(action), of, seen);
    }

    /** {@code P(of | seen)} in a joint table of the measured nodes. */
    double share(double[] joint, Map<String, Integer> of, Map<String, Integer> seen) {
        double both = 0, given = 0;
        for (int state = 0; state < joint.length; state++) {
            if (!matches(state, seen)) continue;
            given += joint[state];
            if (matches(state, of)) both += joint[state];
        }
        return both / given;
    }

    private boolean matches(int state, Map<String, Integer> values) {
        int n = graph.names().size();
        for (var v : values.entrySet()) if ((state >> (n - 1 - graph.names().indexOf(v.getKey())) & 1) != v.getValue()) return false;
        return true;
    }

    /** Every assignment of 0 and 1. */
    static List<Map<String, Integer>> assignments(Set<String> names) {
        var list = List.copyOf(names);
        var all = new ArrayList<Map<String, Integer>>();
        for (int mask = 0; mask < 1 << list.size(); mask++) {
            var one = new HashMap<String, Integer>();
            for (int i = 0; i < list.size(); i++) one.put(list.get(i), mask >> i & 1);
            all.add(one);
        }
        return all;
    }

    /** 2 to 5 nodes, at most four hidden causes. */
    static MixedGraph randomGraph(Rng rng) {
        int n = 2 + rng.nextInt(4);
        int[] order = rng.permutation(n);
        double density = 0.3 + 0.4 * rng.nextDouble(), hiding = 0.1 + 0.4 * rng.nextDouble();
        var paths = new ArrayList<String>();
        for (int i = 0; i < n; i++) paths.add("v" + i);
        int hidden = 0;
        for (int a = 0; a < n; a++) for (int b = 0; b < a; b++) {
            if (rng.nextDouble() < density) paths.add("v" + order[b] + " -> v" + order[a]);
            if (rng.nextDouble() < hiding && hidden++ < 4) paths.add("v" + order[b] + " <-> v" + order[a]);
        }
        return MixedGraph.of(paths.toArray(String[]::new));
    }

    /** Nodes dealt to {@code sets} sets and to none; the first has at least one, the second too. */
    static List<Set<String>> deal(Rng rng, MixedGraph graph, int sets) {
        while (true) {
            var dealt = new ArrayList<Set<String>>();
            for (int k = 0; k < sets; k++) dealt.add(new LinkedHashSet<>());
            for (String name : graph.names()) {
                int to = rng.nextInt(sets + 1);
                if (to < sets) dealt.get(to).add(name);
            }
            if (!dealt.get(0).isEmpty() && !dealt.get(1).isEmpty()) return dealt;
        }
    }
}
