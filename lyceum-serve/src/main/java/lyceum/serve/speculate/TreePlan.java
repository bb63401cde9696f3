package lyceum.serve.speculate;

import java.util.ArrayList;
import java.util.List;
import lyceum.withers.Withers;

/**
 * How guesses become a tree. With all of {@code beam} and {@code nodes} unbounded it is static: at each level every node has as many children as its width says. Bounded, it
 * is dynamic: the likeliest nodes of a level have children, and the likeliest of all stay.
 *
 * {@snippet :
 * var fixed = TreePlan.of(4, 3, 2);
 * var dynamic = new TreePlan(List.of(8, 8, 8, 8), 4, 16);       // EAGLE-2: four nodes a level go on, sixteen are checked
 * }
 *
 * @param widths children of a node, by level
 * @param beam nodes of a level that have children
 * @param nodes that stay
 */
@Withers
public record TreePlan(List<Integer> widths, int beam, int nodes) implements TreePlanWithers {
    public TreePlan {
        widths = List.copyOf(widths);
        if (widths.isEmpty() || widths.stream().anyMatch(w -> w < 1) || beam < 1 || nodes < 1) throw new IllegalArgumentException(
                "TreePlan: widths " + widths + ", a beam of " + beam + ", " + nodes + " nodes; at least 1 each");
    }

    /** A static tree. */
    public static TreePlan of(Integer... widths) { return new TreePlan(List.of(widths), Integer.MAX_VALUE, Integer.MAX_VALUE); }

    /** Gives log-probabilities (vocabulary) of what follows each of these nodes. @param nodes of a level, numbered in the order of growth; node 0 is the root */
    interface Level {
        double[][] after(int level, List<Node> nodes);
    }

    /**
     * A node while a tree grows.
     *
     * @param number in the order of growth
     * @param parent its number; -1 of the root
     * @param score log-probability of the path
     */
    record Node(int number, int parent, int id, double score) {}

    TokenTree grow(int last, int levels, Level guesses) {
        var all = new ArrayList<>(List.of(new Node(0, -1, last, 0)));
        List<Node> frontier = List.of(all.getFirst());
        for (int level = 0; level < Math.min(levels, widths.size()) && !frontier.isEmpty(); level++) {
            double[][] logs = guesses.after(level, frontier);
            if (logs == null) break;
            var grown = new ArrayList<Node>();
            for (int f = 0; f < frontier.size(); f++) {
                var parent = frontier.get(f);
                for (int id : best(logs[f], widths.get(level))) grown.add(new Node(0, parent.number, id, parent.score + logs[f][id]));
            }
            grown.sort((a, b) -> Double.compare(b.score, a.score)); // stable: of equal ones the earlier
            var next = new ArrayList<Node>();
            for (int i = 0; i < grown.size(); i++) {
                var node = new Node(all.size(), grown.get(i).parent, grown.get(i).id, grown.get(i).score);
                all.add(node);
                if (i < beam) next.add(node);
            }
            frontier = next;
        }
        return kept(all);
    }

    /** The likeliest nodes: a parent is at least as likely as its children, and comes first of equal ones. */
    private TokenTree kept(List<Node> all) {
        var order = new ArrayList<>(all);
        order.sort((a, b) -> a.score != b.score ? Double.compare(b.score, a.score) : Integer.compare(a.number, b.number));
        var stays = new boolean[all.size()];
        for (int i = 0; i < Math.min((long) nodes + 1, order.size()); i++) stays[order.get(i).number] = true;
        var place = new int[all.size()];
        int count = 0;
        for (int i = 0; i < stays.length; i++) if (stays[i]) place[i] = count++;
        int[] ids = new int[count], parents = new int[count];
        for (var node : all) if (stays[node.number]) {
            ids[place[node.number]] = node.id;
            parents[place[node.number]] = node.parent < 0 ? -1 : place[node.parent];
        }
        return new TokenTree(ids, parents);
    }

    private static int[] best(double[] logs, int count) {
        var best = new int[Math.min(count, logs.length)];
        var taken = new boolean[logs.length];
        for (int i = 0; i < best.length; i++) {
            int top = -1;
            for (int id = 0; id < logs.length; id++) if (!taken[id] && (top < 0 || logs[id] > logs[top])) top = id;
            taken[best[i] = top] = true;
        }
        return best;
    }
}
