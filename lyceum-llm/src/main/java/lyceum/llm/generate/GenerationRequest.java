package lyceum.llm.generate;

import java.util.List;
import java.util.function.Consumer;
import lyceum.llm.TokenConstraint;
import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * One text to be written: each of a batch has its own settings.
 *
 * @param prompt ids that are read first, as they are; an empty one becomes the model's start mark
 * @param sampling how tokens are chosen
 * @param stop when it ends
 * @param stream the request's random numbers; {@code rng.split(request)} makes it independent of its neighbours
 * @param constraint of what may come, or null
 * @param listener hears each id as it is drawn, on the generating thread
 */
@Withers
public record GenerationRequest(int[] prompt, SamplingOptions sampling, StopCriteria stop, Rng stream, TokenConstraint constraint,
        Consumer<Piece> listener) implements GenerationRequestWithers {
    private static final Consumer<Piece> NOBODY = _ -> {};

    /**
     * What one step adds to a text.
     *
     * @param id that was drawn
     * @param text that is certain with it, often a word, sometimes nothing; empty without a tokenizer
     * @param logProbability under the model
     * @param last whether the text ends here
     * @param likeliest in this place, the likeliest first, as many as were {@linkplain WrittenText#tell asked for}
     */
    public record Piece(int id, String text, double logProbability, boolean last, List<Likely> likeliest) {
        /** Nobody asked what else was likely. */
        public Piece(int id, String text, double logProbability, boolean last) { this(id, text, logProbability, last, List.of()); }
    }

    /** An id that might have come. @param logProbability under the model */
    public record Likely(int id, double logProbability) {}

    /** Without constraint and listener. */
    public GenerationRequest(int[] prompt, SamplingOptions sampling, StopCriteria stop, Rng stream) {
        this(prompt, sampling, stop, stream, null, NOBODY);
    }
}
