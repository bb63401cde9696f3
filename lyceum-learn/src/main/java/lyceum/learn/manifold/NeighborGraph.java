package lyceum.learn.manifold;

import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.backend.Parallel;
import lyceum.learn.neighbors.NearestNeighbors;
import lyceum.progress.Progress;
import lyceum.tensor.Tensor;

/** An undirected graph with lengths of edges: those of node i are {@code to[starts[i] .. starts[i + 1] - 1]}. */
record NeighborGraph(int[] starts, int[] to, double[] lengths) {
    private static final int SOURCES = 8, REPORT = 256;

    /** Each row with its neighbours and with those whose neighbour it is. */
    static NeighborGraph of(NeighborLists lists, int[][] more, double[] lengths) {
        int n = lists.size(), k = lists.k();
        var starts = new int[n + 1];
        for (int e = 0; e < n * k; e++) {
            starts[e / k + 1]++;
            starts[lists.rows()[e] + 1]++;
        }
        for (int[] edge : more) for (int end : edge) starts[end + 1]++;
        for (int i = 0; i < n; i++) starts[i + 1] += starts[i];
        int[] at = Arrays.copyOf(starts, n), to = new int[starts[n]];
        var length = new double[to.length];
        for (int e = 0; e < n * k + more.length; e++) {
            int a = e < n * k ? e / k : more[e - n * k][0], b = e < n * k ? lists.rows()[e] : more[e - n * k][1];
            double d = e < n * k ? lists.distances()[e] : lengths[e - n * k];
            to[at[a]] = b;
            length[at[a]++] = d;
            to[at[b]] = a;
            length[at[b]++] = d;
        }
        return new NeighborGraph(starts, to, length);
    }

    /** The same graph, its pieces joined by the shortest edge between each two of them. */
    static NeighborGraph connected(NeighborLists lists, int[] piece, int pieces, Tensor x) {
        var members = new int[pieces][];
        for (int c = 0; c < pieces; c++) {
            int number = c;
            members[c] = IntStream.range(0, piece.length).filter(i -> piece[i] == number).toArray();
        }
        var edges = new int[pieces * (pieces - 1) / 2][2];
        var lengths = new double[edges.length];
        for (int a = 0, at = 0; a < pieces; a++) {
            var index = new NearestNeighbors().withMetric(lists.index().metric()).fit(x.rows(members[a]));
            for (int b = a + 1; b < pieces; b++, at++) {
                var near = index.neighbors(x.rows(members[b]), 1);
                double[] d = near.distances().toDoubleArray();
                int best = 0;
                for (int i = 1; i < d.length; i++) if (d[i] < d[best]) best = i;
                edges[at][0] = members[b][best];
                edges[at][1] = members[a][near.indices().toIntArray()[best]];
                lengths[at] = d[best];
            }
        }
        return of(lists, edges, lengths);
    }

    int size() { return starts.length - 1; }

    /** The piece that each node lies in, numbered from 0 by first nodes. */
    int[] pieces() {
        int n = size(), count = 0;
        int[] piece = new int[n], queue = new int[n];
        Arrays.fill(piece, -1);
        for (int i = 0; i < n; i++) {
            if (piece[i] >= 0) continue;
            int head = 0, tail = 1;
            queue[0] = i;
            piece[i] = count;
            while (head < tail) {
                int node = queue[head++];
                for (int e = starts[node]; e < starts[node + 1]; e++) {
                    if (piece[to[e]] >= 0) continue;
                    piece[to[e]] = count;
                    queue[tail++] = to[e];
                }
            }
            count++;
        }
        return piece;
    }

    /** Lengths of the shortest paths between all nodes (n n); infinite between pieces. */
    double[] shortestPaths(Progress progress) {
        int n = size();
        var paths = new double[Math.multiplyExact(n, n)];
        for (int done = 0; done < n; done += REPORT) {
            int first = done, count = Math.min(REPORT, n - done);
            Parallel.range(count, SOURCES, (from, end) -> {
                var heap = new DistanceHeap(n);
                for (int i = (int) from; i < end; i++) from(first + i, heap, paths);
            });
            progress.step("shortest paths", done + count, n);
        }
        return paths;
    }

    /** Dijkstra (1959). */
    private void from(int source, DistanceHeap heap, double[] paths) {
        int at = source * size();
        Arrays.fill(paths, at, at + size(), Double.POSITIVE_INFINITY);
        paths[at + source] = 0;
        heap.put(source, 0);
        while (!heap.isEmpty()) {
            int node = heap.poll();
            double far = paths[at + node];
            for (int e = starts[node]; e < starts[node + 1]; e++) {
                double d = far + lengths[e];
                if (!(d < paths[at + to[e]])) continue;
                paths[at + to[e]] = d;
                heap.put(to[e], d);
            }
        }
    }
}
