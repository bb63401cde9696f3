package lyceum.retrieval;

import java.util.Arrays;
import java.util.function.IntConsumer;
import java.util.function.IntPredicate;
import lyceum.text.internal.TopScores;

/** What one thread needs to walk the graph and to link a node. */
final class HnswWalk {
    private final VectorRows store;
    private final HnswLinks links;
    private final NodeQueue open = new NodeQueue();
    private final int[] around;
    private int[] visited = new int[1024];
    private int visit;
    long computations;

    HnswWalk(VectorRows store, HnswLinks links) {
        this.store = store;
        this.links = links;
        around = new int[2 * links.m];
    }

    private double score(VectorRows.Query q, int node) {
        computations++;
        return store.score(q, node);
    }

    /** Greedy steps until no neighbour is nearer. */
    int nearest(VectorRows.Query q, int from, int layer, IntConsumer step) {
        double best = score(q, from);
        if (step != null) step.accept(from);
        for (int at = from;;) {
            int n = links.read(at, layer, around), next = -1;
            for (int i = 0; i < n; i++) {
                double score = score(q, around[i]);
                if (score <= best) continue;
                best = score;
                next = around[i];
            }
            if (next < 0) return at;
            at = next;
            if (step != null) step.accept(at);
        }
    }

    private boolean first(int node) {
        if (node >= visited.length) visited = Arrays.copyOf(visited, Math.max(node + 1, 2 * visited.length));
        if (visited[node] == visit) return false;
        visited[node] = visit;
        return true;
    }

    /** The {@code ef} best accepted ones on layer 0. */
    TopScores search(VectorRows.Query q, int from, int ef, IntPredicate accepted) { return search(q, from, 0, ef, accepted); }

    private TopScores search(VectorRows.Query q, int from, int layer, int ef, IntPredicate accepted) {
        if (++visit == 0) {
            Arrays.fill(visited, 0);
            visit = 1;
        }
        var best = new TopScores(ef);
        open.clear();
        first(from);
        double score = score(q, from);
        open.add(from, score);
        if (accepted.test(from)) best.offer(from, score);
        while (!open.isEmpty() && open.topScore() >= best.threshold()) {
            int n = links.read(open.poll(), layer, around);
            for (int i = 0; i < n; i++) {
                int node = around[i];
                if (!first(node)) continue;
                score = score(q, node);
                if (score <= best.threshold()) continue;
                open.add(node, score);
                if (accepted.test(node)) best.offer(node, score);
            }
        }
        return best;
    }

    /** The best candidates for links of {@code node}, the nearest first. */
    int[] candidates(VectorRows.Query q, int from, int layer, int ef, int node) {
        var best = search(q, from, layer, ef, other -> other != node);
        var found = new int[best.size()];
        int[] n = {0};
        best.best((other, _) -> found[n[0]++] = other);
        return found;
    }

    /** Links a new node with the chosen of the candidates, both ways. */
    void connect(int node, int layer, int[] candidates) {
        int[] chosen = new int[links.m];
        int count = choose(node, candidates, candidates.length, chosen, 0, links.m);
        if (layer == 0) count = adopt(node, chosen, count, candidates);
        synchronized (links.lock(node)) {
            // others may have linked it while it searched: kin stay, then the chosen, then the others
            int own = links.read(node, layer, around), all = 0;
            int[] merged = new int[links.most(layer)];
            if (layer == 0) {
                for (int i = 0; i < own; i++) if (links.inTree(node, around[i])) merged[all++] = around[i];
                int parent = links.parent(node);
                if (!contains(merged, all, parent)) merged[all++] = parent;
            }
            for (int i = 0; i < count && all < merged.length; i++) if (!contains(merged, all, chosen[i])) merged[all++] = chosen[i];
            for (int i = 0; i < own && all < merged.length; i++) if (!contains(merged, all, around[i])) merged[all++] = around[i];
            links.write(node, layer, merged, all);
        }
        for (int i = 0; i < count; i++) linkBack(chosen[i], node, layer);
    }

    private static boolean contains(int[] nodes, int n, int node) {
        for (int i = 0; i < n; i++) if (nodes[i] == node) return true;
        return false;
    }

    /** Finds a parent with a free place among the candidates, the nearest first, and makes it one of the chosen. */
    private int adopt(int node, int[] chosen, int count, int[] candidates) {
        int[] found = candidates;
        int n = candidates.length;
        for (int i = 0; i < n; i++) {
            int parent = found[i];
            synchronized (links.lock(parent)) {
                int size = links.read(parent, 0, around), tree = 0;
                for (int k = 0; k < size; k++) if (links.inTree(parent, around[k])) tree++;
                if (tree > links.m) {
                    // so many at one place that all are full: their children are asked next
                    if (n + tree > found.length) found = Arrays.copyOf(found, 2 * (n + tree));
                    for (int k = 0; k < size; k++) if (links.parent(around[k]) == parent) found[n++] = around[k];
                    continue;
                }
                links.parent(node, parent);
                int place = size;
                if (size == links.most(0)) {
                    // the farthest that is no kin makes room
                    var q = store.query(parent);
                    double least = Double.POSITIVE_INFINITY;
                    for (int k = 0; k < size; k++) {
                        double score = links.inTree(parent, around[k]) ? Double.POSITIVE_INFINITY : store.score(q, around[k]);
                        if (score >= least) continue;
                        least = score;
                        place = k;
                    }
                }
                around[place] = node;
                links.write(parent, 0, around, Math.max(size, place + 1));
            }
            if (contains(chosen, count, parent)) return count;
            if (count == chosen.length) count--;
            chosen[count] = parent;
            return count + 1;
        }
        throw new IllegalStateException("Hnsw: none of " + n + " candidates takes a child");
    }

    private void linkBack(int node, int other, int layer) {
        synchronized (links.lock(node)) {
            int n = links.read(node, layer, around), most = links.most(layer);
            if (contains(around, n, other)) return;
            if (n < most) {
                around[n] = other;
                links.write(node, layer, around, n + 1);
                return;
            }
            var q = store.query(node);
            int[] candidates = Arrays.copyOf(around, n + 1), kept = new int[most];
            candidates[n] = other;
            int kin = 0;
            if (layer == 0) for (int candidate : candidates) if (links.inTree(node, candidate)) kept[kin++] = candidate;
            var queue = new NodeQueue();
            for (int candidate : candidates) if (!contains(kept, kin, candidate)) queue.add(candidate, store.score(q, candidate));
            int left = 0;
            while (!queue.isEmpty()) candidates[left++] = queue.poll();
            links.write(node, layer, kept, choose(node, candidates, left, kept, kin, most));
        }
    }

    /** Those candidates, the nearest first, that are nearer to the node than to all chosen before; then the nearest of the rest. */
    private int choose(int node, int[] candidates, int n, int[] chosen, int count, int most) {
        var q = store.query(node);
        var left = new int[n];
        var queries = new VectorRows.Query[most];
        for (int i = 0; i < count; i++) queries[i] = store.query(chosen[i]);
        int rest = 0;
        next : for (int i = 0; i < n && count < most; i++) {
            var candidate = store.query(candidates[i]);
            double score = store.score(q, candidate);
            for (int k = 0; k < count; k++) if (store.score(queries[k], candidate) > score) {
                left[rest++] = candidates[i];
                continue next;
            }
            queries[count] = candidate;
            chosen[count++] = candidates[i];
        }
        for (int i = 0; i < rest && count < most; i++) chosen[count++] = left[i];
        return count;
    }
}
