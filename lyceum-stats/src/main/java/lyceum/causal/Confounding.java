package lyceum.causal;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import lyceum.bayes.Dag;

/**
 * What a causal diagram says about comparing treated and untreated: the paths that mix other things in, and what to adjust for.
 *
 * {@snippet :
 * var graph = Dag.of("stone -> treatment -> success <- stone");
 * var question = new Confounding(graph, "treatment", "success");
 * question.paths();                    // treatment -> success: causal; treatment <- stone -> success: confounding
 * question.adjustmentSets();           // [[stone]]
 * }
 *
 * <p>Whatever is named in {@code hidden} was not measured and stands in no set.
 *
 * @param graph the diagram; every missing arrow is an assumption
 * @param treatment the cause
 * @param outcome its effect
 * @param hidden nodes that cannot be adjusted for
 * @see <a href="https://doi.org/10.1093/biomet/82.4.669">Pearl (1995), Causal diagrams for empirical research: the back-door criterion</a>
 */
public record Confounding(Dag graph, String treatment, String outcome, Set<String> hidden) {
    public Confounding {
        graph.at(treatment);
        graph.at(outcome);
        hidden = Set.copyOf(hidden);
        for (String name : hidden) graph.at(name);
        if (treatment.equals(outcome)) throw new IllegalArgumentException("Confounding: " + treatment + " is both treatment and outcome");
    }

    /** Everything was measured. */
    public Confounding(Dag graph, String treatment, String outcome) { this(graph, treatment, outcome, Set.of()); }

    /** What a path does to the comparison while nothing is adjusted for. */
    public enum Kind {
        /** From treatment to outcome along the arrows: the effect itself. */
        CAUSAL,
        /** Open and not causal: association without effect. */
        CONFOUNDING,
        /** Closed by a collider, and opened by adjusting for it or for what it causes. */
        COLLIDER
    }

    /**
     * A path without a node twice.
     *
     * @param nodes from treatment to outcome
     * @param forward for each step, whether its arrow points towards the outcome
     */
    public record Path(List<String> nodes, List<Boolean> forward) {
        public Path {
            nodes = List.copyOf(nodes);
            forward = List.copyOf(forward);
        }

        /** Nodes at which two arrows of the path meet. */
        public List<String> colliders() {
            var colliders = new ArrayList<String>();
            for (int i = 1; i + 1 < nodes.size(); i++) if (forward.get(i - 1) && !forward.get(i)) colliders.add(nodes.get(i));
            return colliders;
        }

        public Kind kind() { return !colliders().isEmpty() ? Kind.COLLIDER : forward.contains(false) ? Kind.CONFOUNDING : Kind.CAUSAL; }

        @Override public String toString() {
            var text = new StringBuilder(nodes.getFirst());
            for (int i = 0; i < forward.size(); i++) text.append(forward.get(i) ? " -> " : " <- ").append(nodes.get(i + 1));
            return text.toString();
        }
    }

    /** Every path between treatment and outcome; there may be exponentially many. */
    public List<Path> paths() {
        var paths = new ArrayList<Path>();
        extend(new ArrayList<>(List.of(treatment)), new ArrayList<>(), paths);
        paths.sort(Comparator.comparing(Path::kind).thenComparing(p -> p.nodes().size()));
        return paths;
    }

    private void extend(List<String> nodes, List<Boolean> forward, List<Path> paths) {
        String last = nodes.getLast();
        if (last.equals(outcome)) {
            paths.add(new Path(nodes, forward));
            return;
        }
        for (boolean along : new boolean[] {true, false}) for (String next : along ? graph.children(last) : graph.parents(last)) {
            if (nodes.contains(next)) continue;
            nodes.add(next);
            forward.add(along);
            extend(nodes, forward, paths);
            nodes.removeLast();
            forward.removeLast();
        }
    }

    /**
     * The back-door criterion: no node of the set is caused by the treatment, and the set blocks every path that has an arrow into it. Then
     * {@code P(y | do(x)) = sum_s P(y | x, s) P(s)}.
     */
    public boolean isAdjustmentSet(Collection<String> set) {
        if (set.contains(treatment) || set.contains(outcome))
            throw new IllegalArgumentException("Confounding: " + set + " has the treatment or the outcome in it");
        for (String name : graph.descendants(Set.of(treatment))) if (set.contains(name)) return false;
        return graph.cutOutOf(Set.of(treatment)).separated(Set.of(treatment), Set.of(outcome), set);
    }

