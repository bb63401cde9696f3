package lyceum.learn.manifold;

import java.util.Arrays;

/** Nodes, the one of the smallest distance on top; each is in at most once. */
final class DistanceHeap {
    private final int[] nodes, places;
    private final double[] distance;
    private int size;

    DistanceHeap(int n) {
        nodes = new int[n];
        places = new int[n];
        distance = new double[n];
        Arrays.fill(places, -1);
    }

    boolean isEmpty() { return size == 0; }

    /** Puts a node in, or nearer than it was. */
    void put(int node, double d) {
        distance[node] = d;
        int at = places[node] < 0 ? size++ : places[node];
        while (at > 0) {
            int parent = nodes[(at - 1) / 2];
            if (distance[parent] <= d) break;
            set(at, parent);
            at = (at - 1) / 2;
        }
        set(at, node);
    }

    int poll() {
        int top = nodes[0], last = nodes[--size], at = 0;
        places[top] = -1;
        if (size == 0) return top;
        while (true) {
            int child = 2 * at + 1;
            if (child >= size) break;
            if (child + 1 < size && distance[nodes[child + 1]] < distance[nodes[child]]) child++;
            if (distance[last] <= distance[nodes[child]]) break;
            set(at, nodes[child]);
            at = child;
        }
        set(at, last);
        return top;
    }

    private void set(int at, int node) {
        nodes[at] = node;
        places[node] = at;
    }
}
