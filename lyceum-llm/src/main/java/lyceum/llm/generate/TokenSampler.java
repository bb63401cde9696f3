package lyceum.llm.generate;

import java.util.List;
import lyceum.random.Rng;

/**
 * The choice of one request's tokens: the chain of {@link SamplingOptions}, the history that it looks at and a random stream that nobody else draws from, so that what
 * stands beside the request in a batch changes nothing. For one thread.
 *
 * {@snippet :
 * var sampler = new TokenSampler(SamplingOptions.topP(0.9), Rng.of(7), 5, 2);   // the prompt is 5, 2
 * int id = sampler.next(new LogitRow(4).load(new double[] {2, 1, 0.5, -1}));
 * }
 */
public final class TokenSampler {
    private final List<LogitProcessor> chain;
    private final Rng stream;
    private final TokenHistory history;

    public TokenSampler(SamplingOptions options, Rng stream, int... prompt) {
        chain = options.chain();
        this.stream = stream.copy();
        history = new TokenHistory(prompt);
    }

    /** Prompt and what was chosen. */
    public TokenHistory history() { return history; }

    /** Applies the chain to a row; what is left of it is what {@link #next} would draw from. */
    public void process(LogitRow row) { for (int i = 0; i < chain.size(); i++) chain.get(i).apply(row, history, stream); }

    /** Applies the chain, draws, and takes the id into the history. */
    public int next(LogitRow row) {
        process(row);
        int id = row.draw(stream);
        take(row, id);
        return id;
    }

    /** Takes an id into the history that somebody else chose from a {@linkplain #process processed} row. */
    public void take(LogitRow row, int id) {
        for (int i = 0; i < chain.size(); i++) chain.get(i).drawn(row, id);
        history.add(id);
    }

    /** The random numbers of this request. */
    public Rng stream() { return stream; }
}
