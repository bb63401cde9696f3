package lyceum.learn.explain;

import lyceum.linalg.Cholesky;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Shapley values as weighted least squares: {@code v(S) - v(none)} by the sum of the members' shares, with the Shapley kernel
 * {@code (n - 1) / (C(n, s) s (n - s))} as weights and the sum of all shares held at {@code v(all) - v(none)}.
 */
final class KernelShap {
    private final CoalitionGame game;
    private final int n;
    private final double nobody, total;
    /** Normal equations of the first n - 1 shares; the last is what remains. */
    private final double[][] gram;
    private final double[] right;

    private KernelShap(CoalitionGame game) {
        this.game = game;
        n = game.players();
        nobody = game.value().of(0);
        total = game.value().of(game.everybody()) - nobody;
        gram = new double[n - 1][n - 1];
        right = new double[n - 1];
    }

    static Attribution of(CoalitionGame game, long samples, Rng rng) {
        var fit = new KernelShap(game);
        if (fit.n > 1) {
            if (fit.n < 31 && game.everybody() - 1 <= samples) fit.everyCoalition();
            else fit.drawn(samples, rng);
        }
        return fit.solve();
    }

    private void everyCoalition() {
        var weight = new double[n];
        double choose = 1;
        for (int s = 1; s < n; s++) {
            choose = choose * (n - s + 1) / s;
            weight[s] = (n - 1) / (choose * s * (n - s));
        }
        for (long s = 1; s < game.everybody(); s++) add(s, weight[Long.bitCount(s)]);
    }

    /** Sizes by the kernel's total weight for them, members at random, each set with its complement. */
    private void drawn(long samples, Rng rng) {
        var until = new double[n];
        for (int s = 1; s < n; s++) until[s] = until[s - 1] + 1.0 / ((double) s * (n - s));
        for (long k = 0; k + 1 < samples; k += 2) {
            double u = rng.nextDouble() * until[n - 1];
            int size = 1;
            while (size < n - 1 && until[size] < u) size++;
            long coalition = 0;
            for (int j : rng.sample(n, size)) coalition |= 1L << j;
            add(coalition, 1);
            add(game.everybody() & ~coalition, 1);
        }
    }

    private void add(long coalition, double weight) {
        int last = (int) (coalition >> (n - 1) & 1);
        double target = game.value().of(coalition) - nobody - last * total;
        for (int i = 0; i < n - 1; i++) {
            double a = (coalition >> i & 1) - last;
            if (a == 0) continue;
            right[i] += weight * a * target;
            for (int j = 0; j < n - 1; j++) gram[i][j] += weight * a * ((coalition >> j & 1) - last);
        }
    }

    private Attribution solve() {
        var shares = new double[n];
        double rest = total;
        if (n > 1) {
            double[] first = Cholesky.of(Tensor.of(gram), Cholesky.Jitter.STANDARD).solve(Tensor.of(right)).toDoubleArray();
            for (int j = 0; j < n - 1; j++) rest -= shares[j] = first[j];
        }
        shares[n - 1] = rest;
        return new Attribution(nobody, shares, nobody + total);
    }
}
