package lyceum.models.generative.latent;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.backend.Backend;
import lyceum.memory.Memory;
import lyceum.memory.Scope;
import lyceum.nn.Hooks;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** The denoiser in BF16 as it runs at its real size: by tiles, packed, part by part. */
class HalfPrecisionTest {
    /** Heads of 40 elements, as the real one's first level has. */
    private static final ConditionalUNetConfig CONFIG = new ConditionalUNetConfig(4, 4, List.of(80, 160), List.of(true, true), 1, 48, 2, 16,
            DType.F32);

    private static Tensor normal(int seed, DType type, long... shape) {
        return Tensor.randn(Rng.of(seed), shape).compute().to(type).compute();
    }

    private static ConditionalUNet net(DType type) {
        var exact = new ConditionalUNet(CONFIG, Rng.of(1));
        var net = new ConditionalUNet(CONFIG.withDtype(type), Rng.of(2));
        var state = exact.state();
        state.replaceAll((name, value) -> value.detach().to(DType.BF16).to(type).compute());
        net.load(state);
        return net;
    }

    private static Tensor predict(ConditionalUNet net, Pass pass) {
        var type = net.config().dtype();
        return net.predict(normal(3, DType.BF16, 2, 4, 16, 16).to(type), Tensor.of(new double[] {7, 300}).to(type),
                normal(4, DType.BF16, 2, 9, 48).to(type), pass).compute();
    }

    @Test void predictionsAreThoseOfWideNumbersPlainLoopsAndUnpackedWeights() {
        var net = net(DType.BF16);
        Tensor recorded = predict(net, Pass.inference()).detach().to(DType.F64),
                alone = Autograd.noGrad(() -> predict(net, Pass.inference()));
        assertThat(gap(alone, recorded)).as("part by part").isZero();
        net.pack();
        var wide = Autograd.noGrad(() -> predict(net(DType.F32), Pass.inference()));
        assertThat(gap(Autograd.noGrad(() -> predict(net, Pass.inference())), wide)).as("packed, from wide numbers").isLessThan(0.05);
        var plain = new Tensor[1];
        Backend.with(Backend.named("scalar"), () -> plain[0] = Autograd.noGrad(() -> predict(net(DType.BF16), Pass.inference())));
        assertThat(gap(alone, plain[0])).as("from plain loops").isLessThan(0.05);
    }

    private static double gap(Tensor a, Tensor b) {
        var wide = b.to(DType.F64);
        return a.to(DType.F64).sub(wide).abs().max().item() / wide.abs().max().item();
    }

    @Test void partsGiveBackWhatTheyHaveMadeUnlessSomebodyLooks() {
        var net = net(DType.BF16);
        var allocated = new long[1];
        Runnable predicting = () -> Autograd.noGrad(() -> {
            try (var scope = Scope.open("a prediction")) {
                predict(net, Pass.inference());
                allocated[0] = scope.allocated();
            }
        });
        predicting.run();
        assertThat(Memory.peakOf(predicting)).isLessThan(allocated[0] / 3);
        var hooks = Hooks.of(net);
        var seen = hooks.capture("*");
        Autograd.noGrad(() -> predict(net, Pass.inference().with(hooks)));
        assertThat(seen).hasSizeGreaterThan(50);
        seen.forEach((name, t) -> assertThat(t.to(DType.F32).sum().item()).as(name).isFinite());
    }
}
