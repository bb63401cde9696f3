package lyceum.text.lm;

import lyceum.withers.Withers;

/**
 * The shape of a {@link NeuralLanguageModel}.
 *
 * @param kind what turns the words before into a vector
 * @param vocabulary ids are 0 to this less one, marks among them
 * @param width of a word's vector; a TRANSFORMER's layers have it too
 * @param units of a hidden layer: of the WINDOW's tanh layer, of recurrent layers, of a TRANSFORMER's feed-forward halves
 * @param layers recurrent ones or blocks; a WINDOW has one
 * @param heads of a TRANSFORMER; they divide the width into even parts
 * @param order n of a WINDOW, which sees n - 1 words
 * @param dropout of words' vectors, between layers, and before the logits, in [0, 1); a WINDOW has none
 * @param tied whether the logits' weights are the words' vectors; widths agree then
 * @param cut tokens of a text that are learnt from at once; longer texts are cut into pieces, each of which begins without a past. A WINDOW does not cut
 * @param startMark an id that stands before a text and is never predicted
 * @param endMark an id that ends a text, or -1
 */
@Withers
public record NeuralLanguageModelConfig(Kind kind, int vocabulary, int width, int units, int layers, int heads, int order, double dropout,
        boolean tied, int cut, int startMark, int endMark) implements NeuralLanguageModelConfigWithers {
    /** What turns the words before into a vector. */
    public enum Kind {
        /** {@link NeuralProbabilisticLanguageModel}: a few words, side by side, and a tanh layer. */
        WINDOW,
        /** Elman's network: all words, through one vector. */
        RNN,
        /** Long short-term memory: the same with gates. */
        LSTM,
        /** Causal attention with rotary positions: all words, each looked up again. */
        TRANSFORMER
    }

    public NeuralLanguageModelConfig {
        if (width < 1 || units < 1 || layers < 1 || heads < 1 || cut < 1)
            throw new IllegalArgumentException("NeuralLanguageModelConfig: width " + width + ", units " + units + ", layers " + layers
                    + ", heads " + heads + ", cut " + cut + "; each is at least 1");
        if (!(dropout >= 0 && dropout < 1))
            throw new IllegalArgumentException("NeuralLanguageModelConfig: dropout is " + dropout + "; it lies in [0, 1)");
        CausalLanguageModel.check("NeuralLanguageModelConfig", vocabulary, startMark, endMark);
        if (startMark < 0 || startMark == endMark) throw new IllegalArgumentException(
                "NeuralLanguageModelConfig: marks " + startMark + " and " + endMark + "; the start mark is an id of its own");
        if (kind == Kind.WINDOW && (order < 2 || tied || layers > 1 || dropout > 0))
            throw new IllegalArgumentException("NeuralLanguageModelConfig: order " + order + ", tied " + tied + ", layers " + layers
                    + ", dropout " + dropout + "; a WINDOW is of order 2 or more, with one layer and neither");
        if (kind == Kind.TRANSFORMER && width % (2 * heads) != 0) throw new IllegalArgumentException("NeuralLanguageModelConfig: " + heads
                + " heads do not divide a width of " + width + " into even parts, which rotary positions turn in pairs");
        if (tied && kind != Kind.TRANSFORMER && width != units)
            throw new IllegalArgumentException("NeuralLanguageModelConfig: tied, with a width of " + width + " and " + units
                    + " units; the logits' weights are the vectors, so that both agree");
    }

    private static NeuralLanguageModelConfig of(Kind kind, int vocabulary, int width, int units) {
        return new NeuralLanguageModelConfig(kind, vocabulary, width, units, 1, 1, 5, 0, false, 64, 0, 1);
    }

    /** Order 5, 64 hidden units, vectors of 32; start mark 0, end mark 1. */
    public static NeuralLanguageModelConfig window(int vocabulary) { return of(Kind.WINDOW, vocabulary, 32, 64); }

    /** One layer of 64 units, vectors of 32; start mark 0, end mark 1. */
    public static NeuralLanguageModelConfig rnn(int vocabulary) { return of(Kind.RNN, vocabulary, 32, 64); }

    /** One layer of 64 units, vectors of 32; start mark 0, end mark 1. */
    public static NeuralLanguageModelConfig lstm(int vocabulary) { return of(Kind.LSTM, vocabulary, 32, 64); }

    /** One block of width 64 with 4 heads and 128 hidden units; start mark 0, end mark 1. */
    public static NeuralLanguageModelConfig transformer(int vocabulary) { return of(Kind.TRANSFORMER, vocabulary, 64, 128).withHeads(4); }

    public NeuralLanguageModelConfig withMarks(int start, int end) { return withStartMark(start).withEndMark(end); }
}
