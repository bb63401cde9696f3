package lyceum.llm.generate;

import java.util.Set;
import java.util.function.IntUnaryOperator;
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

    /**
     * Of a text backwards, for each place from 1 on, how many ids from there on are those of its beginning: Gusfield's Z. Ids are asked for a bounded number of times each,
     * whatever the text is.
     */
    static void runs(IntUnaryOperator backwards, int length, int[] runs) {
        for (int place = 1, left = 0, right = 0; place < length; place++) {
            int run = place < right ? Math.min(right - place, runs[place - left]) : 0;
            if (place + run >= right) { // what is left of the last run that was walked says no more
                while (place + run < length && backwards.applyAsInt(run) == backwards.applyAsInt(place + run)) run++;
                left = place;
                right = place + run;
            }
            runs[place] = run;
        }
    }

    private final class Step implements LogitProcessor {
        private final TokenCounts longest = new TokenCounts(); // of each id that would go on with a run, the longest such
        private int[] runs = new int[256];
        private int read, broken = -1; // ids before were looked at, and the last place where a breaker stands

        @Override public void apply(LogitRow row, TokenHistory history, Rng stream) {
            int size = history.size(), first = Math.max(0, size - window), length = size - first;
            if (runs.length < length) runs = new int[length + (length >> 1)];
            for (read = Math.max(read, first); read < size; read++) if (breakers.contains(history.id(read))) broken = read;
            runs(place -> history.id(size - 1 - place), length, runs);
            longest.clear();
            for (int back = 1; back < length; back++) {
                int run = Math.min(runs[back], size - 1 - broken);
                if (run >= allowed) longest.raise(history.id(size - back), run);
            }
            for (int i = 0; i < longest.size(); i++) row.add(longest.id(i), -multiplier * Math.pow(base, longest.count(i) - allowed));
        }
    }
}
