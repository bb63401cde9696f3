package lyceum.nn;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import lyceum.DType;
import lyceum.withers.Withers;

/**
 * The shape of an {@link Mlp}. Between input and output are hidden layers, each {@code dropout(activation(norm(W h + b)))}.
 *
 * {@snippet :
 * var config = MlpConfig.classifier(64, 10, 128, 64).withDropout(0.2).withNorm(MlpConfig.Norm.LAYER);
 * var network = new Mlp(config, Rng.of(1));
 * }
 *
 * @param inputs columns of the data
 * @param hidden widths of the hidden layers; empty for a linear model
 * @param outputs classes or target columns
 * @param activation after every hidden layer
 * @param norm before every activation
 * @param dropout after every activation, in [0, 1)
 * @param residual adds a hidden layer's input to its output wherever both are as wide
 * @param head what the outputs mean
 * @param dtype of the parameters: F32 or F64
 */
@Withers
public record MlpConfig(int inputs, List<Integer> hidden, int outputs, Activation activation, Norm norm, double dropout, boolean residual,
        Head head, DType dtype) implements MlpConfigWithers {

    /** What normalises a hidden layer before its activation. */
    public enum Norm {
        NONE, LAYER, BATCH
    }

    /** What the outputs mean, and with that the loss. */
    public enum Head {
        /** Numbers; half the mean squared error. */
        VALUES,
        /** Logits of classes; cross-entropy of their softmax. */
        CLASSES
    }

    public MlpConfig {
        if (inputs < 1 || outputs < 1)
            throw new IllegalArgumentException("MlpConfig: " + inputs + " inputs and " + outputs + " outputs; both are at least 1");
        hidden = List.copyOf(hidden);
        for (int width : hidden)
            if (width < 1) throw new IllegalArgumentException("MlpConfig: a hidden layer has width " + width + "; widths are at least 1");
        if (!(dropout >= 0 && dropout < 1)) throw new IllegalArgumentException("MlpConfig: dropout is " + dropout + "; it lies in [0, 1)");
        Objects.requireNonNull(activation, "activation");
        Objects.requireNonNull(norm, "norm");
        Objects.requireNonNull(head, "head");
        if (dtype != DType.F32 && dtype != DType.F64)
            throw new lyceum.DTypeException("MlpConfig: dtype is " + dtype + "; it is F32 or F64");
    }

    /** Logits of classes; ReLU, no norm, no dropout, F32. */
    public static MlpConfig classifier(int inputs, int classes, int... hidden) { return plain(inputs, classes, Head.CLASSES, hidden); }

    /** Numbers; ReLU, no norm, no dropout, F32. */
    public static MlpConfig regressor(int inputs, int outputs, int... hidden) { return plain(inputs, outputs, Head.VALUES, hidden); }

    private static MlpConfig plain(int inputs, int outputs, Head head, int[] hidden) {
        return new MlpConfig(inputs, Arrays.stream(hidden).boxed().toList(), outputs, Activation.RELU, Norm.NONE, 0, false, head,
                DType.F32);
    }

    /** How weights begin unless something else is asked for: Glorot's rule for the S-shaped activations, He's for the rectifiers. */
    public Init init() {
        return switch (activation) {
            case SIGMOID, HARD_SIGMOID, TANH, HARD_TANH, LECUN_TANH, TANH_SHRINK, SOFTSIGN, IDENTITY -> Init.glorotUniform();
            case SELU -> Init.lecunNormal();
            default -> Init.heUniform();
        };
    }
}
