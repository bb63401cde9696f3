package lyceum.serve;

import java.util.Objects;
import lyceum.llm.TokenConstraint;
import lyceum.llm.generate.SamplingOptions;
import lyceum.llm.generate.StopCriteria;
import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * A text that an {@link Engine} is asked for. Each has its own settings and random numbers: what runs beside it changes none of its tokens beyond what rounding does to a
 * near-tie.
 *
 * @param prompt ids that are read first; an empty one becomes the model's start mark
 * @param sampling how tokens are chosen
 * @param stop when it ends; its time begins when the request is submitted
 * @param stream the request's random numbers
 * @param constraint of what may come, or null
 * @param salt of the tenant: beginnings that were computed are reused among requests of one salt alone
 * @param adapter name of a tuning that the engine has; empty for the base model
 * @param priority larger ones first, if the scheduler orders by it
 * @param likeliest how many of the ids that were likeliest each piece tells
 * @param scored whether the {@linkplain Reply#promptScores reply} tells how likely each id of the prompt was; then no computed beginning is reused for it
 */
@Withers
public record Request(int[] prompt, SamplingOptions sampling, StopCriteria stop, Rng stream, TokenConstraint constraint, String salt,
        String adapter, int priority, int likeliest, boolean scored) implements RequestWithers {
    public Request {
        if (likeliest < 0) throw new IllegalArgumentException("Request: the " + likeliest + " likeliest ids; none at least");
        Objects.requireNonNull(salt, "salt: the empty one for everybody");
        Objects.requireNonNull(adapter, "adapter: the empty name for the base model");
    }

    /** Nobody asks how likely anything was. */
    public Request(int[] prompt, SamplingOptions sampling, StopCriteria stop, Rng stream, TokenConstraint constraint, String salt,
            String adapter, int priority) {
        this(prompt, sampling, stop, stream, constraint, salt, adapter, priority, 0, false);
    }

    /** Of the model's own distribution. */
    public Request(int[] prompt, int most, Rng stream) {
        this(prompt, SamplingOptions.DEFAULT, new StopCriteria(most), stream, null, "", "", 0);
    }

    /** The likeliest token each time. */
    public static Request greedy(int[] prompt, int most) {
        return new Request(prompt, most, Rng.of(0)).withSampling(SamplingOptions.greedy());
    }
}
