package lyceum.text.lm;

import lyceum.DType;
import lyceum.DTypeException;
import lyceum.withers.Withers;

/**
 * The shape of a {@link NeuralProbabilisticLanguageModel}.
 *
 * @param order n: a token is predicted from the n - 1 before it, 2 or more
 * @param vocabulary ids are 0 to this less one, marks among them
 * @param width m, of a word's vector, 60 by default
 * @param hidden h, units of the tanh layer, 50 by default; 0 for none, which needs direct connections
 * @param direct whether the vectors reach the logits directly as well, by W; false by default
 * @param startMark an id that stands for all places before a text and is never predicted
 * @param endMark an id that ends a text, or -1
 * @param dtype of the parameters: F32 or F64
 */
@Withers
public record NeuralProbabilisticConfig(int order, int vocabulary, int width, int hidden, boolean direct, int startMark, int endMark,
        DType dtype) implements NeuralProbabilisticConfigWithers {
    public NeuralProbabilisticConfig {
        if (order < 2) throw new IllegalArgumentException("NeuralProbabilisticConfig: the order is " + order + "; it is at least 2");
        if (width < 1 || hidden < 0 || hidden == 0 && !direct)
            throw new IllegalArgumentException("NeuralProbabilisticConfig: width " + width + ", hidden " + hidden + ", direct " + direct
                    + "; the width is at least 1, and without hidden units there are direct connections");
        CausalLanguageModel.check("NeuralProbabilisticConfig", vocabulary, startMark, endMark);
        if (startMark < 0 || startMark == endMark) throw new IllegalArgumentException("NeuralProbabilisticConfig: marks " + startMark
                + " and " + endMark + "; the start mark is an id of its own, as it fills the window before a text");
        if (dtype != DType.F32 && dtype != DType.F64)
            throw new DTypeException("NeuralProbabilisticConfig: dtype is " + dtype + "; it is F32 or F64");
    }

    /** Start mark 0, end mark 1, vectors of 60, 50 hidden units, F32. */
    public NeuralProbabilisticConfig(int order, int vocabulary) { this(order, vocabulary, 60, 50, false, 0, 1, DType.F32); }
}
