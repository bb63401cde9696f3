package lyceum.nn.loss;

import static lyceum.nn.loss.Lattice.NONE;
import static lyceum.nn.loss.Lattice.logAdd;

import java.util.Arrays;

/**
 * The paths of one label sequence: through states blank, label, blank, label, .., blank.
 *
 * @param scores log probabilities; that of class c at frame t is {@code scores[from + t step + c]}
 */
record CtcPaths(double[] scores, int from, int step, int frames, int[] labels, int blank) {

    private int states() { return 2 * labels.length + 1; }

    private int symbol(int s) { return s % 2 == 0 ? blank : labels[s / 2]; }

    private double score(int t, int s) { return scores[from + t * step + symbol(s)]; }

    /** Whether the blank before label state s may be left out. */
    private boolean skips(int s) { return s % 2 == 1 && s > 1 && symbol(s) != symbol(s - 2); }

    /** Hears which share of the paths is in state s at frame t. */
    interface Share {
        void of(int t, int s, double share);
    }

    /** The log likelihood; adds to {@code used}, if it is not null, how often the paths use each score. */
    double sum(double[] used) {
        return sum(used == null ? null : (Share) (t, s, share) -> used[from + t * step + symbol(s)] += share);
    }

    /** The log likelihood; {@code shares}, if it is not null, hears them. */
    double sum(Share shares) {
        int n = states();
        if (frames == 0) return n == 1 ? 0 : NONE;
        var alpha = new double[frames][n];
        for (int t = 0; t < frames; t++) for (int s = 0; s < n; s++) {
            double before = t == 0 ? s < 2 ? 0 : NONE : alpha[t - 1][s];
            if (t > 0 && s > 0) before = logAdd(before, alpha[t - 1][s - 1]);
            if (t > 0 && skips(s)) before = logAdd(before, alpha[t - 1][s - 2]);
            alpha[t][s] = before == NONE ? NONE : before + score(t, s);
        }
        double total = alpha[frames - 1][n - 1];
        if (n > 1) total = logAdd(total, alpha[frames - 1][n - 2]);
        if (shares == null || !(total > NONE)) return total;

        double[] beta = new double[n], next = new double[n]; // of what follows frame t
        for (int t = frames - 1; t >= 0; t--) {
            for (int s = 0; s < n; s++) {
                if (t == frames - 1) beta[s] = s >= n - 2 ? 0 : NONE;
                else {
                    beta[s] = next[s];
                    if (s + 1 < n) beta[s] = logAdd(beta[s], next[s + 1]);
                    if (s + 2 < n && skips(s + 2)) beta[s] = logAdd(beta[s], next[s + 2]);
                }
                shares.of(t, s, Math.exp(alpha[t][s] + beta[s] - total));
            }
            for (int s = 0; s < n; s++) next[s] = beta[s] == NONE ? NONE : beta[s] + score(t, s);
        }
        return total;
    }

    /** The likeliest path, or null if none is possible. */
    CtcLoss.Alignment best() {
        int n = states();
        if (frames == 0) return n == 1 ? new CtcLoss.Alignment(new int[0], new int[0], new int[0], 0) : null;
        double[] now = new double[n], last = new double[n];
        var back = new byte[frames][n]; // states up from the one before
        for (int t = 0; t < frames; t++) {
            for (int s = 0; s < n; s++) {
                double most = t == 0 ? s < 2 ? 0 : NONE : last[s];
                for (int up = 1; up <= 2 && t > 0; up++) {
                    if (s < up || up == 2 && !skips(s) || !(last[s - up] > most)) continue;
                    most = last[s - up];
                    back[t][s] = (byte) up;
                }
                now[s] = most == NONE ? NONE : most + score(t, s);
            }
            var swap = last;
            last = now;
            now = swap;
        }
        int s = n > 1 && last[n - 2] > last[n - 1] ? n - 2 : n - 1;
        double total = last[s];
        if (!(total > NONE)) return null;
        int[] path = new int[frames], starts = new int[labels.length], ends = new int[labels.length];
        Arrays.fill(ends, -1);
        for (int t = frames - 1; t >= 0; s -= back[t--][s]) {
            path[t] = symbol(s);
            if (s % 2 == 0) continue;
            starts[s / 2] = t;
            if (ends[s / 2] < 0) ends[s / 2] = t + 1;
        }
        return new CtcLoss.Alignment(path, starts, ends, total);
    }
}
