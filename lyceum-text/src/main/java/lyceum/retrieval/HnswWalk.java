package lyceum.retrieval;

import java.util.Arrays;
import java.util.function.IntConsumer;
import java.util.function.IntPredicate;
import lyceum.text.internal.TopScores;

/** What one thread needs to walk the graph and to link a node. */
final class HnswWalk {
    /** Chosen ones that a candidate is held against at once: most are turned down by one of the first. */
    private static final int STEP = 8;

    private final VectorRows store;
    private final HnswLinks links;
    private final NodeQueue open = new NodeQueue();
    private final RowScores scores;
    private final int[] around;
    /** Of {@link #around}, and of those chosen before. */
    private final double[] near, apart = new double[STEP];
    private int[] visited = new int[1024];
    private int visit;
    long computations;

    HnswWalk(VectorRows store, HnswLinks links) {
        this.store = store;
        this.links = links;
        around = new int[2 * links.m + 1];
        near = new double[around.length];
        scores = new RowScores(store, around.length);
    }

    private double score(int node) {
        around[0] = node;
        score(around, 1);
        return near[0];
    }

    /** Of the first {@code n}, into {@link #near}. */
    private void score(int[] nodes, int n) {
        computations += n;
        scores.of(nodes, 0, n, near);
    }

    /** Greedy steps until no neighbour is nearer. */
    int nearest(VectorRows.Query q, int from, int layer, IntConsumer step) {
        scores.of(q);
        double best = score(from);
        if (step != null) step.accept(from);
        for (int at = from;;) {
            int n = links.read(at, layer, around), next = -1;
            score(around, n);
            for (int i = 0; i < n; i++) {
                if (near[i] <= best) continue;
                best = near[i];
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
    Candidates found(VectorRows.Query q, int from, int ef, IntPredicate accepted) { return sorted(search(q, from, 0, ef, accepted)); }

    private TopScores search(VectorRows.Query q, int from, int layer, int ef, IntPredicate accepted) {
        if (++visit == 0) {
            Arrays.fill(visited, 0);
            visit = 1;
        }
        var best = new TopScores(ef);
        open.clear();
        first(from);
        scores.of(q);
        double score = score(from);
        open.add(from, score);
        if (accepted.test(from)) best.offer(from, score);
        while (!open.isEmpty() && open.topScore() >= best.threshold()) {
            int n = links.read(open.poll(), layer, around), fresh = 0;
            for (int i = 0; i < n; i++) if (first(around[i])) around[fresh++] = around[i];
            score(around, fresh);
            for (int i = 0; i < fresh; i++) {
                if (near[i] <= best.threshold()) continue;
                open.add(around[i], near[i]);
                if (accepted.test(around[i])) best.offer(around[i], near[i]);
            }
        }
        return best;
    }

    /** Nodes, the nearest first, and their scores. */
    record Candidates(int[] nodes, double[] scores) {}

    /** The best candidates for links of {@code node}. */
    Candidates candidates(VectorRows.Query q, int from, int layer, int ef, int node) {
        return sorted(search(q, from, layer, ef, other -> other != node));
    }

    private static Candidates sorted(TopScores best) {
        var found = new Candidates(new int[best.size()], new double[best.size()]);
        int[] n = {0};
        best.best((other, score) -> {
            found.scores[n[0]] = score;
            found.nodes[n[0]++] = other;
        });
        return found;
    }

    /** Links a new node with the chosen of the candidates, both ways. */
    void connect(int node, int layer, Candidates candidates) {
        int[] chosen = new int[links.m];
        int count = choose(candidates, candidates.nodes.length, chosen, 0, links.m);
        if (layer == 0) count = adopt(node, chosen, count, candidates.nodes);
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
                    double least = Double.POSITIVE_INFINITY;
                    scores.of(parent);
                    scores.of(around, 0, size, near);
                    for (int k = 0; k < size; k++) {
                        if (near[k] >= least || links.inTree(parent, around[k])) continue;
                        least = near[k];
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
            around[n] = other;
            scores.of(node);
            scores.of(around, 0, n + 1, near);
            var kept = new int[most];
            int kin = 0, left = 0;
            open.clear();
            for (int i = 0; i <= n; i++) if (layer == 0 && links.inTree(node, around[i])) kept[kin++] = around[i];
            else open.add(around[i], near[i]);
            var others = new Candidates(new int[n + 1 - kin], new double[n + 1 - kin]);
            for (; !open.isEmpty(); left++) {
                others.scores[left] = open.topScore();
                others.nodes[left] = open.poll();
            }
            links.write(node, layer, kept, choose(others, left, kept, kin, most));
        }
    }

    /** Those candidates that are nearer to the node than to all chosen before; then the nearest of the rest. */
    private int choose(Candidates candidates, int n, int[] chosen, int count, int most) {
        var left = new int[n];
        int rest = 0;
        for (int i = 0; i < n && count < most; i++) {
            int candidate = candidates.nodes[i];
            if (isNearer(candidate, candidates.scores[i], chosen, count)) chosen[count++] = candidate;
            else left[rest++] = candidate;
        }
        for (int i = 0; i < rest && count < most; i++) chosen[count++] = left[i];
        return count;
    }

    /** Whether none of those chosen before has a greater score with the candidate. */
    private boolean isNearer(int candidate, double score, int[] chosen, int count) {
        scores.of(candidate);
        for (int from = 0; from < count; from += STEP) {
            int n = Math.min(STEP, count - from);
            scores.of(chosen, from, n, apart);
            for (int i = 0; i < n; i++) if (apart[i] > score) return false;
        }
        return true;
    }
}