    /**
     * The adjustment criterion, which is complete: the same formula holds for this set in every model on the diagram. It allows what the treatment causes
     * beside the way to the outcome, forbids what lies on that way or follows from it, and asks that every other path be blocked.
     *
     * @see <a href="https://arxiv.org/abs/1203.3515">Shpitser, VanderWeele and Robins (2010), On the validity of covariate adjustment</a>
     */
    public boolean isValid(Collection<String> set) {
        if (set.contains(treatment) || set.contains(outcome))
            throw new IllegalArgumentException("Confounding: " + set + " has the treatment or the outcome in it");
        var causal = new HashSet<>(graph.descendants(Set.of(treatment)));
        causal.retainAll(graph.ancestors(Set.of(outcome)));
        causal.remove(treatment);
        for (String name : graph.descendants(causal)) if (set.contains(name)) return false;
        int n = graph.size();
        var edge = new boolean[n][n];
        for (String from : graph.names())
            for (String to : graph.children(from)) edge[graph.at(from)][graph.at(to)] = !(from.equals(treatment) && causal.contains(to));
        return Dag.of(graph.names(), edge).separated(Set.of(treatment), Set.of(outcome), set);
    }

    /** All sets of measured nodes that meet the back-door criterion, small ones first; perhaps none. At most 20 nodes can be in them. */
    public List<Set<String>> adjustmentSets() {
        var candidates = new ArrayList<>(graph.names());
        candidates.removeAll(graph.descendants(Set.of(treatment)));
        candidates.removeAll(hidden);
        candidates.remove(outcome);
        if (candidates.size() > 20) throw new IllegalArgumentException(
                "Confounding: " + candidates.size() + " nodes make too many sets; ask isAdjustmentSet about some");
        var cut = graph.cutOutOf(Set.of(treatment));
        var sets = new ArrayList<Set<String>>();
        for (int mask = 0; mask < 1 << candidates.size(); mask++) {
            var set = new LinkedHashSet<String>();
            for (int i = 0; i < candidates.size(); i++) if ((mask >> i & 1) == 1) set.add(candidates.get(i));
            if (cut.separated(Set.of(treatment), Set.of(outcome), set)) sets.add(set);
        }
        sets.sort(Comparator.comparing(Set::size));
        return sets;
    }

    /** Those that have no smaller one inside. */
    public List<Set<String>> minimalAdjustmentSets() {
        var all = adjustmentSets();
        return all.stream().filter(set -> all.stream().noneMatch(other -> other.size() < set.size() && set.containsAll(other))).toList();
    }

    /** Measured colliders on paths between treatment and outcome, those of short paths first, that spoil the comparison if they are adjusted for beside {@code set}. */
    public Set<String> harmfulColliders(Collection<String> set) {
        var harmful = new LinkedHashSet<String>();
        var judged = new HashSet<>(hidden);
        judged.addAll(set);
        for (var path : paths()) for (String collider : path.colliders()) {
            if (!judged.add(collider)) continue;
            var with = new HashSet<>(set);
            with.add(collider);
            if (!isValid(with)) harmful.add(collider);
        }
        return harmful;
    }

    /** What the diagram supports when results are given whole and by strata. */
    public enum Answer {
        /** Only the crude comparison: the strata must not be held fixed. */
        CRUDE,
        /** Only the one within strata, averaged over the population's. */
        ADJUSTED,
        /** Either; they estimate the same. */
        EITHER,
        /** Neither: another set is needed, or none was measured. */
        NEITHER
    }

    /** Whether to read a table whole or by these strata, for the total effect of the treatment. */
    public Answer answer(Collection<String> strata) {
        boolean crude = isValid(Set.of()), adjusted = isValid(strata);
        return crude ? adjusted ? Answer.EITHER : Answer.CRUDE : adjusted ? Answer.ADJUSTED : Answer.NEITHER;
    }
}
