package lyceum.serve.speculate;

/**
 * What speculation did.
 *
 * @param tokens that were written
 * @param passes of the target that wrote them: of each text for itself, however many share a batch
 * @param drafted guesses that were offered
 * @param tested guesses that were looked at: those before a refusal, and the refused
 * @param accepted guesses that were taken
 */
public record SpeculationStatistics(long tokens, long passes, long drafted, long tested, long accepted) {
    /** Share of the guesses looked at that were taken: {@code 1 - TV(p, q)} in the mean. */
    public double acceptance() { return tested == 0 ? Double.NaN : (double) accepted / tested; }

    /** Tokens for a pass of the target; 1 without speculation. */
    public double tokensPerPass() { return passes == 0 ? Double.NaN : (double) tokens / passes; }

    SpeculationStatistics plus(long tokens, long passes, long drafted, long tested, long accepted) {
        return new SpeculationStatistics(this.tokens + tokens, this.passes + passes, this.drafted + drafted, this.tested + tested,
                this.accepted + accepted);
    }

    /** {@code (1 - a^(g+1)) / (1 - a)}: tokens of a round with g guesses of which each is taken with probability a. @see <a href="https://arxiv.org/abs/2211.17192">Leviathan et al. (2023), equation 1</a> */
    public static double expectedTokens(double acceptance, int guesses) {
        check(acceptance, guesses);
        double sum = 1, power = 1;
        for (int i = 0; i < guesses; i++) sum += power *= acceptance;
        return sum;
    }

    /** How much faster than without guesses. @param cost of a guess in passes of the target */
    public static double speedUp(double acceptance, int guesses, double cost) {
        return expectedTokens(acceptance, guesses) / (guesses * cost + 1);
    }

    /** The number of guesses from 0 to {@code most} at which that is largest. */
    public static int bestGuesses(double acceptance, double cost, int most) {
        int best = 0;
        for (int g = 1; g <= most; g++) if (speedUp(acceptance, g, cost) > speedUp(acceptance, best, cost)) best = g;
        return best;
    }

    private static void check(double acceptance, int guesses) {
        if (!(acceptance >= 0 && acceptance <= 1) || guesses < 0) throw new IllegalArgumentException(
                "SpeculationStatistics: " + guesses + " guesses taken with probability " + acceptance + "; it lies between 0 and 1");
    }
}
