package lyceum.models.fields;

import java.util.Objects;
import lyceum.DType;
import lyceum.withers.Withers;

/**
 * The shape of a {@link NeuralField}.
 *
 * @param inputs coordinates: 1 for sound, 2 for pictures, 3 for space
 * @param outputs numbers at a place
 * @param hidden width of the hidden layers
 * @param layers hidden layers, at least 1
 * @param encoding what the coordinates become
 * @param dtype F32 or F64
 */
@Withers
public record NeuralFieldConfig(int inputs, int outputs, int hidden, int layers, FieldEncoding encoding, DType dtype)
        implements NeuralFieldConfigWithers {

    public NeuralFieldConfig {
        if (inputs < 1 || outputs < 1 || hidden < 1 || layers < 1) throw new IllegalArgumentException("NeuralFieldConfig: " + inputs
                + " inputs, " + outputs + " outputs, " + hidden + " hidden, " + layers + " layers; all are at least 1");
        Objects.requireNonNull(encoding, "encoding");
        Objects.requireNonNull(dtype, "dtype");
    }

    /** Three sine layers of 64, F32. */
    public NeuralFieldConfig(int inputs, int outputs) { this(inputs, outputs, 64, 3, new FieldEncoding.Sine(), DType.F32); }
}
