package lyceum.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** What is done to a module from outside: looked into, adapted, frozen, copied, run at other weights. */
class HooksTest {
    private static Sequential network() {
        return new Sequential(new Linear(3, 4, Rng.of(1)), Activation.TANH, new Sequential(new Linear(4, 4, Rng.of(2)), new Dropout(0.5)),
                new Linear(4, 2, Rng.of(3)));
    }

    private static void same(Tensor a, Tensor b) { assertThat(a.toDoubleArray()).isEqualTo(b.toDoubleArray()); }

    private final Tensor x = Tensor.randn(Rng.of(4), DType.F32, 5, 3).compute();

    @Test void hooksCaptureReplaceAndGo() {
        var network = network();
        var before = network.forward(x);
        var hooks = Hooks.of(network);
        var seen = hooks.capture("*");
        var pass = Pass.inference().with(hooks);
        same(network.forward(x, pass), before);
        assertThat(seen.keySet()).containsExactly("0", "1", "2.0", "2.1", "2", "3", "");
        same(seen.get("1"), seen.get("0").tanh());
        var inputs = new ArrayList<Tensor>();
        hooks.on("3", (name, in, out) -> {
            inputs.add(in);
            return out;
        });
        var ablation = hooks.replace("2", y -> y.zerosLike());
        var bias = ((Linear) network.layers().get(3)).bias();
        same(network.forward(x, pass), bias.detach().add(Tensor.zeros(5, 2)));
        same(inputs.getFirst(), Tensor.zeros(5, 4));
        ablation.remove();
        same(network.forward(x, pass), before);
    }

    @Test void anAdapterChangesWhatAModuleGivesAndBringsItsParameters() {
        final class Scale extends Module implements Adapter {
            private final Tensor scale = Tensor.full(DType.F32, 2, 1).requiresGrad();

            @Override protected Tensor compute(Tensor x, Pass pass) { return x.mul(scale); }

            @Override public Tensor adapt(Tensor x, Tensor y, Pass pass) { return forward(y, pass); }
        }
        var network = network();
        var before = network.forward(x);
        var last = network.layers().get(3);
        var scale = new Scale();
        ((Module) last).attach(scale);
        assertThat(network.parameters().keySet()).contains("3.scale", "3.weight");
        same(network.forward(x), before.mul(2));
        var copy = Module.copy(network);
        Autograd.noGrad(() -> scale.scale.copy_(Tensor.full(DType.F32, 3, 1)));
        same(copy.forward(x), before.mul(2));
        ((Module) last).detach(scale);
        same(network.forward(x), before);
        assertThat(network.state()).doesNotContainKey("3.scale");
    }

    @Test void frozenParametersAreNoParametersUntilUnfrozen() {
        var network = network();
        assertThat(network.freeze("2.*")).isEqualTo(20);
        assertThat(network.parameters().keySet()).containsExactly("0.weight", "0.bias", "3.weight", "3.bias");
        assertThat(network.state()).hasSize(6);
        network.forward(x).sum().backward();
        assertThat(network.state().get("2.0.weight").grad()).isNull();
        assertThat(network.parameters().get("0.weight").grad()).isNotNull();
        assertThat(network.unfreeze("*.weight")).isEqualTo(16);
        assertThat(network.parameters()).hasSize(5).containsKey("2.0.weight");
        var norm = new Sequential(new BatchNorm(3));
        norm.freeze("*");
        norm.unfreeze("*");
        assertThat(norm.parameters().keySet()).as("statistics are not unfrozen").containsExactly("0.weight", "0.bias");
    }

