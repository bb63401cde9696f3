package lyceum.llm.generate;

import lyceum.random.Rng;

/**
 * Steers the surprise of the drawn tokens to a target: tokens of a surprise above mu bits are left out, and after each draw {@code mu -= rate (surprise - target)},
 * from {@code 2 target} on; the surprise is that before this step. One token is left at least. This is the second version of the algorithm.
 *
 * @param target tau, bits a token, above 0; 0 turns it off
 * @param rate eta; 0.1 is usual
 * @see <a href="https://arxiv.org/abs/2007.14966">Basu et al. (2021)</a>
 */
public record Mirostat(double target, double rate) {
    /** No steering. */
    public static final Mirostat OFF = new Mirostat(0, 0.1);

    public Mirostat {
        if (!(target >= 0) || !(rate >= 0))
            throw new IllegalArgumentException("Mirostat: a target of " + target + " bits and a rate of " + rate + "; both are 0 or more");
    }

    /** The step for one request. */
    public LogitProcessor processor() { return new Step(); }

    private final class Step implements LogitProcessor {
        private double mu = 2 * target, before;

        @Override public void apply(LogitRow row, TokenHistory history, Rng stream) {
            before = row.logSum();
            row.keepAtLeast(before - mu * Math.log(2));
        }

        @Override public void drawn(LogitRow row, int id) { mu -= rate * ((before - row.logit(id)) / Math.log(2) - target); }
    }
}
