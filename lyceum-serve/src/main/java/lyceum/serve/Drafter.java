package lyceum.serve;

import lyceum.llm.generate.TokenHistory;

/**
 * Guesses how a text goes on, so that one step of the engine can check several ids. Guesses never change a text: the engine draws at each place as it would have, and
 * goes on while the draw is the guess. For the engine's thread.
 *
 * @see lyceum.serve.speculate.ModelDrafter
 * @see lyceum.serve.speculate.LookaheadDrafter
 * @see <a href="https://arxiv.org/abs/2211.17192">Leviathan, Kalman and Matias (2023)</a>
 */
@FunctionalInterface
public interface Drafter {
    /** Never guesses. */
    Drafter NONE = (_, _) -> new int[0];

    /** At most so many ids that may follow. */
    int[] guess(TokenHistory text, int most);

    /** Whether {@link #checked} is to be told; no by default, since it costs a look at every logit. */
    default boolean looks() { return false; }

    /**
     * A pass checked guesses; nothing of it was drawn yet.
     *
     * @param text as it was when they were guessed
     * @param guesses those that the pass had room for
     * @param likeliest by the model: behind the text's last id, then behind each guess, right or wrong
     */
    default void checked(TokenHistory text, int[] guesses, int[] likeliest) {}

    /** A text is over: what was kept for it can go. */
    default void ended(TokenHistory text) {}

    /** What followed the last time that the text's last ids stood somewhere in it: the longest such run of {@code longest} ids down to one. */
    static Drafter repeating(int longest) {
        if (longest < 1) throw new IllegalArgumentException("Drafter.repeating: runs of " + longest + " ids; at least 1");
        return (text, most) -> {
            int size = text.size();
            for (int n = Math.min(longest, size - 1); n > 0; n--) for (int at = size - n - 1; at >= 0; at--) {
                int i = 0;
                while (i < n && text.id(at + i) == text.id(size - n + i)) i++;
                if (i < n) continue;
                var guesses = new int[Math.min(most, size - n - at)];
                for (int g = 0; g < guesses.length; g++) guesses[g] = text.id(at + n + g);
                return guesses;
            }
            return new int[0];
        };
    }
}
