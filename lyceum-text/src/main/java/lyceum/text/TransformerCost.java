package lyceum.text;

import java.util.List;
import lyceum.withers.Withers;

/**
 * What a decoder costs to run, as far as a vocabulary's size matters: a larger one means fewer tokens and a longer output layer. Counted are the matrix products of a forward
 * pass; a training step takes about three times as much.
 *
 * <p>Multiply-adds a token: {@code layers (4 d d + 2 d f + 2 T d) + V d} for width d, feed-forward width f, context T and vocabulary V.
 *
 * @param width of the vectors, d
 * @param layers of the decoder
 * @param feedForward width between the two layers of each feed-forward part, f
 * @param context tokens that attention looks at, T
 * @see <a href="https://arxiv.org/abs/2407.13623">Tao and others (2024), Scaling Laws with Vocabulary</a>
 */
@Withers
public record TransformerCost(int width, int layers, int feedForward, int context) implements TransformerCostWithers {
    public TransformerCost {
        if (width < 1 || layers < 1 || feedForward < 1 || context < 1) throw new IllegalArgumentException("TransformerCost: width " + width
                + ", layers " + layers + ", feedForward " + feedForward + ", context " + context + "; all are at least 1");
    }

    /** GPT-2's proportions: the feed-forward part is four times as wide. */
    public TransformerCost(int width, int layers, int context) { this(width, layers, Math.multiplyExact(4, width), context); }

    /** Multiply-adds of a forward pass for one token. */
    public double multiplyAdds(int vocabulary) {
        double d = width;
        return layers * (4 * d * d + 2 * d * feedForward + 2 * d * context) + vocabulary * d;
    }

    /** Floating-point operations, two a multiply-add, for one byte of a text. */
    public double flopsPerByte(VocabularySizing sizing) { return 2 * multiplyAdds(sizing.size()) * sizing.tokensPerByte(); }

    /** Of several sizes the one that costs least a byte; of equals the smallest. */
    public VocabularySizing suggest(List<VocabularySizing> sizings) {
        if (sizings.isEmpty()) throw new IllegalArgumentException("TransformerCost.suggest: no sizes to choose from");
        var best = sizings.get(0);
        for (var sizing : sizings) {
            int byCost = Double.compare(flopsPerByte(sizing), flopsPerByte(best));
            if (byCost < 0 || byCost == 0 && sizing.size() < best.size()) best = sizing;
        }
        return best;
    }
}
