package lyceum.models.ssl;

import java.util.List;
import java.util.Objects;
import lyceum.DType;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * The heads of a {@link TwoViewLearner}: the projector on the encoder, thrown away afterwards, and the predictor on the projector where the objective wants one.
 * Hidden layers have a norm and a ReLU; the last layer is bare.
 *
 * @param hidden widths of the projector's hidden layers; none for a linear one
 * @param projection numbers of a projection, which the objective compares
 * @param predictor width of the predictor's hidden layer
 * @param norm of hidden layers. Those of the batch help BYOL and SimSiam to begin
 * @param dtype of the parameters, the encoder's
 */
@Withers
public record ViewHeads(List<Integer> hidden, int projection, int predictor, MlpConfig.Norm norm, DType dtype) implements ViewHeadsWithers {
    public ViewHeads {
        hidden = List.copyOf(hidden);
        Objects.requireNonNull(norm, "norm");
        if (projection < 1 || predictor < 1) throw new IllegalArgumentException(
                "ViewHeads: a projection of " + projection + ", a predictor of " + predictor + "; both are at least 1");
    }

    /** One hidden layer of twice the projection's width, a predictor as wide, batch norm, F32. */
    public static ViewHeads of(int projection) {
        return new ViewHeads(List.of(2 * projection), projection, 2 * projection, MlpConfig.Norm.BATCH, DType.F32);
    }

    Mlp projector(int width, Rng rng) { return mlp(width, hidden, rng); }

    Mlp predictor(Rng rng) { return mlp(projection, List.of(predictor), rng); }

    private Mlp mlp(int inputs, List<Integer> layers, Rng rng) {
        return new Mlp(MlpConfig.regressor(inputs, projection).withHidden(layers).withNorm(norm).withDtype(dtype), rng);
    }
}
