package lyceum.llm.eval;

import lyceum.text.Tokenizer;
import lyceum.text.lm.LanguageModel;

/**
 * A model of bytes that is asked by the tokens of a tokenizer: {@code p(token | before)} is the product over the token's bytes. Whatever the cut, a text has the
 * probability that the bytes give it, which makes it the yardstick for figures per byte.
 *
 * <p>Tokens that begin alike share probability, so that those of all next tokens add up to more than 1: {@link #normalised} is false, and a perplexity of a token means
 * nothing.
 */
public final class SpelledLM implements LanguageModel {
    private final LanguageModel bytes;
    private final Tokenizer tokenizer;

    /** @param bytes whose ids 0 to 255 are bytes, with a start mark */
    public SpelledLM(LanguageModel bytes, Tokenizer tokenizer) {
        if (bytes.vocabulary() < 256 || bytes.startMark() < 0)
            throw new IllegalArgumentException("SpelledLM: a model of " + bytes.vocabulary() + " ids with the start mark "
                    + bytes.startMark() + "; it has the 256 bytes and a mark, so that the first byte is predicted");
        this.bytes = bytes;
        this.tokenizer = tokenizer;
    }

    @Override public int vocabulary() { return tokenizer.vocabulary().size() + 1; }

    /** Behind all tokens. */
    @Override public int startMark() { return tokenizer.vocabulary().size(); }

    @Override public int endMark() { return -1; }

    @Override public boolean normalised() { return false; }

    @Override public State start() { return new Spelled(bytes.start()); }

    private final class Spelled implements State {
        private final State state;

        Spelled(State state) { this.state = state; }

        @Override public double[] logProbabilities() {
            var all = new double[vocabulary()];
            for (int id = 0; id < all.length; id++) all[id] = logProbability(id);
            return all;
        }

        @Override public double logProbability(int id) {
            if (id == startMark()) return Double.NEGATIVE_INFINITY;
            double sum = 0;
            var at = state;
            byte[] spelled = tokenizer.bytes(id);
            for (int i = 0; i < spelled.length; i++) {
                sum += at.logProbability(spelled[i] & 255);
                if (i + 1 < spelled.length) at = at.next(spelled[i] & 255);
            }
            return sum;
        }

        @Override public State next(int id) {
            var at = state;
            for (byte b : tokenizer.bytes(id)) at = at.next(b & 255);
            return new Spelled(at);
        }
    }
}
