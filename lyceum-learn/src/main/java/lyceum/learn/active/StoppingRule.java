package lyceum.learn.active;

import java.util.Arrays;

/** When to stop asking. Made anew for every run, as some remember what they saw. */
@FunctionalInterface
public interface StoppingRule {
    /** Called before each round; true ends the run. */
    boolean isDone(Pool pool);

    /** Never: the budget decides. */
    static StoppingRule never() { return pool -> false; }

    /** When no open row's {@code 1 - max p} is above {@code threshold}. */
    static StoppingRule whenSure(double threshold) {
        return pool -> pool.hasModel()
                && Arrays.stream(pool.probabilities().toRows()).allMatch(p -> Uncertainty.LEAST_CONFIDENT.of(p) <= threshold);
    }

    /**
     * When predictions for all rows have agreed with those of the round before, by Cohen's kappa of at least {@code kappa}, for {@code rounds} rounds.
     *
     * @param kappa 0.99 in the paper
     * @param rounds 3 in the paper
     * @see <a href="https://aclanthology.org/W09-1107">Bloodgood and Vijay-Shanker (2009): stabilizing predictions</a>
     */
    static StoppingRule whenStable(double kappa, int rounds) {
        if (!(kappa <= 1) || rounds < 1) throw new IllegalArgumentException(
                "whenStable: kappa " + kappa + " for " + rounds + " rounds; at most 1, and at least 1 round");
        return new StoppingRule() {
            private long[] before;
            private int stable;

            @Override public boolean isDone(Pool pool) {
                if (!pool.hasModel()) return false;
                long[] now = pool.model().predict(pool.x()).toLongArray();
                stable = before != null && kappa(before, now) >= kappa ? stable + 1 : 0;
                before = now;
                return stable >= rounds;
            }
        };
    }

    private static double kappa(long[] a, long[] b) {
        double same = 0, chance = 0, n = a.length;
        for (int i = 0; i < n; i++) if (a[i] == b[i]) same++;
        for (long label : Arrays.stream(a).distinct().toArray())
            chance += Arrays.stream(a).filter(v -> v == label).count() / n * (Arrays.stream(b).filter(v -> v == label).count() / n);
        return chance == 1 ? same / n : (same / n - chance) / (1 - chance);
    }
}
