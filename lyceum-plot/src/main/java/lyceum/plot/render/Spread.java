package lyceum.plot.render;

import java.util.Arrays;

/** Moves labels apart until none covers another. */
final class Spread {
    private Spread() {}

    /** Places near {@code wanted} (ascending), at least {@code gap} apart and, where there is room, within [low, high]. */
    static double[] apart(double[] wanted, double gap, double low, double high) {
        int n = wanted.length;
        var y = wanted.clone();
        for (int round = 0; round < 4 * n + 4; round++) {
            boolean moved = false;
            for (int i = 1; i < n; i++) {
                double overlap = gap - (y[i] - y[i - 1]);
                if (overlap > 1e-6) {
                    y[i - 1] -= overlap / 2;
                    y[i] += overlap / 2;
                    moved = true;
                }
            }
            if (n > 0 && y[n - 1] > high) {
                y[n - 1] = high;
                moved = true;
            }
            if (n > 0 && y[0] < low) {
                y[0] = low;
                moved = true;
            }
            if (!moved) break;
        }
        for (int i = 1; i < n; i++) y[i] = Math.max(y[i], y[i - 1] + gap);
        return Arrays.copyOf(y, n);
    }
}
