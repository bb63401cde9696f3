package lyceum.train.search;

import java.util.Arrays;
import java.util.List;

/**
 * One network of a {@link NetworkSpace}: which candidate it has at each choice.
 *
 * @param picks a candidate's number for each choice, in the space's order
 */
public record Architecture(List<Integer> picks) {
    public Architecture {
        picks = List.copyOf(picks);
    }

    /** As {@code Architecture.of(0, 2, 1)}. */
    public static Architecture of(int... picks) { return new Architecture(Arrays.stream(picks).boxed().toList()); }

    /** The candidate's number at a choice. */
    public int pick(int choice) { return picks.get(choice); }
}
