package lyceum.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.MemorySegment;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.LyceumException;
import lyceum.ShapeException;
import lyceum.backend.Backend;
import lyceum.backend.Program;
import lyceum.format.Safetensors;
import lyceum.memory.Scope;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Fuzz;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OptimizerTest {

    @Test void whatTheFirstStepCreatesOutlivesItsScope() {
        var w = Tensor.randn(Rng.of(1), 600).copy().requiresGrad();
        var average = Average.mean(0);
        var optimizer = new Adam(0.01).over(w).averagedBy(average);
        double before = Double.NaN;
        for (int t = 0; t < 5; t++) {
            try (var step = Scope.open("step")) {
                optimizer.zeroGrad();
                var loss = w.square().sum();
                loss.backward();
                optimizer.step();
                if (t > 0) assertThat(loss.item()).isLessThan(before);
                before = loss.item();
            }
        }
        assertThat(optimizer.state().tensors().get("0.mean").toFloatArray()).hasSize(600).doesNotContain(Float.NaN);
        assertThat(average.of(w).isFinite().all().item()).isEqualTo(1);
    }

    @Test void largeTensorsAreSteppedLikeSmallOnes() {
        // Above 256 elements the update is a deferred program, below it is computed at the call: the same numbers.
        var g = Tensor.randn(Rng.of(2), DType.F64, 1000).compute();
        var start = Tensor.randn(Rng.of(3), DType.F64, 1000).compute();
        for (var rule : new UpdateRule[] {new Adam(0.1).withAmsgrad(true).withWeightDecay(0.1), new AdamW(0.1),
                new Sgd(0.1).withMomentum(0.9).withNesterov(true)}) {
            var whole = start.copy().requiresGrad();
            var part = start.narrow(0, 0, 100).copy().requiresGrad();
            var a = rule.over(whole);
            var b = rule.over(part);
            for (int t = 1; t <= 4; t++) {
                a.step(g.mul(t));
                b.step(g.narrow(0, 0, 100).mul(t));
            }
            var expected = part.toDoubleArray();
            var actual = whole.detach().narrow(0, 0, 100).toDoubleArray();
            for (int i = 0; i < 100; i++) assertThat(actual[i]).as("%s, %d", rule, i).isCloseTo(expected[i], within(1e-14));
        }
    }

    @Test void aMeanThatNothingFeedsFadesToZero() {
        // 0.9 times the least number is the least number: without an end, means would stay there for ever.
        for (var rule : new UpdateRule[] {new AdamW(0.1), new Lion(0.1), new Sgd(0.1).withMomentum(0.9)}) {
            for (var type : new DType[] {DType.F32, DType.BF16}) {
                var x = Tensor.ones(300).to(type).copy().requiresGrad();
                var optimizer = rule.over(x);
                var still = Tensor.zeros(type, 300);
                optimizer.step(Tensor.full(type, Float.MIN_NORMAL * 4).expand(300));
                for (int t = 0; t < 60; t++) optimizer.step(still);
                var slots = optimizer.state().tensors();
                for (var name : slots.keySet())
                    if (!name.endsWith("master")) assertThat(slots.get(name).toFloatArray()).as("%s %s", rule, name).containsOnly(0);
            }
        }
    }

    @Test void aSquareThatIsFedGrowsFromTheLeastNumbers() {
        var x = Tensor.ones(300).copy().requiresGrad();
        var optimizer = new Adam(0.1).withEpsilon(1e-30).over(x);
        for (int t = 0; t < 100; t++) optimizer.step(Tensor.full(DType.F32, 1e-18).expand(300));
        double expected = 1e-36 * (1 - Math.pow(0.999, 100));
        assertThat(optimizer.state().tensors().get("0.square").select(0, 7).item()).isCloseTo(expected, within(1e-3 * expected));
    }

    @Test void oneProgramTakesTheStepOfAllParameters() {
        var programs = Collections.newSetFromMap(new IdentityHashMap<Program, Boolean>());
        var runs = new AtomicInteger();
        var plain = Backend.named("scalar");
        var watching = (Backend) Proxy.newProxyInstance(Backend.class.getClassLoader(), new Class<?>[] {Backend.class},
                (proxy, method, arguments) -> {
                    if (method.getName().equals("run")) {
                        programs.add((Program) arguments[0]);
                        runs.incrementAndGet();
                    }
                    return method.invoke(plain, arguments);
                });
        var parameters = new ArrayList<Tensor>();
        for (int i = 0; i < 40; i++) parameters.add(Tensor.ones(3 + i, 200 + i).compute().requiresGrad());
        var optimizer = new AdamW(1e-3).over(parameters);
        var gradients = parameters.stream().map(p -> p.detach().mul(0.5).compute()).toArray(Tensor[]::new);
        optimizer.step(gradients);
        Backend.with(watching, () -> optimizer.step(gradients));
        assertThat(runs.get()).isEqualTo(40);
        assertThat(programs).hasSize(1);
    }

    @Test void clippingByNormKeepsTheDirection() {
        var x = Tensor.of(0.0, 0).requiresGrad();
        var y = Tensor.of(0.0).requiresGrad();
        var optimizer = new Sgd(1).over(x, y).clippedBy(Clip.norm(1));
        optimizer.step(Tensor.of(6.0, 0), Tensor.of(8.0));
        assertThat(x.toDoubleArray()).containsExactly(new double[] {-6 / (10 + 1e-6), 0}, within(1e-15));
        assertThat(y.item()).isCloseTo(-8 / (10 + 1e-6), within(1e-15));
        assertThat(optimizer.gradientNorm()).isEqualTo(10);
        optimizer.step(null, Tensor.of(0.5));
        assertThat(y.item()).isCloseTo(-8 / (10 + 1e-6) - 0.5, within(1e-15));
        assertThat(Clip.value(2).apply(List.of(), Tensor.of(-5.0, 1), null).all()[0].toDoubleArray()).containsExactly(-2, 1);
        assertThat(Clip.normOf(Tensor.of(3.0), null, Tensor.of(4.0))).isEqualTo(5);
    }

    @Test void aMeanOfIteratesLeavesOutTheFirst() {
        var x = Tensor.of(0.0).requiresGrad();
        var average = Average.mean(2);
        var optimizer = new Sgd(1).over(x).averagedBy(average);
        for (int t = 0; t < 6; t++) optimizer.step(Tensor.of(-1.0)); // 1 2 3 4 5 6
        assertThat(average.of(x).item()).isCloseTo(4.5, within(1e-15));
        var smooth = Average.exponential(0.5);
        new Sgd(1).over(x).averagedBy(smooth).step(Tensor.of(-1.0));
        assertThat(smooth.of(x).item()).isEqualTo(7);
        assertThatThrownBy(() -> average.of(Tensor.of(1.0))).hasMessageContaining("is not among the 1 parameters averaged");
    }

    @Test void aStepWithoutAnyGradientSaysSo() {
        var x = Tensor.of(1.0).requiresGrad();
        var optimizer = new Sgd(0.1).over(x);
        assertThatThrownBy(optimizer::step).isInstanceOf(LyceumException.class)
                .hasMessageContaining("none of the 1 parameters has a gradient");
        assertThatThrownBy(() -> optimizer.step(Tensor.of(1.0, 2))).isInstanceOf(ShapeException.class)
                .hasMessage("step: gradient (2,) for parameter 0 of shape (1,)");
        assertThatThrownBy(() -> new Sgd(0.1).over(x, x)).hasMessage("Optimizer: parameters 0 and 1 are one tensor");
        assertThatThrownBy(() -> new Sgd(0.1).over(Tensor.of(1))).hasMessageContaining("parameter 0 is I32");
    }

    @Test void aStateOfOtherParametersOrRulesIsRefused(@TempDir Path folder) throws Exception {
        var named = new LinkedHashMap<String, Tensor>();
        named.put("layer.weight", Tensor.of(1.0, 2).requiresGrad());
        var optimizer = new Adam(0.1).over(named);
        optimizer.step(Tensor.of(1.0, 1));
        var file = folder.resolve("adam.safetensors");
        optimizer.save(file);
        assertThatThrownBy(() -> new Sgd(0.1).withMomentum(0.9).over(named).load(file)).isInstanceOf(FormatException.class).hasMessage(
                "optimizer state: parameter layer.weight was updated by Adam with [mean, square]; here it is Sgd with [velocity]");
        assertThatThrownBy(() -> new Adam(0.1).over(Tensor.of(1.0, 2).requiresGrad()).load(file))
                .hasMessageContaining("there is no parameter 0; there are [layer.weight]");
        var longer = new LinkedHashMap<String, Tensor>();
        longer.put("layer.weight", Tensor.of(1.0, 2, 3).requiresGrad());
        assertThatThrownBy(() -> new Adam(0.1).over(longer).load(file))
                .hasMessageContaining("layer.weight.mean is F64 (2,); its parameter needs F64 (3,)");
        assertThatThrownBy(() -> optimizer.restore(new OptimizerState(optimizer.state().tensors(), "{\"formatVersion\":9}")))
                .hasMessageContaining("formatVersion is 9; this version reads 1");
        assertThatThrownBy(() -> optimizer.restore(new OptimizerState(optimizer.state().tensors(), "nonsense")))
                .isInstanceOf(FormatException.class);
        assertThat(optimizer.steps()).isEqualTo(1);
    }

    @Test void aStateOfVersionOneStaysLoadable() throws Exception {
        var file = Path.of(OptimizerTest.class.getResource("/optim/adam-v1.safetensors").toURI());
        var x = Tensor.of(-0.25, 0.25).requiresGrad();
        var optimizer = new Adam(0.5).over(x);
        optimizer.load(file);
        assertThat(optimizer.steps()).isEqualTo(3);
        assertThat(optimizer.state().tensors().get("0.mean").toDoubleArray()).containsExactly(new double[] {0.271, -0.542}, within(1e-15));
        assertThat(List.copyOf(optimizer.state().tensors().keySet())).containsExactly("0.mean", "0.square");
    }

    @Test void mutatedStatesAreReadOrRefused() throws Exception {
        var seed = Path.of(OptimizerTest.class.getResource("/optim/adam-v1.safetensors").toURI());
        Fuzz.of(seed).allowing(FormatException.class).mutants(5_000, bytes -> new Adam(0.5).over(Tensor.of(-0.25, 0.25).requiresGrad())
                .restore(OptimizerState.of(Safetensors.read(MemorySegment.ofArray(bytes)))));
    }
}
