package lyceum.bayes;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * A directed graph without cycles: who depends directly on whom. Bayesian networks and causal diagrams are drawn on it.
 *
 * {@snippet :
 * var graph = Dag.of("cloudy -> sprinkler -> wet", "cloudy -> rain -> wet");
 * graph.parents("wet");                                       // [sprinkler, rain]
 * graph.separated("sprinkler", "rain", "cloudy");             // true: the fork is closed, the collider is closed
 * graph.separated("sprinkler", "rain", "cloudy", "wet");      // false: the collider is open
 * }
 *
 * <p>Immutable. Nodes keep the order in which they were first named.
 *
 * @see "Geiger, Verma and Pearl (1990), Identifying independence in Bayesian networks, Networks 20(5)"
 * @see <a href="https://arxiv.org/abs/1301.7412">Shachter (1998), Bayes-ball</a>
 */
public final class Dag {
    private final List<String> names;
    private final int[][] parents, children;
    private final int[] order;

    private Dag(List<String> names, boolean[][] edge) {
        this.names = List.copyOf(names);
        int n = names.size();
        parents = new int[n][];
        children = new int[n][];
        for (int i = 0; i < n; i++) {
            int at = i;
            parents[i] = IntStream.range(0, n).filter(j -> edge[j][at]).toArray();
            children[i] = IntStream.range(0, n).filter(j -> edge[at][j]).toArray();
        }
        order = sort();
    }

    /**
     * From arrows and nodes: {@code "a -> b"}, chains {@code "a -> b <- c"}, or a lone {@code "d"}.
     *
     * @throws IllegalArgumentException if a text cannot be read, or the arrows run in a cycle
     */
    public static Dag of(String... paths) {
        var names = new LinkedHashSet<String>();
        var arrows = new ArrayList<String[]>();
        for (String path : paths) {
            String[] words = path.trim().split("\\s+");
            for (int i = 0; i < words.length; i++) {
                boolean arrow = words[i].equals("->") || words[i].equals("<-");
                if (words[i].isEmpty() || arrow == (i % 2 == 0) || i % 2 == 1 && i + 1 == words.length)
                    throw new IllegalArgumentException("Dag: cannot read '" + path + "'; write \"a -> b\", \"a -> b <- c\" or \"d\"");
                if (!arrow) names.add(words[i]);
                else arrows
                        .add(words[i].equals("->") ? new String[] {words[i - 1], words[i + 1]} : new String[] {words[i + 1], words[i - 1]});
            }
        }
        var list = List.copyOf(names);
        var edge = new boolean[list.size()][list.size()];
        for (var arrow : arrows) edge[list.indexOf(arrow[0])][list.indexOf(arrow[1])] = true;
        return new Dag(list, edge);
    }

    /** From a matrix: {@code edge[i][j]} is an arrow from name i to name j. */
    public static Dag of(List<String> names, boolean[][] edge) {
        if (Set.copyOf(names).size() != names.size() || edge.length != names.size())
            throw new IllegalArgumentException("Dag: " + edge.length + " rows for the names " + names + ", which differ from each other");
        return new Dag(names, edge);
    }

    private int[] sort() {
        int n = size(), done = 0;
        int[] order = new int[n], missing = new int[n];
        for (int i = 0; i < n; i++) missing[i] = parents[i].length;
        var placed = new boolean[n];
        while (done < n) {
            int next = -1;
            for (int i = n - 1; i >= 0; i--) if (!placed[i] && missing[i] == 0) next = i;
            if (next < 0) {
                var left = new ArrayList<String>();
                for (int i = 0; i < n; i++) if (!placed[i]) left.add(names.get(i));
                throw new IllegalArgumentException("Dag: there is a cycle among " + left + "; every path of arrows must end");
            }
            placed[next] = true;
            order[done++] = next;
            for (int child : children[next]) missing[child]--;
        }
        return order;
    }

    public List<String> names() { return names; }

    /** Number of nodes. */
    public int size() { return names.size(); }

    /** A node's place among {@link #names}. @throws IllegalArgumentException if there is no such node */
    public int at(String name) {
        int at = names.indexOf(name);
        if (at < 0) throw new IllegalArgumentException("Dag: there is no node '" + name + "' among " + names);
        return at;
    }

    /** Nodes with an arrow into this one, in the order of the graph. */
    public List<String> parents(String name) { return named(parents[at(name)]); }

    /** Nodes that this one has an arrow into. */
    public List<String> children(String name) { return named(children[at(name)]); }

    /** The same by number; a copy. */
    public int[] parents(int node) { return parents[node].clone(); }

    /** Not copied, for inner loops; not to be changed. */
    int[] above(int node) { return parents[node]; }

    public boolean hasEdge(String from, String to) { return Arrays.stream(children[at(from)]).anyMatch(c -> c == at(to)); }

    /** Parents before children; the first named comes first where that leaves a choice. */
    public List<String> order() { return named(order); }

