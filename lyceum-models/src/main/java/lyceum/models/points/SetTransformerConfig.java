package lyceum.models.points;

import java.util.Objects;
import lyceum.DType;
import lyceum.withers.Withers;

/**
 * The shape of a {@link SetTransformer}.
 *
 * @param inputs features of an element
 * @param width of the states, a multiple of heads
 * @param heads of every attention
 * @param layers blocks of the encoder, at least 1
 * @param induced how many learned points stand between the elements (ISAB); 0 for full attention (SAB)
 * @param seeds how many vectors pooling asks for, at least 1
 * @param outputs of each seed
 * @param norm whether blocks normalise (LayerNorm)
 * @param dtype F32 or F64
 */
@Withers
public record SetTransformerConfig(int inputs, int width, int heads, int layers, int induced, int seeds, int outputs, boolean norm,
        DType dtype) implements SetTransformerConfigWithers {

    public SetTransformerConfig {
        if (inputs < 1 || width < 1 || heads < 1 || layers < 1 || seeds < 1 || outputs < 1 || induced < 0)
            throw new IllegalArgumentException(
                    "SetTransformerConfig: " + inputs + " inputs, width " + width + ", " + heads + " heads, " + layers + " layers, "
                            + induced + " induced, " + seeds + " seeds, " + outputs + " outputs; all but the induced are at least 1");
        if (width % heads != 0) throw new IllegalArgumentException(
                "SetTransformerConfig: width " + width + " for " + heads + " heads; it is a multiple of them");
        Objects.requireNonNull(dtype, "dtype");
    }

    /** Two induced blocks of 16 points, width 64, 4 heads, one seed, no norms, F32. */
    public SetTransformerConfig(int inputs, int outputs) { this(inputs, 64, 4, 2, 16, 1, outputs, false, DType.F32); }
}
