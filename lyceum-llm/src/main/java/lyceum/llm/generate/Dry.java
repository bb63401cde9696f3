package lyceum.llm.generate;

import java.util.Arrays;
import java.util.Set;
import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * The penalty "don't repeat yourself": a token that would go on with a run which the text has had before pays {@code multiplier base^(n - allowed)}, n being the
 * length of the repeated run, where that is at least {@code allowed}. Single words stay free; loops become dear exponentially.
 *
 * @param multiplier 0 for none; 0.8 is usual
 * @param base above 1 or equal; 1.75 is usual
 * @param allowed runs shorter than this are free; 2 is usual
 * @param window only so many of the last tokens are looked at
 * @param breakers ids over which no run is followed, such as line ends and quotes
 */
@Withers
public record Dry(double multiplier, double base, int allowed, int window, Set<Integer> breakers) implements DryWithers {
    /** 0.8 at base 1.75 from runs of 2, all tokens, no breakers. */
    public static final Dry USUAL = new Dry(0.8, 1.75, 2, Integer.MAX_VALUE, Set.of());
    /** No penalty. */
    public static final Dry OFF = USUAL.withMultiplier(0);

    public Dry {
        breakers = Set.copyOf(breakers);
        if (!(multiplier >= 0) || !(base >= 1) || allowed < 1 || window < 1) throw new IllegalArgumentException("Dry: multiplier "
                + multiplier + ", base " + base + ", allowed " + allowed + " and window " + window + "; at least 0, 1, 1 and 1");
    }

    /** The step for one request. */
    public LogitProcessor processor() { return new Step(); }

    private final class Step implements LogitProcessor {
        private final TokenCounts longest = new TokenCounts(); // of each id that would go on with a run, the longest such
        private int[] runs = new int[256]; // of each place how long a run ends there that ends the text too
        private int read;

        @Override public void apply(LogitRow row, TokenHistory history, Rng stream) {
            int size = history.size();
            if (runs.length < size) runs = Arrays.copyOf(runs, 2 * size);
            for (; read < size; read++) extend(history);
            longest.clear();
            int first = Math.max(0, size - window);
            for (int i = first; i + 1 < size; i++) {
                int run = Math.min(runs[i], i - first + 1);
                if (run >= allowed) longest.raise(history.id(i + 1), run);
            }
            for (int i = 0; i < longest.size(); i++) row.add(longest.id(i), -multiplier * Math.pow(base, longest.count(i) - allowed));
        }

        private void extend(TokenHistory history) {
            int id = history.id(read);
            boolean broken = breakers.contains(id);
            for (int i = read - 1; i >= 0; i--) runs[i] = broken || history.id(i) != id ? 0 : i == 0 ? 1 : runs[i - 1] + 1;
        }
    }
}