    @Test void theSameCodeRunsAtOtherWeights() {
        var network = network();
        var before = network.forward(x);
        var weight = network.parameters().get("3.weight");
        var step = Tensor.full(DType.F32, 0.5, 2, 4).requiresGrad();
        var moved = Module.with(network, Map.of("3.weight", weight.add(step)));
        var y = moved.forward(x);
        assertThat(y.toDoubleArray()).isNotEqualTo(before.toDoubleArray());
        same(network.forward(x), before);
        var gradient = Autograd.grad(s -> Module.with(network, Map.of("3.weight", weight.add(s))).forward(x).square().sum()).apply(step);
        assertThat(gradient.count()).isEqualTo(8);
        assertThat(gradient.abs().max().item()).isGreaterThan(0);
        assertThatThrownBy(() -> Module.with(network, Map.of("9.weight", weight))).isInstanceOf(FormatException.class)
                .hasMessageContaining("9.weight is unknown");
        assertThatThrownBy(() -> Module.with(network, Map.of("3.weight", Tensor.zeros(2, 2)))).isInstanceOf(ShapeException.class);
    }

    @Test void learningAtOtherWeightsMovesStatisticsOfItsOwn() {
        var network = new Sequential(new Linear(3, 3, Rng.of(1)), new BatchNorm(3));
        var state = network.state();
        double[] before = state.get("1.running_mean").toDoubleArray();
        network.freeze("0.bias");
        var other = Module.with(network, Map.of("0.weight", Tensor.ones(3, 3)));
        other.forward(x, Pass.training(Rng.of(2)));
        assertThat(state.get("1.running_mean").toDoubleArray()).isEqualTo(before);
        assertThat(other.state().get("1.running_mean").toDoubleArray()).isNotEqualTo(before);
        assertThat(other.state().get("0.bias")).as("a frozen weight is shared").isSameAs(state.get("0.bias"));
        assertThat(other.state().get("1.weight")).isSameAs(state.get("1.weight"));
        Module.with(network, Map.of("1.running_mean", state.get("1.running_mean"))).forward(x, Pass.training(Rng.of(2)));
        assertThat(state.get("1.running_mean").toDoubleArray()).as("shared, for it was given").isNotEqualTo(before);
    }

    @Test void copiesShareNothingButWhatWasShared() {
        final class Tied extends Module {
            private final Linear first = new Linear(3, 3, Rng.of(5));
            private final List<Linear> again = List.of(first, new Linear(3, 3, Rng.of(6)));

            @Override protected Tensor compute(Tensor x, Pass pass) {
                return again.get(1).forward(again.get(0).forward(first.forward(x, pass), pass), pass);
            }
        }
        var tied = new Tied();
        var y = tied.forward(x);
        var copy = Module.copy(tied);
        assertThat(copy.first).isSameAs(copy.again.get(0)).isNotSameAs(tied.first);
        assertThat(copy.parameters().keySet()).isEqualTo(tied.parameters().keySet());
        Autograd.noGrad(() -> tied.first.weight().copy_(Tensor.zeros(3, 3)));
        same(copy.forward(x), y);
        var wide = Module.to(copy, DType.F64);
        assertThat(wide.forward(x.to(DType.F64)).sub(y).abs().max().item()).isLessThan(1e-6);
        assertThat(wide.first.weight().isTracked()).isTrue();
        assertThat(tied.modules().keySet()).containsExactly("", "first", "again.1");
    }

    @Test void layersAddToTheLossOnlyWhereSomebodyCollects() {
        final class Priced extends Module {
            @Override protected Tensor compute(Tensor x, Pass pass) {
                pass.penalty(() -> x.abs().sum());
                return x;
            }
        }
        var collected = new ArrayList<Tensor>();
        new Priced().forward(x, Pass.training(Rng.of(1)).collecting(collected::add));
        new Priced().forward(x, Pass.training(Rng.of(1)));
        new Priced().forward(x, Pass.inference().collecting(collected::add));
        assertThat(collected).hasSize(1);
        same(collected.getFirst(), x.abs().sum());
    }

    @Test void aSamplingPassDropsAndStillPredicts() {
        var network = new Sequential(new Dropout(0.5));
        var y = network.forward(Tensor.ones(1000), Pass.sampling(Rng.of(7)));
        assertThat(y.eq(0).to(DType.F32).mean().item()).isBetween(0.4, 0.6);
        assertThat(Pass.sampling(Rng.of(7)).isTraining()).isFalse();
    }
}
