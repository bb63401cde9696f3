package lyceum.text.lm;

/**
 * How well a model predicted texts.
 *
 * @param tokens that were predicted, at least 1
 * @param logLikelihood of all of them, nats
 * @param impossible tokens to which the model gave no probability at all; one is enough for an infinite perplexity
 */
public record LanguageModelEvaluation(long tokens, double logLikelihood, long impossible) {
    public LanguageModelEvaluation {
        if (tokens < 1) throw new IllegalArgumentException("evaluate: there is no token to predict");
    }

    /** {@code exp(-logLikelihood / tokens)}: as unsure as if it had to choose among so many; infinite where a token was impossible. */
    public double perplexity() { return Math.exp(-logLikelihood / tokens); }

    /** {@code log2} of the perplexity. */
    public double bitsPerToken() { return -logLikelihood / tokens / Math.log(2); }

    /** Comparable between vocabularies. @param bytes of the texts in UTF-8 */
    public double bitsPerByte(long bytes) {
        if (bytes < 1) throw new IllegalArgumentException("bitsPerByte: a text of " + bytes + " bytes");
        return -logLikelihood / bytes / Math.log(2);
    }

    @Override public String toString() {
        return "perplexity " + perplexity() + " on " + tokens + " tokens"
                + (impossible > 0 ? ", " + impossible + " of which have probability 0" : "");
    }
}
