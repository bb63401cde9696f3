package lyceum.llm.generate;

import lyceum.withers.Withers;

/**
 * What a token pays for having come before. With its count c in the history, a logit z becomes {@code (z > 0 ? z / theta : z theta) - presence [c > 0] - frequency c};
 * those of tokens that did not come are untouched. Counts are kept up, not counted again.
 *
 * {@snippet :
 * var polite = SamplingOptions.DEFAULT.withPenalties(List.of(Penalties.frequency(0.5).withPresence(0.2)));
 * var ctrl = SamplingOptions.DEFAULT.withPenalties(List.of(Penalties.repetition(1.2).withWindow(256)));
 * }
 *
 * @param repetition theta, above 0; 1 does nothing. It depends on where a model's logits have their zero
 * @param presence paid once; negative values reward
 * @param frequency paid each time
 * @param prompt whether the prompt's tokens count
 * @param window only so many of the last tokens count; {@link Integer#MAX_VALUE} for all
 * @param decay of the repetition penalty: a token last seen n tokens ago has {@code 1 + (theta - 1) decay^(n - 1)}; 1 for none
 * @see <a href="https://arxiv.org/abs/1909.05858">Keskar et al. (2019), section 4.1, for the repetition penalty</a>
 */
@Withers
public record Penalties(double repetition, double presence, double frequency, boolean prompt, int window, double decay)
        implements PenaltiesWithers {
    public Penalties {
        if (!(repetition > 0) || !Double.isFinite(repetition))
            throw new IllegalArgumentException("Penalties: repetition is " + repetition + "; it is above 0, and 1 does nothing");
        if (!Double.isFinite(presence) || !Double.isFinite(frequency)) throw new IllegalArgumentException(
                "Penalties: presence " + presence + " and frequency " + frequency + "; both are finite, 0 does nothing");
        if (window < 1 || !(decay >= 0 && decay <= 1)) throw new IllegalArgumentException(
                "Penalties: a window of " + window + " tokens and a decay of " + decay + "; at least 1, and 0 to 1");
    }

    /** Alpha for each time that a token was generated; the prompt does not count (OpenAI's rule). */
    public static Penalties frequency(double alpha) { return new Penalties(1, 0, alpha, false, Integer.MAX_VALUE, 1); }

    /** Alpha once for a token that was generated; the prompt does not count. */
    public static Penalties presence(double alpha) { return new Penalties(1, alpha, 0, false, Integer.MAX_VALUE, 1); }

    /** CTRL's: of all tokens seen, the prompt's too, as in Hugging Face transformers. */
    public static Penalties repetition(double theta) { return new Penalties(theta, 0, 0, true, Integer.MAX_VALUE, 1); }

    /** Whether nothing changes. */
    public boolean isOff() { return repetition == 1 && presence == 0 && frequency == 0; }

    /** The step for one request. */
    public LogitProcessor processor() {
        var counts = new TokenCounts();
        var seen = new int[2]; // [from, to) of the history is counted
        return (row, history, _) -> {
            if (seen[1] == 0 && !prompt) seen[0] = seen[1] = history.promptLength();
            for (; seen[1] < history.size(); seen[1]++) counts.add(history.id(seen[1]), seen[1]);
            for (; seen[1] - seen[0] > window; seen[0]++) counts.remove(history.id(seen[0]));
            for (int i = 0; i < counts.size(); i++) {
                int c = counts.count(i);
                if (c == 0) continue;
                int id = counts.id(i);
                double z = row.logit(id), theta = repetition;
                if (decay != 1) theta = 1 + (theta - 1) * Math.pow(decay, history.size() - 1 - counts.last(i));
                row.set(id, (z > 0 ? z / theta : z * theta) - presence - frequency * c);
            }
        };
    }
}
