package lyceum.plot.render;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import lyceum.plot.Layer;

/**
 * Places of a network's nodes. A node's rank is the longest way to it from a node without predecessors; within ranks, nodes move
 * to the mean place of their neighbours, up and down several times (Sugiyama, Tagawa and Toda, 1981). In a tree, parents stand over the middle
 * of their children.
 */
final class NetworkLayout {
    final int[] rank;
    /** Place within the rank's direction, in units of one node with its gap. */
    final double[] place;
    final int[] from;
    final int[] to;
    final int ranks;
    final double places;
    private final List<List<Integer>> children = new ArrayList<>();
    private final List<List<Integer>> parents = new ArrayList<>();

    NetworkLayout(Layer.Network network) {
        int n = network.nodes().size();
        rank = new int[n];
        place = new double[n];
        var index = new HashMap<String, Integer>();
        for (int i = 0; i < n; i++) {
            index.put(network.nodes().get(i).id(), i);
            children.add(new ArrayList<>());
            parents.add(new ArrayList<>());
        }
        from = network.edges().stream().mapToInt(e -> index.get(e.from())).toArray();
        to = network.edges().stream().mapToInt(e -> index.get(e.to())).toArray();
        var forward = forward(n);
        for (int e = 0; e < from.length; e++) {
            if (!forward[e]) continue;
            children.get(from[e]).add(to[e]);
            parents.get(to[e]).add(from[e]);
        }
        rankAll(n);
        ranks = Arrays.stream(rank).max().orElse(0) + 1;
        boolean tree = parents.stream().allMatch(p -> p.size() <= 1);
        if (tree) placeTree(n);
        else placeRanks(n);
        double low = Arrays.stream(place).min().orElse(0);
        for (int i = 0; i < n; i++) place[i] -= low;
        places = Arrays.stream(place).max().orElse(0) + 1;
    }

    /** Edges that lead on; those that would close a cycle are left out of the ranking. Depth-first, without recursion. */
    private boolean[] forward(int n) {
        var edges = new ArrayList<List<Integer>>();
        for (int i = 0; i < n; i++) edges.add(new ArrayList<>());
        for (int e = 0; e < from.length; e++) edges.get(from[e]).add(e);
        var ok = new boolean[from.length];
        var state = new byte[n];
        var next = new int[n];
        var stack = new int[n + 1];
        for (int root = 0; root < n; root++) {
            if (state[root] != 0) continue;
            int top = 0;
            stack[0] = root;
            state[root] = 1;
            while (top >= 0) {
                int v = stack[top];
                if (next[v] == edges.get(v).size()) {
                    state[v] = 2;
                    top--;
                    continue;
                }
                int e = edges.get(v).get(next[v]++);
                if (state[to[e]] == 1) continue;
                ok[e] = true;
                if (state[to[e]] == 0) {
                    state[to[e]] = 1;
                    stack[++top] = to[e];
                }
            }
        }
        return ok;
    }

    /** Longest way from a root by Kahn's order; roots then move up to just before their first child. */
    private void rankAll(int n) {
        var left = new int[n];
        var queue = new int[n];
        int end = 0;
        for (int i = 0; i < n; i++) {
            left[i] = parents.get(i).size();
            if (left[i] == 0) queue[end++] = i;
        }
        for (int at = 0; at < end; at++) {
            for (int c : children.get(queue[at])) {
                rank[c] = Math.max(rank[c], rank[queue[at]] + 1);
                if (--left[c] == 0) queue[end++] = c;
            }
        }
        for (int i = 0; i < n; i++) {
            if (parents.get(i).isEmpty() && !children.get(i).isEmpty())
                rank[i] = children.get(i).stream().mapToInt(c -> rank[c]).min().orElse(1) - 1;
        }
    }

    private void placeTree(int n) {
        double leaf = 0;
        var order = new ArrayList<Integer>();
        var stack = new ArrayList<Integer>();
        for (int i = n - 1; i >= 0; i--) if (parents.get(i).isEmpty()) stack.add(i);
        while (!stack.isEmpty()) {
            int v = stack.removeLast();
            order.add(v);
            for (int c : children.get(v).reversed()) stack.add(c);
        }
        for (int v : order) if (children.get(v).isEmpty()) place[v] = leaf++;
        for (int v : order.reversed()) {
            var kids = children.get(v);
            if (!kids.isEmpty()) place[v] = (place[kids.getFirst()] + place[kids.getLast()]) / 2;
        }
    }

    private void placeRanks(int n) {
        var byRank = new ArrayList<List<Integer>>();
        for (int r = 0; r < ranks; r++) byRank.add(new ArrayList<>());
        for (int i = 0; i < n; i++) byRank.get(rank[i]).add(i);
        int widest = byRank.stream().mapToInt(List::size).max().orElse(1);
        for (var row : byRank) for (int k = 0; k < row.size(); k++) place[row.get(k)] = k + (widest - row.size()) / 2.0;
        for (int sweep = 0; sweep < 8; sweep++) {
            boolean down = sweep % 2 == 0;
            for (int r = down ? 0 : ranks - 1; r >= 0 && r < ranks; r += down ? 1 : -1) {
                settle(byRank.get(r), down ? parents : children);
            }
        }
    }

    /** Orders a rank by its neighbours' mean places and sets it as near to them as its width allows. */
    private void settle(List<Integer> row, List<List<Integer>> neighbours) {
        var wish = new HashMap<Integer, Double>();
        for (int v : row)
            wish.put(v, neighbours.get(v).isEmpty() ? place[v]
                    : neighbours.get(v).stream().mapToDouble(u -> place[u]).average().orElse(place[v]));
        row.sort(Comparator.comparingDouble(wish::get));
        var wanted = row.stream().mapToDouble(wish::get).toArray();
        var settled = Spread.apart(wanted, 1, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);
        for (int k = 0; k < settled.length; k++) place[row.get(k)] = settled[k];
    }
}
