package lyceum.info;

import java.util.Arrays;

/**
 * Each row its own column at the least total cost, by shortest augmenting paths: {@code O(n^3)} at worst (Jonker and Volgenant 1987; Crouse 2016).
 *
 * @param column of each row
 * @param cost total
 * @param rowPotential u
 * @param columnPotential v: {@code u_i + v_j <= cost_ij}, with equality in the pairs
 */
public record LinearAssignment(int[] column, double cost, double[] rowPotential, double[] columnPotential) {

    /** @param cost (n, n), finite. */
    public static LinearAssignment of(double[][] cost) {
        int n = cost.length;
        double[] u = new double[n], v = new double[n], distance = new double[n];
        int[] column = new int[n], row = new int[n], from = new int[n], open = new int[n];
        var rowSeen = new boolean[n];
        var columnSeen = new boolean[n];
        Arrays.fill(column, -1);
        Arrays.fill(row, -1);
        for (int j = n - 1; j >= 0; j--) { // every column's cheapest row, as far as rows are free
            int best = 0;
            for (int i = 1; i < n; i++) if (cost[i][j] < cost[best][j]) best = i;
            v[j] = cost[best][j];
            if (column[best] < 0) {
                column[best] = j;
                row[j] = best;
            }
        }
        for (int start = 0; start < n; start++) {
            if (column[start] >= 0) continue;
            Arrays.fill(distance, Double.POSITIVE_INFINITY);
            Arrays.fill(rowSeen, false);
            Arrays.fill(columnSeen, false);
            for (int j = 0; j < n; j++) open[j] = j;
            int left = n, at = start, sink = -1;
            double reached = 0;
            while (sink < 0) { // Dijkstra over columns with reduced costs
                rowSeen[at] = true;
                double[] c = cost[at];
                double base = reached - u[at], least = Double.POSITIVE_INFINITY;
                int next = -1;
                for (int k = 0; k < left; k++) {
                    int j = open[k];
                    double through = base + c[j] - v[j];
                    if (through < distance[j]) {
                        distance[j] = through;
                        from[j] = at;
                    }
                    if (distance[j] < least || distance[j] == least && row[j] < 0) {
                        least = distance[j];
                        next = k;
                    }
                }
                reached = least;
                int j = open[next];
                open[next] = open[--left];
                columnSeen[j] = true;
                if (row[j] < 0) sink = j;
                else at = row[j];
            }
            u[start] += reached;
            for (int i = 0; i < n; i++) if (rowSeen[i] && i != start) u[i] += reached - distance[column[i]];
            for (int j = 0; j < n; j++) if (columnSeen[j]) v[j] -= reached - distance[j];
            for (int j = sink;;) {
                int i = from[j], before = column[i];
                row[j] = i;
                column[i] = j;
                if (i == start) break;
                j = before;
            }
        }
        double total = 0;
        for (int i = 0; i < n; i++) total += cost[i][column[i]];
        return new LinearAssignment(column, total, u, v);
    }
}
