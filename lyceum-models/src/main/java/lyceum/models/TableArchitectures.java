package lyceum.models;

import java.util.List;
import lyceum.DType;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.tensor.Tensor;

/** Networks that read rows of numbers. */
final class TableArchitectures {
    private TableArchitectures() {}

    static List<Architecture<?, ?>> all() {
        var config = MlpConfig.classifier(5, 3, 8, 8).withDropout(0.1).withNorm(MlpConfig.Norm.LAYER).withResidual(true);
        return List.of(new Architecture<>("Mlp", MlpConfig.class, Mlp.class, Mlp::new,
                new Architecture.Example<>(config, (n, rng) -> List.of(Tensor.randn(rng, DType.F32, n, 5)),
                        (model, x, pass) -> model.forward(x.getFirst(), pass))));
    }
}
