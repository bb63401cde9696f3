package lyceum.labs.core;

import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;

import lyceum.DType;
import lyceum.autograd.Differentiable;
import lyceum.nn.Activation;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Test;

/** A layered network is a composition and nothing else. */
class CompositionTest {
    @Test
    @Acceptance(topic = "composite-function", clause = 5) void anMlpIsAComposition() {
        var worst = Gap.absolute();
        int networks = 0;
        for (var activation : new Activation[] {Activation.TANH, Activation.RELU, Activation.SIGMOID}) {
            for (int[] hidden : new int[][] {{}, {8}, {16, 8}, {5, 7, 6}}) {
                var rng = Rng.of(1125 + networks);
                var mlp = new Mlp(MlpConfig.regressor(6, 3, hidden).withActivation(activation).withDtype(DType.F64), rng);
                var composed = Differentiable.identity(6);
                for (int i = 0; i < mlp.layers().size(); i++) {
                    var layer = mlp.layers().get(i);
                    var bias = mlp.state().get("layers." + i + ".bias");
                    composed = composed.andThen(Differentiable.affine(layer.weight().detach(), bias.detach()));
                    long width = layer.weight().size(0);
                    if (i < mlp.layers().size() - 1) composed = composed.andThen(Differentiable.elementwise(width, switch (activation) {
                        case TANH -> Tensor::tanh;
                        case RELU -> Tensor::relu;
                        default -> Tensor::sigmoid;
                    }, 1));
                }
                var x = Tensor.randn(rng, DType.F64, 32, 6);
                worst.see(activation + " " + hidden.length, composed.apply(x).toDoubleArray(), mlp.forward(x).toDoubleArray());
                networks++;
            }
        }
        Evidence.of("networks", networks, exactly(12));
        Evidence.of("largest gap to Mlp", worst, below(1e-6));
    }
}
