package lyceum.learn.cluster;

import java.util.ArrayDeque;
import java.util.stream.IntStream;

/** DIANA: splits from the top, told as merges from the bottom. */
final class Division {
    private final int n;
    private final double[][] d;
    private final int[] first, second;
    private final double[] height;
    private int count;

    Division(double[][] d) {
        this.n = d.length;
        this.d = d;
        this.first = new int[n - 1];
        this.second = new int[n - 1];
        this.height = new double[n - 1];
        var groups = new ArrayDeque<int[]>();
        groups.add(IntStream.range(0, n).toArray());
        // Groups do not touch each other, so that the order of splits does not matter; heights put it right.
        while (!groups.isEmpty()) {
            int[] group = groups.poll();
            if (group.length > 1) for (int[] part : split(group)) groups.add(part);
        }
    }

    private int[][] split(int[] group) {
        int m = group.length, splinters = 1;
        var apart = new boolean[m];
        double diameter = 0;
        // Sums of distances to the rest and to the splinter.
        double[] rest = new double[m], splinter = new double[m];
        for (int a = 0; a < m; a++) {
            for (int b = 0; b < m; b++) {
                rest[a] += d[group[a]][group[b]];
                diameter = Math.max(diameter, d[group[a]][group[b]]);
            }
        }
        int next = 0;
        for (int a = 1; a < m; a++) if (rest[a] > rest[next]) next = a;
        while (true) {
            apart[next] = true;
            for (int a = 0; a < m; a++) {
                rest[a] -= d[group[a]][group[next]];
                splinter[a] += d[group[a]][group[next]];
            }
            if (m - splinters == 1) break;
            double most = 0;
            next = -1;
            for (int a = 0; a < m; a++) {
                if (apart[a]) continue;
                double gain = rest[a] / (m - splinters - 1) - splinter[a] / splinters;
                if (gain > most) {
                    most = gain;
                    next = a;
                }
            }
            if (next < 0) break;
            splinters++;
        }
        int[] left = IntStream.range(0, m).filter(a -> apart[a]).map(a -> group[a]).toArray(),
                right = IntStream.range(0, m).filter(a -> !apart[a]).map(a -> group[a]).toArray();
        first[count] = left[0];
        second[count] = right[0];
        height[count++] = diameter;
        return new int[][] {left, right};
    }

    Dendrogram dendrogram(int columns) {
        // Splits come before those of their parts; told backwards, parts are joined first, at ties too.
        int[] order = IntStream.range(0, n - 1).boxed().sorted((a, b) -> {
            int byHeight = Double.compare(height[a], height[b]);
            return byHeight != 0 ? byHeight : Integer.compare(b, a);
        }).mapToInt(m -> m).toArray();
        return Merges.tree(n, order, first, second, height, 1, columns);
    }
}
