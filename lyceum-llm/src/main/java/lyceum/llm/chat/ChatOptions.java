package lyceum.llm.chat;

import java.util.List;
import lyceum.llm.generate.SamplingOptions;
import lyceum.withers.Withers;

/**
 * How an answer is written.
 *
 * @param sampling how tokens are chosen
 * @param most ids at most
 * @param stops texts before which the answer ends
 * @param seed of its random numbers: the same answer to the same conversation
 */
@Withers
public record ChatOptions(SamplingOptions sampling, int most, List<String> stops, long seed) implements ChatOptionsWithers {
    /** The likeliest token each time, 512 at most. */
    public static final ChatOptions DEFAULT = new ChatOptions(SamplingOptions.greedy(), 512, List.of(), 0);

    public ChatOptions {
        if (most < 1) throw new IllegalArgumentException("ChatOptions: " + most + " ids at most; it is at least 1");
        stops = List.copyOf(stops);
    }
}
