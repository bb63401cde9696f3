package lyceum.models.audio;

import java.util.List;
import java.util.function.Function;
import lyceum.withers.Withers;

/**
 * How a {@link Transcriber} decodes.
 *
 * @param translate into English, or else transcribe
 * @param language from 0 on; -1 to hear it, of a whole sound in its first window
 * @param timestamps whether times are written
 * @param firstTime the latest time in seconds that a window's first segment may begin at
 * @param beams of the search at temperature 0; 1 is greedy
 * @param temperatures tried one after the other until a window's text will do
 * @param mostCompression a text that zlib makes smaller than by this factor is a loop: the next temperature
 * @param leastLogProb mean log-probability of a token below which the next temperature is tried
 * @param noSpeech probability of no speech above which a window whose mean log-probability is below the least is silent
 * @param longest tokens of a window at most
 * @param conditioned whether the text of the window before stands in front as a prompt
 * @param spelling text of tokens, for the compression; null for a character a token
 */
@Withers
public record TranscriberConfig(boolean translate, int language, boolean timestamps, double firstTime, int beams, List<Double> temperatures,
        double mostCompression, double leastLogProb, double noSpeech, int longest, boolean conditioned, Function<int[], String> spelling)
        implements TranscriberConfigWithers {

    public TranscriberConfig {
        temperatures = List.copyOf(temperatures);
        if (language < -1 || beams < 1 || longest < 1 || !(firstTime >= 0))
            throw new IllegalArgumentException("TranscriberConfig: language " + language + ", " + beams + " beams, " + longest
                    + " tokens, first time " + firstTime + "; at least -1, 1, 1 and 0");
        if (temperatures.isEmpty() || temperatures.stream().anyMatch(t -> !(t >= 0)))
            throw new IllegalArgumentException("TranscriberConfig: temperatures are " + temperatures + "; one at least, none below 0");
    }

    /**
     * The published defaults: hears the language, writes times, greedy, temperatures 0 to 1 by 0.2, 2.4, -1, 0.6, 224 tokens, conditioned.
     */
    public TranscriberConfig() { this(false, -1, true, 1, 1, List.of(0.0, 0.2, 0.4, 0.6, 0.8, 1.0), 2.4, -1, 0.6, 224, true, null); }
}
