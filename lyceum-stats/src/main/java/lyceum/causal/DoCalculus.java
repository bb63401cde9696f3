package lyceum.causal;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Whether what an intervention does can be computed from observations, on a diagram with hidden causes; and if so, how.
 *
 * {@snippet :
 * var calculus = new DoCalculus(MixedGraph.of("x -> m -> y", "x <-> y"));
 * calculus.identify(Set.of("y"), Set.of("x")).estimand().text();        // sum_m P(m | x) sum_x' P(x') P(y | m, x')
 * new DoCalculus(MixedGraph.of("x -> y", "x <-> y")).identify(Set.of("y"), Set.of("x")).hedge();    // the bow: no formula exists
 * }
 *
 * <p>The ID algorithm is complete: where it finds a hedge, two models on the diagram agree in everything observable and differ in the effect. Formulas
 * hold where no combination of values has probability 0.
 *
 * @param graph what causes what among the measured, and what is hidden
 * @see "Shpitser and Pearl (2006), Identification of joint interventional distributions in recursive semi-Markovian causal models, AAAI"
 * @see <a href="https://arxiv.org/abs/1206.6876">Shpitser and Pearl (2006), Identification of conditional interventional distributions</a>
 */
public record DoCalculus(MixedGraph graph) {
    /**
     * Why there is no formula: two sets connected by hidden causes, one inside the other, with the same roots, and an action in the difference.
     *
     * @param forest the larger set
     * @param inner the smaller one, free of actions
     */
    public record Hedge(Set<String> forest, Set<String> inner) {}

    /** A formula, or a hedge; the other is null. */
    public record Identification(Estimand estimand, Hedge hedge) {
        public boolean isIdentified() { return estimand != null; }

        /** The formula. @throws IllegalStateException if there is none: names the hedge */
        @Override public Estimand estimand() {
            if (estimand == null)
                throw new IllegalStateException("not identified: " + hedge + "; two models agree in all that is observed and differ here");
            return estimand;
        }
    }

    /** {@code P(y | do(x))}. */
    public Identification identify(Set<String> y, Set<String> x) { return identify(y, x, Set.of()); }

    /** {@code P(y | do(x), z)}: by IDC, which turns into actions what rule 2 allows of z and divides for the rest. */
    public Identification identify(Set<String> y, Set<String> x, Set<String> z) {
        var query = new DoQuery(graph, y, x, z);
        for (String one : z) {
            var set = new DoQuery(graph, y, DoQuery.union(x, Set.of(one)), DoQuery.minus(z, Set.of(one)));
            if (set.canTurnToObservation(Set.of(one))) return identify(y, set.action(), set.observed());
        }
        try {
            var all = new Law(Estimand.probability(graph.names(), Set.of()), true);
            var joint = id(ordered(DoQuery.union(y, z)), ordered(x), all, graph);
            return new Identification(z.isEmpty() ? joint : Estimand.quotient(joint, Estimand.sum(query.of(), joint)), null);
        } catch (HedgeFound found) {
            return new Identification(null, found.hedge);
        }
    }

    private Set<String> ordered(Set<String> set) {
        var ordered = new LinkedHashSet<>(graph.names());
        ordered.retainAll(set);
        return ordered;
    }

    private static final class HedgeFound extends RuntimeException {
        private final transient Hedge hedge;

        HedgeFound(Hedge hedge) {
            super(null, null, false, false);
            this.hedge = hedge;
        }
    }

    /** A distribution over the nodes of the graph at hand; whether it is a marginal of what was observed. */
    private record Law(Estimand density, boolean observed) {
        Estimand conditional(String of, List<String> given, List<String> nodes) {
            if (observed) return Estimand.probability(Set.of(of), given);
            var later = DoQuery.minus(nodes, given);
            var below = Estimand.sum(later, density);
            later.remove(of);
            return Estimand.quotient(Estimand.sum(later, density), below);
        }

