package lyceum.causal;

import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.TreeSet;

/**
 * {@code P(of | do(action), observed)} on a diagram, and Pearl's three rules that change it without changing its value.
 *
 * {@snippet :
 * var graph = MixedGraph.of("x -> m -> y", "x <-> y");
 * var query = new DoQuery(graph, Set.of("m"), Set.of("x"), Set.of());
 * query.actionToObservation(Set.of("x"));            // P(m | x): rule 2 applies, m and x have no common cause
 * new DoQuery(graph, Set.of("y"), Set.of("x"), Set.of()).canTurnToObservation(Set.of("x"));    // false
 * }
 *
 * @param graph the diagram
 * @param of what is asked for
 * @param action what is set
 * @param observed what is seen besides
 * @see <a href="https://doi.org/10.1093/biomet/82.4.669">Pearl (1995), Causal diagrams for empirical research</a>
 */
public record DoQuery(MixedGraph graph, Set<String> of, Set<String> action, Set<String> observed) {
    public DoQuery {
        of = Set.copyOf(of);
        action = Set.copyOf(action);
        observed = Set.copyOf(observed);
        for (var set : new Set[] {of, action, observed}) for (Object name : set) graph.arrows().at((String) name);
        if (of.isEmpty() || union(of, union(action, observed)).size() < of.size() + action.size() + observed.size())
            throw new IllegalArgumentException(
                    "DoQuery: " + of + ", do" + action + ", " + observed + "; they share no node, and something is asked for");
    }

    static Set<String> union(Collection<String> a, Collection<String> b) {
        var union = new LinkedHashSet<>(a);
        union.addAll(b);
        return union;
    }

    static Set<String> minus(Collection<String> a, Collection<String> b) {
        var rest = new LinkedHashSet<>(a);
        rest.removeAll(b);
        return rest;
    }

    /** Rule 1: whether observing z adds nothing, {@code Y _||_ Z | X, W} in the graph without edges into X. */
    public boolean canDropObservation(Set<String> z) {
        inside(z, observed);
        return graph.cutInto(action).separated(of, z, union(action, minus(observed, z)));
    }

    /** Rule 1 backwards: whether z may be observed as well. */
    public boolean canAddObservation(Set<String> z) { return new DoQuery(graph, of, action, union(observed, z)).canDropObservation(z); }

    /** Rule 2: whether setting z is as good as seeing it, {@code Y _||_ Z | X, W} without edges into X and out of Z; X are the other actions. */
    public boolean canTurnToObservation(Set<String> z) {
        inside(z, action);
        var x = minus(action, z);
        return graph.cutInto(x).cutOutOf(z).separated(of, z, union(x, observed));
    }

    /** Rule 3: whether setting z does nothing, {@code Y _||_ Z | X, W} without edges into X and into those of Z that cause nothing observed. */
    public boolean canDropAction(Set<String> z) {
        inside(z, action);
        var x = minus(action, z);
        var without = graph.cutInto(x);
        return without.cutInto(minus(z, without.ancestors(observed))).separated(of, z, union(x, observed));
    }

    private void inside(Set<String> z, Set<String> of) {
        if (z.isEmpty() || !of.containsAll(z)) throw new IllegalArgumentException("rule: " + z + " is not part of " + of + " in " + this);
    }

    /** Rule 1. @throws IllegalArgumentException if it does not apply */
    public DoQuery dropObservation(Set<String> z) {
        return checked(1, canDropObservation(z), new DoQuery(graph, of, action, minus(observed, z)));
    }

    /** Rule 2. @throws IllegalArgumentException if it does not apply */
    public DoQuery actionToObservation(Set<String> z) {
        return checked(2, canTurnToObservation(z), new DoQuery(graph, of, minus(action, z), union(observed, z)));
    }

    /** Rule 2 the other way. @throws IllegalArgumentException if it does not apply */
    public DoQuery observationToAction(Set<String> z) {
        inside(z, observed);
        var to = new DoQuery(graph, of, union(action, z), minus(observed, z));
        return checked(2, to.canTurnToObservation(z), to);
    }

    /** Rule 3. @throws IllegalArgumentException if it does not apply */
    public DoQuery dropAction(Set<String> z) { return checked(3, canDropAction(z), new DoQuery(graph, of, minus(action, z), observed)); }

    private DoQuery checked(int rule, boolean applies, DoQuery to) {
        if (!applies) throw new IllegalArgumentException("rule " + rule + ": " + this + " is not " + to + " on every model of this graph");
        return to;
    }

    @Override public String toString() {
        var right = new TreeSet<String>();
        for (String x : action) right.add("do(" + x + ")");
        right.addAll(observed);
        return "P(" + String.join(", ", new TreeSet<>(of)) + (right.isEmpty() ? "" : " | " + String.join(", ", right)) + ")";
    }
}
