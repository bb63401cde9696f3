package lyceum.llm.generate;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import lyceum.withers.Withers;

/**
 * When a text ends. Whichever comes first ends it, and {@link lyceum.llm.Continuation#ending} says which.
 *
 * {@snippet :
 * var stop = new StopCriteria(200).withEnds(Set.of(128_001, 128_009)).withStrings(List.of("\nUser:"));
 * }
 *
 * @param most ids at most
 * @param least ids at least: before them no end mark can be drawn; stop strings count nonetheless
 * @param ends ids that end a text; where none is named, the model's own end mark
 * @param strings before which the text is cut, wherever token borders lie
 * @param time from the start of the batch; {@link #FOREVER} for no limit
 * @param own asked after each id with all that were read and generated
 */
@Withers
public record StopCriteria(int most, int least, Set<Integer> ends, List<String> strings, Duration time, Predicate<TokenHistory> own)
        implements StopCriteriaWithers {
    public static final Duration FOREVER = Duration.ofNanos(Long.MAX_VALUE);

    public StopCriteria {
        ends = Set.copyOf(ends);
        strings = List.copyOf(strings);
        if (most < 1 || least < 0 || least > most) throw new IllegalArgumentException(
                "StopCriteria: " + least + " to " + most + " ids; one at most, and no more at least than at most");
        if (time.isNegative()) throw new IllegalArgumentException("StopCriteria: a time of " + time + "; it is not negative");
        if (strings.stream().anyMatch(String::isEmpty))
            throw new IllegalArgumentException("StopCriteria: an empty stop string would end every text");
    }

    /** At most so many ids, or the model's end mark. */
    public StopCriteria(int most) { this(most, 0, Set.of(), List.of(), FOREVER, _ -> false); }

    /** The ids that end a text of a model with this end mark. */
    int[] ends(int endMark) {
        if (ends.isEmpty()) return endMark < 0 ? new int[0] : new int[] {endMark};
        return ends.stream().mapToInt(Integer::intValue).sorted().toArray();
    }
}