        Law marginal(Set<String> kept, List<String> nodes) {
            return observed ? new Law(Estimand.probability(kept, Set.of()), true)
                    : new Law(Estimand.sum(DoQuery.minus(nodes, kept), density), false);
        }
    }

    /** The seven lines of the paper's figure. */
    private static Estimand id(Set<String> y, Set<String> x, Law p, MixedGraph g) {
        var v = g.names();
        if (x.isEmpty()) return p.marginal(y, v).density; // 1
        var above = g.ancestors(y);
        if (above.size() < v.size()) return id(y, meet(x, above), p.marginal(above, v), g.induced(above)); // 2
        var idle = DoQuery.minus(DoQuery.minus(v, x), g.cutInto(x).ancestors(y));
        if (!idle.isEmpty()) return id(y, DoQuery.union(x, idle), p, g); // 3
        var parts = g.induced(DoQuery.minus(v, x)).districts();
        if (parts.size() > 1) { // 4
            var factors = new ArrayList<Estimand>();
            for (var s : parts) factors.add(id(s, DoQuery.minus(v, s), p, g));
            return Estimand.sum(DoQuery.minus(DoQuery.minus(v, y), x), Estimand.product(factors));
        }
        var s = parts.getFirst();
        var districts = g.districts();
        if (districts.size() == 1) throw new HedgeFound(new Hedge(Set.copyOf(v), Set.copyOf(s))); // 5
        var order = g.arrows().order();
        for (var district : districts) {
            if (!district.containsAll(s)) continue;
            var factors = new ArrayList<Estimand>();
            for (String node : order)
                if (district.contains(node)) factors.add(p.conditional(node, order.subList(0, order.indexOf(node)), v));
            var product = Estimand.product(factors);
            if (district.size() == s.size()) return Estimand.sum(DoQuery.minus(s, y), product); // 6
            return id(y, meet(x, district), new Law(product, false), g.induced(district)); // 7
        }
        throw new AssertionError("a district of a part lies in one of the whole");
    }

    private static Set<String> meet(Set<String> a, Set<String> b) {
        var meet = new LinkedHashSet<>(a);
        meet.retainAll(b);
        return meet;
    }

    /** Sets of measured nodes that meet the back-door criterion, small ones first. */
    public List<Set<String>> backDoorSets(String x, String y) {
        return new Confounding(graph.withHiddenNodes(), x, y, graph.hiddenNodes()).adjustmentSets();
    }

    /**
     * Sets of measured nodes that meet the front-door criterion, small ones first: they intercept every path of arrows from x to y, nothing confounds x
     * with them, and x blocks every back door from them to y. Then {@code P(y | do(x)) = sum_m P(m | x) sum_x' P(y | m, x') P(x')}.
     */
    public List<Set<String>> frontDoorSets(String x, String y) {
        var candidates = new ArrayList<>(DoQuery.minus(graph.names(), Set.of(x, y)));
        var sets = new ArrayList<Set<String>>();
        if (candidates.size() > 20) throw new IllegalArgumentException("frontDoorSets: " + candidates.size() + " nodes make too many sets");
        for (int mask = 1; mask < 1 << candidates.size(); mask++) {
            var set = new LinkedHashSet<String>();
            for (int i = 0; i < candidates.size(); i++) if ((mask >> i & 1) == 1) set.add(candidates.get(i));
            boolean intercepts = !graph.arrows().induced(DoQuery.minus(graph.names(), set)).descendants(Set.of(x)).contains(y);
            if (intercepts && graph.cutOutOf(Set.of(x)).separated(Set.of(x), set, Set.of()) && blocked(set, x, y)) sets.add(set);
        }
        sets.sort((a, b) -> Integer.compare(a.size(), b.size()));
        return sets;
    }

    /** Without arrows out of the set, x separates it from y. */
    private boolean blocked(Set<String> set, String x, String y) { return graph.cutOutOf(set).separated(set, Set.of(y), Set.of(x)); }
}
