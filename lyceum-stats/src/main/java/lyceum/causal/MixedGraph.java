package lyceum.causal;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import lyceum.bayes.Dag;

/**
 * A causal diagram of what was measured: arrows, and for each hidden common cause of two nodes a bidirected edge between them.
 *
 * {@snippet :
 * var frontDoor = MixedGraph.of("smoking -> tar -> cancer", "smoking <-> cancer");
 * frontDoor.districts();                                   // [[smoking, cancer], [tar]]
 * frontDoor.separated(Set.of("smoking"), Set.of("cancer"), Set.of("tar"));    // false: the hidden cause connects them
 * }
 *
 * @param arrows the directed edges
 * @param hidden pairs of nodes with a hidden common cause
 * @see "Tian and Pearl (2002), A general identification condition for causal effects, AAAI"
 */
public record MixedGraph(Dag arrows, Set<Set<String>> hidden) {
    public MixedGraph {
        var pairs = new LinkedHashSet<Set<String>>();
        for (var pair : hidden) {
            if (pair.size() != 2) throw new IllegalArgumentException("MixedGraph: a hidden cause of " + pair + "; it has two effects");
            for (String name : pair) arrows.at(name);
            pairs.add(Set.copyOf(pair));
        }
        hidden = Collections.unmodifiableSet(pairs);
    }

    /** From paths as {@link Dag#of(String...)} reads them, and hidden causes {@code "a <-> b"}. */
    public static MixedGraph of(String... paths) {
        var directed = new ArrayList<String>();
        var hidden = new LinkedHashSet<Set<String>>();
        var lone = new ArrayList<String>();
        for (String path : paths) {
            if (!path.contains("<->")) {
                directed.add(path);
                continue;
            }
            String[] ends = path.split("<->");
            for (int i = 0; i < ends.length; i++) {
                lone.add(ends[i].trim());
                if (i > 0) hidden.add(Set.of(ends[i - 1].trim(), ends[i].trim()));
            }
        }
        directed.addAll(lone);
        return new MixedGraph(Dag.of(directed.toArray(String[]::new)), hidden);
    }

    public List<String> names() { return arrows.names(); }

    /** The same with each hidden cause as a node, called {@code a~b} and an ancestor of both. */
    public Dag withHiddenNodes() {
        var names = new ArrayList<>(names());
        for (var pair : hidden) names.add(String.join("~", pair.stream().sorted().toList()));
        var edge = new boolean[names.size()][names.size()];
        for (String from : names()) for (String to : arrows.children(from)) edge[arrows.at(from)][arrows.at(to)] = true;
        int node = names().size();
        for (var pair : hidden) {
            for (String name : pair) edge[node][arrows.at(name)] = true;
            node++;
        }
        return Dag.of(names, edge);
    }

    /** Names of the hidden nodes of {@link #withHiddenNodes}. */
    public Set<String> hiddenNodes() {
        var nodes = new LinkedHashSet<>(withHiddenNodes().names());
        nodes.removeAll(names());
        return nodes;
    }

    /** d-separation, hidden causes being open forks. */
    public boolean separated(Collection<String> a, Collection<String> b, Collection<String> given) {
        return withHiddenNodes().separated(a, b, given);
    }

    /** These nodes and all that cause them. */
    public Set<String> ancestors(Collection<String> of) { return arrows.ancestors(of); }

    /** Without any edge into these nodes, hidden causes included: what an intervention leaves. */
    public MixedGraph cutInto(Collection<String> nodes) {
        var left = new LinkedHashSet<>(hidden);
        left.removeIf(pair -> pair.stream().anyMatch(nodes::contains));
        return new MixedGraph(arrows.cutInto(nodes), left);
    }

    /** Without arrows out of these nodes. */
    public MixedGraph cutOutOf(Collection<String> nodes) { return new MixedGraph(arrows.cutOutOf(nodes), hidden); }

    /** On some of the nodes. */
    public MixedGraph induced(Collection<String> nodes) {
        var left = new LinkedHashSet<>(hidden);
        left.removeIf(pair -> !nodes.containsAll(pair));
        return new MixedGraph(arrows.induced(nodes), left);
    }

    /** Sets of nodes that bidirected edges connect: c-components. */
    public List<Set<String>> districts() {
        var districts = new ArrayList<Set<String>>();
        var left = new LinkedHashSet<>(names());
        while (!left.isEmpty()) {
            var district = new LinkedHashSet<String>();
            var open = new ArrayList<>(List.of(left.getFirst()));
            while (!open.isEmpty()) {
                String node = open.removeLast();
                if (!district.add(node)) continue;
                for (var pair : hidden) if (pair.contains(node)) for (String other : pair) if (!district.contains(other)) open.add(other);
            }
            left.removeAll(district);
            var ordered = new LinkedHashSet<>(names());
            ordered.retainAll(district);
            districts.add(ordered);
        }
        return districts;
    }

    @Override public String toString() {
        return arrows.edges() + " " + hidden.stream().map(pair -> String.join(" <-> ", pair.stream().sorted().toList())).toList();
    }
}
