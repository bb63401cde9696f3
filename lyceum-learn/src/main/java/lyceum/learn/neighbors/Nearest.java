package lyceum.learn.neighbors;

/** The nearest rows met so far: a heap with the farthest on top. Of equally far rows the earlier one counts as nearer, so the order of search does not matter. */
final class Nearest {
    private final int k;
    private final double[] ranks;
    private final int[] rows;
    private int count;
    /** Rows whose distance was computed. */
    long visited;

    Nearest(int k) {
        this.k = k;
        this.ranks = new double[k];
        this.rows = new int[k];
    }

    /** Nothing farther than this comes in. */
    double worst() { return count < k ? Double.POSITIVE_INFINITY : ranks[0]; }

    void offer(double rank, int row) {
        if (count < k) {
            int at = count++;
            while (at > 0) {
                int parent = (at - 1) / 2;
                if (!isFarther(rank, row, parent)) break;
                ranks[at] = ranks[parent];
                rows[at] = rows[parent];
                at = parent;
            }
            ranks[at] = rank;
            rows[at] = row;
        } else if (isNearer(rank, row)) {
            sink(rank, row, k);
        }
    }

    private boolean isNearer(double rank, int row) { return rank < ranks[0] || rank == ranks[0] && row < rows[0]; }

    private boolean isFarther(double rank, int row, int place) { return rank > ranks[place] || rank == ranks[place] && row > rows[place]; }

    private void sink(double rank, int row, int size) {
        int at = 0;
        while (true) {
            int child = 2 * at + 1;
            if (child >= size) break;
            if (child + 1 < size && isFarther(ranks[child + 1], rows[child + 1], child)) child++;
            if (isFarther(rank, row, child)) break;
            ranks[at] = ranks[child];
            rows[at] = rows[child];
            at = child;
        }
        ranks[at] = rank;
        rows[at] = row;
    }

    /** Writes distances and rows, nearest first, and is empty again. */
    void drain(DistanceKernel kernel, double[] distances, int[] indices, int at) {
        for (int size = count - 1; size >= 0; size--) {
            distances[at + size] = kernel.distance(ranks[0]);
            indices[at + size] = rows[0];
            sink(ranks[size], rows[size], size);
        }
        count = 0;
    }
}
