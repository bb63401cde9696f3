package lyceum.info;

import java.util.Arrays;

/**
 * The transport problem by the network simplex method: a spanning tree of sources, targets and a root, which changes by one arc at a time. Trees
 * stay strongly feasible (every arc without flow points to the root), so that degenerate steps cannot cycle (Cunningham 1976; Ahuja, Magnanti and
 * Orlin 1993, chapter 11).
 */
final class NetworkSimplex {
    private final double[][] cost;
    private final int n, m, root;
    private final double tolerance;

    /** Of each node: the tree's arc to its parent, whether it points up, its flow. Sources come first, then targets, then the root. */
    private final int[] parent, depth, firstChild, nextSibling, previousSibling;
    private final boolean[] up;
    private final double[] flow, arcCost, potential;
    private int scanned;

    NetworkSimplex(double[][] cost, double[] a, double[] b) {
        this.cost = cost;
        n = a.length;
        m = b.length;
        root = n + m;
        parent = new int[root + 1];
        depth = new int[root + 1];
        firstChild = new int[root + 1];
        nextSibling = new int[root + 1];
        previousSibling = new int[root + 1];
        up = new boolean[root + 1];
        flow = new double[root + 1];
        arcCost = new double[root + 1];
        potential = new double[root + 1];
        double largest = 0;
        for (double[] row : cost) for (double c : row) largest = Math.max(largest, Math.abs(c));
        double big = (largest + 1) * (root + 1); // dearer than any path
        tolerance = 1e-12 * Math.max(largest, 1e-300) * Math.max(1, Math.log(root));
        Arrays.fill(firstChild, -1);
        parent[root] = -1;
        for (int x = 0; x < root; x++) {
            double supply = x < n ? a[x] : -b[x - n];
            parent[x] = root;
            up[x] = supply >= 0;
            flow[x] = Math.abs(supply);
            arcCost[x] = big;
            potential[x] = up[x] ? -big : big;
            depth[x] = 1;
            attach(x);
        }
    }

    /** The optimum: mass moved, and the potentials in {@code u} and {@code v}. */
    double[][] solve(double[] u, double[] v) {
        int entering;
        while ((entering = violated()) >= 0) pivot(entering / m, n + entering % m);
        var mass = new double[n][m];
        for (int x = 0; x < root; x++) {
            if (parent[x] == root) continue;
            int source = Math.min(x, parent[x]), target = Math.max(x, parent[x]) - n;
            mass[source][target] = flow[x];
        }
        for (int i = 0; i < n; i++) u[i] = -potential[i];
        for (int j = 0; j < m; j++) v[j] = potential[n + j];
        return mass;
    }

    /** An arc {@code i m + j} that is cheaper than its detour through the tree: the most so in the first block that has one. */
    private int violated() {
        int arcs = n * m, block = Math.max(16, (int) Math.sqrt(arcs)), best = -1;
        double least = -tolerance;
        for (int k = 0, inBlock = 0; k < arcs; k++) {
            int i = scanned / m, j = scanned - i * m;
            double reduced = cost[i][j] + potential[i] - potential[n + j];
            if (reduced < least) {
                // Potentials carry the rounding of the big cost: what is within it is no gain.
                if (reduced < -4 * (Math.ulp(potential[i]) + Math.ulp(potential[n + j]))) {
                    least = reduced;
                    best = scanned;
                }
            }
            if (++scanned == arcs) scanned = 0;
            if (++inBlock == block) {
                if (best >= 0) return best;
                inBlock = 0;
            }
        }
        return best;
    }

    private void pivot(int source, int target) {
        int x = source, y = target;
        while (x != y) {
            if (depth[x] >= depth[y]) x = parent[x];
            else y = parent[y];
        }
        int apex = x, leaving = -1;
        double step = Double.POSITIVE_INFINITY;
        boolean onSourceSide = true;
        // The flow goes from the apex down to the source, over the new arc and up again; the last arc that blocks it leaves.
        for (x = source; x != apex; x = parent[x]) if (up[x] && flow[x] < step) {
            step = flow[x];
            leaving = x;
        }
        for (x = target; x != apex; x = parent[x]) if (!up[x] && flow[x] <= step) {
            step = flow[x];
            leaving = x;
            onSourceSide = false;
        }
        for (x = source; x != apex; x = parent[x]) flow[x] += up[x] ? -step : step;
        for (x = target; x != apex; x = parent[x]) flow[x] += up[x] ? step : -step;
        flow[leaving] = 0;

        // Hang what the leaving arc held onto the new one: its path to the new arc turns round.
        x = onSourceSide ? source : target;
        int start = x, above = onSourceSide ? target : source;
        boolean points = onSourceSide;
        double carried = step, price = cost[source][target - n];
        while (true) {
            int oldParent = parent[x];
            boolean oldUp = up[x];
            double oldFlow = flow[x], oldPrice = arcCost[x];
            detach(x);
            parent[x] = above;
            up[x] = points;
            flow[x] = carried;
            arcCost[x] = price;
            attach(x);
            if (x == leaving) break;
            above = x;
            points = !oldUp;
            carried = oldFlow;
            price = oldPrice;
            x = oldParent;
        }
        refresh(start);
    }

    /** Potentials and depths of a subtree, in preorder. */
    private void refresh(int start) {
        int x = start;
        while (true) {
            potential[x] = up[x] ? potential[parent[x]] - arcCost[x] : potential[parent[x]] + arcCost[x];
            depth[x] = depth[parent[x]] + 1;
            if (firstChild[x] >= 0) {
                x = firstChild[x];
                continue;
            }
            while (x != start && nextSibling[x] < 0) x = parent[x];
            if (x == start) return;
            x = nextSibling[x];
        }
    }

    private void attach(int x) {
        int p = parent[x], next = firstChild[p];
        nextSibling[x] = next;
        previousSibling[x] = -1;
        if (next >= 0) previousSibling[next] = x;
        firstChild[p] = x;
    }

    private void detach(int x) {
        int before = previousSibling[x], after = nextSibling[x];
        if (before >= 0) nextSibling[before] = after;
        else firstChild[parent[x]] = after;
        if (after >= 0) previousSibling[after] = before;
    }
}
