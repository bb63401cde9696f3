package lyceum.learn.anomaly;

import lyceum.learn.neighbors.NeighborIndex;

/** The nearest rows of each row, nearest first. */
record Neighborhoods(double[][] distances, int[][] indices) {
    static Neighborhoods of(NeighborIndex.Neighbors found) {
        double[][] at = found.indices().toRows();
        var indices = new int[at.length][at.length == 0 ? 0 : at[0].length];
        for (int i = 0; i < at.length; i++) for (int j = 0; j < at[i].length; j++) indices[i][j] = (int) at[i][j];
        return new Neighborhoods(found.distances().toRows(), indices);
    }

    /** Of the rows of the index themselves, each without itself. */
    static Neighborhoods ofTraining(NeighborIndex index, int k, String name) {
        if (index.size() <= k) throw new IllegalArgumentException(
                name + ".fit: " + index.size() + " rows for " + k + " neighbours; more rows than neighbours are needed");
        var more = of(index.neighbors(index.rows(), k + 1));
        int n = index.size();
        var distances = new double[n][k];
        var indices = new int[n][k];
        for (int i = 0; i < n; i++) {
            // Among many copies of a row it may not be in its own list: then the last goes.
            int self = k;
            for (int j = 0; j <= k; j++) if (more.indices[i][j] == i) self = j;
            for (int j = 0, to = 0; j <= k; j++) if (j != self) {
                distances[i][to] = more.distances[i][j];
                indices[i][to++] = more.indices[i][j];
            }
        }
        return new Neighborhoods(distances, indices);
    }
}
