package lyceum.learn.active;

import java.util.Arrays;
import lyceum.backend.Parallel;
import lyceum.tensor.Tensor;

/** Queries that build on others, and the one that everything must beat. */
public final class Queries {
    private Queries() {}

    /** Any open rows: always run it beside the others. */
    public static Query random() {
        return (pool, count) -> {
            int[] open = pool.open();
            return Arrays.stream(pool.rng().sample(open.length, Math.min(count, open.length))).map(i -> open[i]).toArray();
        };
    }

    /**
     * Information density: the score, made non-negative, times the mean similarity to the open rows to the power of beta, so that lonely outliers
     * are not asked for. Similarity is {@code exp(-d^2 / mean d^2)}. Time {@code O(open^2)}.
     *
     * @param beta at least 0; 1 is usual
     * @see <a href="https://aclanthology.org/D08-1112">Settles and Craven (2008)</a>
     */
    public static ScoredQuery densityWeighted(ScoredQuery base, double beta) {
        if (!(beta >= 0)) throw new IllegalArgumentException("densityWeighted: beta is " + beta + "; it is at least 0");
        return pool -> {
            double[] scores = base.scores(pool), density = densities(pool.x().rows(pool.open()).toRows());
            double least = Math.min(0, Arrays.stream(scores).min().orElse(0));
            for (int i = 0; i < scores.length; i++) scores[i] = (scores[i] - least) * Math.pow(density[i], beta);
            return scores;
        };
    }

    private static double[] densities(double[][] rows) {
        int n = rows.length;
        var squares = new double[n][n];
        var sums = new double[n];
        Parallel.range(n, 16, (from, to) -> {
            for (int i = (int) from; i < to; i++) for (int j = 0; j < n; j++) {
                double sum = 0;
                for (int c = 0; c < rows[i].length; c++) sum += (rows[i][c] - rows[j][c]) * (rows[i][c] - rows[j][c]);
                sums[i] += squares[i][j] = sum;
            }
        });
        double mean = Arrays.stream(sums).sum() / ((double) n * n);
        var density = new double[n];
        for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) density[i] += (mean == 0 ? 1 : Math.exp(-squares[i][j] / mean)) / n;
        return density;
    }

    /**
     * A batch of different rows: of the {@code factor * count} best by score those that cover them, the best one first. The top rows by score alone
     * are often one question asked many times.
     */
    public static Query diverse(ScoredQuery base, int factor) {
        if (factor < 1) throw new IllegalArgumentException("diverse: factor is " + factor + "; it is at least 1");
        return (pool, count) -> {
            int[] some = ScoredQuery.best(pool.open(), base.scores(pool), Math.multiplyExact(factor, count));
            int wanted = Math.min(count, some.length);
            return Arrays.stream(KCenter.greedy(pool.x().rows(some).toRows(), new int[0], wanted)).map(i -> some[i]).toArray();
        };
    }

    /**
     * Expected error reduction: fits anew with each candidate and each label it may have, and scores minus the expected sum of {@code 1 - max p} over
     * the open rows. The dearest query: candidates x classes fits a round.
     *
     * @param candidates drawn at random of the open rows, at least 1
     * @see <a href="https://dl.acm.org/doi/10.5555/645530.655646">Roy and McCallum (2001)</a>
     */
    public static Query expectedErrorReduction(int candidates) {
        if (candidates < 1)
            throw new IllegalArgumentException("expectedErrorReduction: candidates is " + candidates + "; it is at least 1");
        return (pool, count) -> {
            int[] open = pool.open(), places = pool.rng().sample(open.length, Math.min(open.length, Math.max(candidates, count)));
            var scores = new double[places.length];
            double[][] p = pool.probabilities().toRows();
            long[] classes = pool.model().classes();
            for (int i = 0; i < places.length; i++) {
                for (int c = 0; c < classes.length; c++) {
                    if (p[places[i]][c] > 0) scores[i] -= p[places[i]][c] * errorWith(pool, open[places[i]], classes[c]);
                }
            }
            return ScoredQuery.best(Arrays.stream(places).map(i -> open[i]).toArray(), scores, count);
        };
    }

    private static double errorWith(Pool pool, int row, long label) {
        int[] rows = pool.labelled();
        long[] labels = pool.labels();
        int n = rows.length;
        rows = Arrays.copyOf(rows, n + 1);
        labels = Arrays.copyOf(labels, n + 1);
        rows[n] = row;
        labels[n] = label;
        var model = pool.learner().fit(pool.x().rows(rows), Tensor.of(labels));
        double sum = 0;
        for (double[] p : model.predictProba(pool.x().rows(pool.open())).toRows()) sum += Uncertainty.LEAST_CONFIDENT.of(p);
        return sum;
    }
}
