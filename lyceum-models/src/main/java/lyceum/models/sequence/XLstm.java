package lyceum.models.sequence;

import java.util.List;
import java.util.Objects;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Extended LSTM: blocks with a memory of numbers ({@link SLstmBlock}), whose gates hear what was put out before, or of a matrix ({@link MLstmBlock}), which is
 * parallel over a sequence; in any order.
 *
 * {@snippet :
 * var config = new XLstmConfig(256, 4, 6, XLstmConfig.Cell.MATRIX);
 * var model = XLstm.model(config, 96, rng);                                          // token numbers to logits
 * var both = XLstm.model(config.withBlocks(List.of(XLstmConfig.Cell.MATRIX, XLstmConfig.Cell.SCALAR)), 96, rng);
 * var encoder = XLstm.encoder(config, 12, 2, rng);                                   // vectors to outputs at each position
 * }
 *
 * @see <a href="https://arxiv.org/abs/2405.04517">Beck et al. (2024)</a>
 */
public final class XLstm {
    /**
     * All that a file says of a language model.
     *
     * @param config of the blocks
     * @param tokens there are
     */
    public record Plan(XLstmConfig config, int tokens) {
        public Plan { Objects.requireNonNull(config, "config"); }

        public RecurrentModel build(Rng rng) { return model(config, tokens, rng); }
    }

    private XLstm() {}

    /** Token numbers (batch, T) to logits of what follows, by the table of embeddings. */
    public static RecurrentModel model(XLstmConfig config, int tokens, Rng rng) {
        return RecurrentModel.of(tokens, blocks(config, rng), config.dtype(), rng);
    }

    /** Vectors (batch, T, inputs) to outputs at each position. */
    public static RecurrentModel encoder(XLstmConfig config, int inputs, int outputs, Rng rng) {
        return RecurrentModel.encoder(inputs, blocks(config, rng), outputs, config.dtype(), rng);
    }

    private static List<RecurrentMixer> blocks(XLstmConfig config, Rng rng) {
        return config.blocks().stream()
                .map(cell -> cell == XLstmConfig.Cell.MATRIX ? (RecurrentMixer) new MLstmBlock(config, rng) : new SLstmBlock(config, rng))
                .toList();
    }

    /** The logarithm of a forget gate. */
    static Tensor logForget(XLstmConfig.Forget forget, Tensor x) { return forget == XLstmConfig.Forget.SIGMOID ? x.logSigmoid() : x; }
}
