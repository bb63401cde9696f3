package lyceum.retrieval;

import java.util.Arrays;
import java.util.function.IntConsumer;
import java.util.function.IntPredicate;

/** What one thread needs to walk the graph and to link a node. */
final class HnswWalk {
    /** Chosen ones that a candidate is held against at once: most are turned down by one of the first. */
    private static final int STEP = 8;
    /** Nodes from which a walk goes on at once: so reads of memory, for which it would wait at each, run side by side. */
    private static final int WIDTH = 2;

    private final VectorRows store;
    private final HnswLinks links;
    private final Beam beam = new Beam();
    /** Nodes that are walked through, though they are no answers; and those that are to be sorted. */
    private final NodeQueue through = new NodeQueue();
    private final RowScores scores;
    private final int[] around;
    private final long[] soon = new long[WIDTH];
    /** Of {@link #around}, and of those chosen before. */
    private final double[] near, apart = new double[STEP];
    /** A bit a node, set for the first {@code count} of {@link #met}: so few that a walk finds them in the nearest cache. */
    private long[] isMet = new long[64];
    private int[] met = new int[1024];
    private int count;
    long computations;

    HnswWalk(VectorRows store, HnswLinks links) {
        this.store = store;
        this.links = links;
        around = new int[WIDTH * 2 * links.m + 1];
        near = new double[around.length];
        scores = new RowScores(store, around.length + WIDTH);
    }

    private double score(int node) {
        around[0] = node;
        score(1, 0);
        return near[0];
    }

    /** Of the first {@code n} of {@link #around}, into {@link #near}. @param ahead of {@link #soon}, which are probably read next */
    private void score(int n, int ahead) {
        computations += n;
        scores.of(around, 0, n, near, soon, ahead);
    }

    /** Greedy steps until no neighbour is nearer. */
    int nearest(VectorRows.Query q, int from, int layer, IntConsumer step) {
        scores.roughly(q);
        double best = score(from);
        if (step != null) step.accept(from);
        for (int at = from;;) {
            int n = links.read(at, layer, around, 0), next = -1;
            score(n, 0);
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

    /** Brings those of the first {@code n} of {@link #around} to its front that the walk meets for the first time, and gives their number. */
    private int fresh(int n) {
        int fresh = 0;
        for (int i = 0; i < n; i++) {
            int node = around[i], at = node >>> 6;
            if (at >= isMet.length) isMet = Arrays.copyOf(isMet, Math.max(at + 1, 2 * isMet.length));
            long word = isMet[at];
            isMet[at] = word | 1L << node;
            around[fresh] = node;
            fresh += (int) (~word >>> node & 1); // a branch would go the other way than foretold each second time
        }
        if (count + fresh > met.length) met = Arrays.copyOf(met, 2 * (count + fresh));
        System.arraycopy(around, 0, met, count, fresh);
        count += fresh;
        return fresh;
    }

    private void forget() {
        if (count > isMet.length) Arrays.fill(isMet, 0);
        else for (int i = 0; i < count; i++) isMet[met[i] >>> 6] = 0;
        count = 0;
    }

    /** The {@code ef} best accepted ones on layer 0. */
    Beam.Candidates found(VectorRows.Query q, int from, int ef, IntPredicate accepted) { return search(q, from, 0, ef, accepted); }

    private Beam.Candidates search(VectorRows.Query q, int from, int layer, int ef, IntPredicate accepted) {
        forget();
        beam.clear(ef);
        through.clear();
        scores.roughly(q);
        double score = score(from);
        fresh(1);
        meet(from, score, accepted);
        for (;;) {
            int n = 0, ends = 0;
            for (; ends < WIDTH; ends++) {
                boolean isAnswer = through.isEmpty() || beam.topScore() >= through.topScore();
                double top = isAnswer ? beam.topScore() : through.topScore();
                if (top == Double.NEGATIVE_INFINITY || top < beam.threshold()) break;
                n += links.read(isAnswer ? beam.poll() : through.poll(), layer, around, n);
            }
            if (ends == 0) return beam.candidates();
            int fresh = fresh(n);
            score(fresh, layer == 0 ? ahead() : 0);
            for (int i = 0; i < fresh; i++) if (near[i] > beam.threshold()) meet(around[i], near[i], accepted);
        }
    }

    /** Where the links stand from which the walk would go on now. */
    private int ahead() {
        int n = 0;
        for (int node; n < WIDTH && (node = beam.peek(n)) >= 0; n++) soon[n] = links.address(node);
        return n;
    }

    private void meet(int node, double score, IntPredicate accepted) {
        if (accepted.test(node)) beam.offer(node, score);
        else through.add(node, score);
    }

    /** The best candidates for links of {@code node}. */
    Beam.Candidates candidates(VectorRows.Query q, int from, int layer, int ef, int node) {
        return search(q, from, layer, ef, other -> other != node);
    }

    /** Links a new node with the chosen of the candidates, both ways. */
    void connect(int node, int layer, Beam.Candidates candidates) {
        int[] chosen = new int[links.m];
        int count = choose(candidates, candidates.nodes().length, chosen, 0, links.m);
        if (layer == 0) count = adopt(node, chosen, count, candidates.nodes());
        synchronized (links.lock(node)) {
            // others may have linked it while it searched: kin stay, then the chosen, then the others
            int own = links.read(node, layer, around, 0), all = 0;
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
                int size = links.read(parent, 0, around, 0), tree = 0;
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
            int n = links.read(node, layer, around, 0), most = links.most(layer);
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
            through.clear();
            for (int i = 0; i <= n; i++) if (layer == 0 && links.inTree(node, around[i])) kept[kin++] = around[i];
            else through.add(around[i], near[i]);
            var others = new Beam.Candidates(new int[n + 1 - kin], new double[n + 1 - kin]);
            for (; !through.isEmpty(); left++) {
                others.scores()[left] = through.topScore();
                others.nodes()[left] = through.poll();
            }
            links.write(node, layer, kept, choose(others, left, kept, kin, most));
        }
    }

    /** Those candidates that are nearer to the node than to all chosen before; then the nearest of the rest. */
    private int choose(Beam.Candidates candidates, int n, int[] chosen, int count, int most) {
        var left = new int[n];
        int rest = 0;
        for (int i = 0; i < n && count < most; i++) {
            int candidate = candidates.nodes()[i];
            if (isNearer(candidate, candidates.scores()[i], chosen, count)) chosen[count++] = candidate;
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
