package lyceum.data.imagenet;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lyceum.data.WordNet;

/**
 * Classes and what they are kinds of; a mistake costs the height of the lowest node that is above (or is) both classes, a node's height being the longest
 * way down to a class. So beagle for basset costs little and beagle for bus much (Deng and others 2010). A node may have several parents.
 */
public final class Hierarchy {
    private final List<String> classes;
    private final Map<String, List<String>> parents;
    private final List<Set<String>> above = new ArrayList<>();
    private final Map<String, Integer> heights = new HashMap<>();

    /**
     * @param classes in the order of their numbers
     * @param parents of each node that has any
     * @throws IllegalArgumentException if the parents form a cycle
     */
    public Hierarchy(List<String> classes, Map<String, List<String>> parents) {
        this.classes = List.copyOf(classes);
        this.parents = Map.copyOf(parents);
        for (var name : classes) {
            var nodes = new LinkedHashSet<String>();
            collect(name, nodes, new HashSet<>());
            above.add(nodes);
            raise(name, 0);
        }
    }

    /** Of these synsets, by their hypernyms. */
    public static Hierarchy of(WordNet wordnet, List<String> synsets) {
        var parents = new HashMap<String, List<String>>();
        for (var id : synsets) {
            parents.put(id, wordnet.synset(id).hypernyms());
            for (var up : wordnet.hypernyms(id)) parents.put(up, wordnet.synset(up).hypernyms());
        }
        return new Hierarchy(synsets, parents);
    }

    private List<String> parentsOf(String node) { return parents.getOrDefault(node, List.of()); }

    private void collect(String node, Set<String> into, Set<String> way) {
        if (!way.add(node)) throw new IllegalArgumentException("Hierarchy: the parents of " + node + " form a cycle");
        if (into.add(node)) for (var parent : parentsOf(node)) collect(parent, into, way);
        way.remove(node);
    }

    private void raise(String node, int height) {
        if (heights.getOrDefault(node, -1) >= height) return;
        heights.put(node, height);
        for (var parent : parentsOf(node)) raise(parent, height + 1);
    }

    public List<String> classes() { return classes; }

    /** The longest way down from a node to a class. */
    public int height(String node) {
        var height = heights.get(node);
        if (height == null) throw new IllegalArgumentException("Hierarchy: no class is a kind of " + node);
        return height;
    }

    /** The lowest node above both classes. @throws IllegalArgumentException if there is none */
    public String lowestCommonAncestor(int a, int b) {
        String best = null;
        for (var node : above.get(a))
            if (above.get(b).contains(node) && (best == null || heights.get(node) < heights.get(best))) best = node;
        if (best == null)
            throw new IllegalArgumentException("Hierarchy: nothing is above both " + classes.get(a) + " and " + classes.get(b));
        return best;
    }

    /** What it costs to call one class the other; 0 for the same. */
    public int cost(int a, int b) { return a == b ? 0 : height(lowestCommonAncestor(a, b)); }
}
