package lyceum.models.generative.diffusion;

import java.util.Objects;
import lyceum.nn.Activation;
import lyceum.nn.PositionalEncoding;
import lyceum.nn.TransformerConfig;
import lyceum.withers.Withers;

/**
 * A transformer over strings of tokens of one length: the same for a {@link TokenAutoregression} and a {@link MaskedDiffusion}, which then have equally many parameters.
 *
 * @param vocabulary tokens, 0 to vocabulary - 1; one more number is the start of the one model and the mask of the other
 * @param length L of a string
 * @param layers blocks
 * @param block each of them; whether it looks ahead is the model's choice
 */
@Withers
public record TokenModelConfig(int vocabulary, int length, int layers, TransformerConfig block) implements TokenModelConfigWithers {
    public TokenModelConfig {
        Objects.requireNonNull(block, "block");
        if (vocabulary < 2 || length < 1 || layers < 1) throw new IllegalArgumentException(
                "TokenModelConfig: " + vocabulary + " tokens, length " + length + ", " + layers + " layers; at least 2, 1 and 1");
    }

    /** Pre-norm, GELU, rotary positions, hidden layers twice as wide. */
    public TokenModelConfig(int vocabulary, int length, int layers, int width, int heads) {
        this(vocabulary, length, layers, TransformerConfig.original(width, heads, 2 * width).withPlacement(TransformerConfig.Placement.PRE)
                .withActivation(Activation.GELU).positioned(PositionalEncoding.rotary(width / heads)));
    }
}