    private List<String> named(int[] nodes) { return Arrays.stream(nodes).mapToObj(names::get).toList(); }

    /** These nodes and everything with a path of arrows to them. */
    public Set<String> ancestors(Collection<String> of) { return named(closure(of, parents)); }

    /** These nodes and everything that they have a path of arrows to. */
    public Set<String> descendants(Collection<String> of) { return named(closure(of, children)); }

    private boolean[] closure(Collection<String> of, int[][] next) {
        var seen = new boolean[size()];
        var open = new ArrayDeque<Integer>();
        for (String name : of) open.add(at(name));
        while (!open.isEmpty()) {
            int node = open.pop();
            if (seen[node]) continue;
            seen[node] = true;
            for (int other : next[node]) open.push(other);
        }
        return seen;
    }

    private Set<String> named(boolean[] chosen) {
        var set = new LinkedHashSet<String>();
        for (int i = 0; i < chosen.length; i++) if (chosen[i]) set.add(names.get(i));
        return set;
    }

    /** Whether a and b are d-separated by the given nodes: every path between them is blocked. */
    public boolean separated(String a, String b, String... given) { return separated(Set.of(a), Set.of(b), List.of(given)); }

    /**
     * Whether every path between the two sets is blocked: by a chain or fork whose middle is given, or by a collider of which neither it nor a
     * descendant is. Then, in every distribution that factorises over the graph, they are independent given those nodes. Linear in the edges.
     *
     * @throws IllegalArgumentException if a node is on both sides, or on one and given
     */
    public boolean separated(Collection<String> a, Collection<String> b, Collection<String> given) {
        var reached = reachable(a, given);
        for (String name : b) {
            if (a.contains(name) || given.contains(name))
                throw new IllegalArgumentException("separated: " + name + " stands on two sides of " + a + ", " + b + " given " + given);
            if (reached[at(name)]) return false;
        }
        for (String name : a)
            if (given.contains(name))
                throw new IllegalArgumentException("separated: " + name + " stands on two sides of " + a + ", " + b + " given " + given);
        return true;
    }

    /** Nodes that are d-connected to some of {@code from}, these included. */
    public Set<String> connected(Collection<String> from, Collection<String> given) { return named(reachable(from, given)); }

    /**
     * Bayes ball: it moves from child to parent (up) or from parent to child. A node that is not known lets it pass, but never from one parent to
     * another; a known one only sends it back to its parents, and so opens the colliders above it.
     */
    private boolean[] reachable(Collection<String> from, Collection<String> given) {
        int n = size();
        var known = new boolean[n];
        for (String name : given) known[at(name)] = true;
        boolean[] reached = new boolean[n], visited = new boolean[2 * n];
        var open = new ArrayDeque<Integer>();
        for (String name : from) open.push(at(name));
        while (!open.isEmpty()) {
            int state = open.pop(), node = state % n;
            boolean up = state < n;
            if (visited[state]) continue;
            visited[state] = true;
            if (!known[node]) reached[node] = true;
            if (up != known[node]) for (int parent : parents[node]) open.push(parent);
            if (!known[node]) for (int child : children[node]) open.push(n + child);
        }
        return reached;
    }

    /** The graph without arrows into these nodes: what an intervention on them leaves. */
    public Dag cutInto(Collection<String> nodes) { return keep((from, to) -> !nodes.contains(to)); }

    /** The graph without arrows out of these nodes. */
    public Dag cutOutOf(Collection<String> nodes) { return keep((from, to) -> !nodes.contains(from)); }

    private interface Arrows {
        boolean keep(String from, String to);
    }

    private Dag keep(Arrows arrows) {
        var edge = new boolean[size()][size()];
        for (int i = 0; i < size(); i++) for (int j : children[i]) edge[i][j] = arrows.keep(names.get(i), names.get(j));
        return new Dag(names, edge);
    }

    /** The graph on some of its nodes, with the arrows between them. */
    public Dag induced(Collection<String> nodes) {
        var kept = names.stream().filter(nodes::contains).toList();
        var edge = new boolean[kept.size()][kept.size()];
        for (int i = 0; i < kept.size(); i++) for (int j : children[at(kept.get(i))]) {
            int to = kept.indexOf(names.get(j));
            if (to >= 0) edge[i][to] = true;
        }
        return new Dag(kept, edge);
    }

    /** Every arrow as {@code "a -> b"}. */
    public List<String> edges() {
        var edges = new ArrayList<String>();
        for (int i = 0; i < size(); i++) for (int j : children[i]) edges.add(names.get(i) + " -> " + names.get(j));
        return edges;
    }

    @Override public boolean equals(Object o) {
        return o instanceof Dag d && names.equals(d.names) && Arrays.deepEquals(parents, d.parents);
    }

    @Override public int hashCode() { return 31 * names.hashCode() + Arrays.deepHashCode(parents); }

    @Override public String toString() { return "Dag" + names + " " + edges(); }
}
