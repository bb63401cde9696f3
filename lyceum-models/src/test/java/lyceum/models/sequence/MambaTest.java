package lyceum.models.sequence;

import static lyceum.models.sequence.Fitting.distance;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import java.nio.file.Path;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.data.SequenceTasks;
import lyceum.nn.MixerConfig;
import lyceum.nn.Pass;
import lyceum.nn.RecurrentState;
import lyceum.nn.TransformerBlock;
import lyceum.nn.TransformerConfig;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.Schedule;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MambaTest {

    private static Tensor normal(long seed, DType type, long... shape) { return Tensor.randn(Rng.of(seed), type, shape).compute(); }

    /** Operands of a scan: u, d, a, b, c, initial. */
    private static Tensor[] operands(int seed, DType type) {
        var rng = Rng.of(seed);
        int batch = 1 + rng.nextInt(3), length = 1 + rng.nextInt(70), channels = 1 + rng.nextInt(20), n = 1 + rng.nextInt(9);
        return new Tensor[] {Tensor.randn(rng, type, batch, length, channels).compute(),
                Tensor.randn(rng, type, batch, length, channels).sub(1.0).softplus().compute(),
                Tensor.randn(rng, type, channels, n).exp().neg().compute(), Tensor.randn(rng, type, batch, length, n).compute(),
                Tensor.randn(rng, type, batch, length, n).compute(), Tensor.randn(rng, type, batch, channels, n).compute()};
    }

    /** The recurrence as it is written, number by number in doubles: y and the last state. */
    private static Tensor[] stepByStep(Tensor[] in, SelectiveScan.Hold hold) {
        int batch = (int) in[0].size(0), length = (int) in[0].size(1), channels = (int) in[0].size(2), n = (int) in[2].size(1);
        var y = new double[batch * length * channels];
        var h = in[5].toDoubleArray();
        double[] u = in[0].toDoubleArray(), d = in[1].toDoubleArray(), a = in[2].toDoubleArray(), b = in[3].toDoubleArray(),
                c = in[4].toDoubleArray();
        for (int s = 0; s < batch; s++) for (int t = 0; t < length; t++) for (int k = 0; k < channels; k++) for (int i = 0; i < n; i++) {
            int at = (s * length + t) * channels + k, bc = (s * length + t) * n + i, state = (s * channels + k) * n + i;
            double factor = Math.exp(d[at] * a[k * n + i]),
                    weight = hold == SelectiveScan.Hold.EULER ? d[at] : Math.expm1(d[at] * a[k * n + i]) / a[k * n + i];
            h[state] = factor * h[state] + weight * b[bc] * u[at];
            y[at] += c[bc] * h[state];
        }
        return new Tensor[] {Tensor.of(y, batch, length, channels), Tensor.of(h, batch, channels, n)};
    }

    private static SelectiveScan.Result scan(Tensor[] in, SelectiveScan.Hold hold, SelectiveScan.Method method) {
        return SelectiveScan.of(in[0], in[1], in[2], in[3], in[4], in[5], hold, method);
    }

    @Acceptance(topic = "mamba", clause = 1)
    @Test void parallelScanEqualsTheRecurrence() {
        for (var type : new DType[] {DType.F32, DType.F64}) for (var method : SelectiveScan.Method.values()) {
            double worst = 0;
            int cases = 0;
            for (int seed = 1; seed <= 100; seed++) for (var hold : SelectiveScan.Hold.values()) {
                var in = operands(seed, type);
                var found = scan(in, hold, method);
                var expected = stepByStep(in, hold);
                double size = Math.max(1, expected[0].abs().max().item());
                worst = Math.max(worst, Math.max(distance(found.y(), expected[0]), distance(found.state(), expected[1])) / size);
                cases++;
            }
            Evidence.of(type + " " + method + ": random cases", cases, exactly(200));
            Evidence.of(type + " " + method + ": largest gap from the recurrence, of the largest number", worst,
                    below(type == DType.F32 ? 1e-5 : 1e-10));
        }
    }

    @Test void bothMethodsHaveTheSameGradientsAndTheirGradients() {
        for (var hold : SelectiveScan.Hold.values()) for (int seed = 1; seed <= 5; seed++) {
            var gradients = new Tensor[2][];
            var second = new Tensor[2][];
            for (var method : SelectiveScan.Method.values()) {
                var in = operands(seed, DType.F64);
                for (int i = 0; i < in.length; i++) in[i] = in[i].requiresGrad();
                var found = scan(in, hold, method);
                var loss = found.y().sin().sum().add(found.state().cos().sum());
                gradients[method.ordinal()] = Autograd.gradients(loss, in, true);
                var norm = Tensor.scalar(0);
                for (var g : gradients[method.ordinal()]) norm = norm.add(g.square().sum());
                second[method.ordinal()] = Autograd.gradients(norm, in, false);
            }
            for (int i = 0; i < 6; i++) {
                assertThat(distance(gradients[0][i], gradients[1][i])).as("%s %d", hold, i).isLessThan(1e-9);
                assertThat(distance(second[0][i], second[1][i]) / Math.max(1, second[1][i].abs().max().item())).as("%s %d", hold, i)
                        .isLessThan(1e-9);
            }
        }
    }

    @Acceptance(topic = "mamba", clause = 2)
    @Test void s4dConvolutionEqualsItsRecurrence() {
        double worst = 0, parts = 0, filter = 0;
        int cases = 0;
        for (var spectrum : S4dConfig.Spectrum.values()) for (int seed = 1; seed <= 12; seed++) {
            var layer = new S4dConfig(6).withSpectrum(spectrum).withState(1 + seed).withGated(seed % 2 == 0).build(Rng.of(seed));
            int length = seed <= 2 ? 600 : 1 + 5 * seed; // beyond 256 the convolution is by transforms
            var x = normal(seed, DType.F32, 2, length, 6);
            var whole = layer.forward(x);
            RecurrentState state = null;
            for (int t = 0; t < length; t++) {
                var out = layer.run(x.narrow(1, t, 1), state, Pass.inference());
                worst = Math.max(worst, distance(out.y().squeeze(1), whole.select(1, t)));
                state = out.state().map(Tensor::compute);
            }
            int cut = length / 2;
            if (cut > 0) {
                var first = layer.run(x.narrow(1, 0, cut), null, Pass.inference());
                parts = Math.max(parts, distance(layer.run(x.narrow(1, cut, length - cut), first.state(), Pass.inference()).y(),
                        whole.narrow(1, cut, length - cut)));
            }
            filter = Math.max(filter, distance(layer.kernel(40).to(DType.F64), filter(layer, 40)));
            cases++;
        }
        Evidence.of("layers", cases, exactly(36));
        Evidence.of("steps against the convolution, largest gap", worst, below(1e-5));
        Evidence.of("two convolutions with a state between, largest gap", parts, below(1e-5));
        Evidence.of("filter against 2 Re(C A'^t B') by complex numbers, largest gap", filter, below(1e-5));
    }

    /** By complex arithmetic, power by power. */
    private static Tensor filter(S4d layer, int length) {
        double[] a = layer.continuous().toDoubleArray(), c = layer.state().get("C").toDoubleArray(), dt = layer.steps().toDoubleArray();
        int width = layer.width(), n = layer.config().state();
        var k = new double[width * length];
        for (int w = 0; w < width; w++) for (int i = 0; i < n; i++) {
            int at = 2 * (w * n + i);
            double er = Math.exp(dt[w] * a[at]) * Math.cos(dt[w] * a[at + 1]), ei = Math.exp(dt[w] * a[at]) * Math.sin(dt[w] * a[at + 1]);
            double size = a[at] * a[at] + a[at + 1] * a[at + 1], br = ((er - 1) * a[at] + ei * a[at + 1]) / size,
                    bi = (ei * a[at] - (er - 1) * a[at + 1]) / size;
            double pr = c[at] * br - c[at + 1] * bi, pi = c[at] * bi + c[at + 1] * br;
            for (int t = 0; t < length; t++) {
                k[w * length + t] += 2 * pr;
                double next = pr * er - pi * ei;
                pi = pr * ei + pi * er;
                pr = next;
            }
        }
        return Tensor.of(k, width, length);
    }

    /** exp of a matrix by its series after halving. */
    private static Tensor exponential(Tensor m) {
        int halvings = 10;
        Tensor x = m.mul(Math.scalb(1.0, -halvings)), term = x, less = x;
        for (int k = 2; k < 20; k++) {
            term = term.matmul(x).div(k);
            less = less.add(term);
        }
        // exp - 1 squares as e (e + 2): no digits are lost.
        for (int k = 0; k < halvings; k++) less = less.matmul(less).add(less.mul(2.0)).compute();
        return less.add(Tensor.eye(DType.F64, m.size(0)));
    }

    /** exp of ((d A, d B), (0, 0)) holds A' and B' in its first rows, whatever A. */
    @Acceptance(topic = "mamba", clause = 3)
    @Test void zeroOrderHoldEqualsTheMatrixExponential() {
        double real = 0, complex = 0;
        int cases = 0;
        for (int seed = 1; seed <= 20; seed++) {
            var rng = Rng.of(seed);
            int n = 1 + rng.nextInt(6);
            double d = Math.exp(-6 + 6 * rng.nextDouble());
            var a = new double[n];
            for (int i = 0; i < n; i++) a[i] = seed % 5 == 0 && i == 0 ? 0 : -Math.exp(-3 + 5 * rng.nextDouble());
            var block = new double[(n + 1) * (n + 1)];
            for (int i = 0; i < n; i++) {
                block[i * (n + 1) + i] = d * a[i];
                block[i * (n + 1) + n] = d;
            }
            var e = exponential(Tensor.of(block, n + 1, n + 1));
            var found = SelectiveScan.discretised(Tensor.scalar(d), Tensor.of(a), SelectiveScan.Hold.ZERO_ORDER);
            for (int i = 0; i < n; i++) {
                real = Math.max(real, Math.abs(found.factor().item(i) - e.item(i, i)));
                real = Math.max(real, Math.abs(found.weight().item(i) - e.item(i, n)));
            }
            cases++;
        }
        for (var spectrum : S4dConfig.Spectrum.values()) {
            var layer = new S4dConfig(4).withState(5).withSpectrum(spectrum).withDtype(DType.F64).build(Rng.of(7));
            var found = layer.discretised();
            for (int w = 0; w < 4; w++) for (int i = 0; i < 5; i++) {
                double d = layer.steps().item(w), re = layer.continuous().item(w, i, 0), im = layer.continuous().item(w, i, 1);
                // A complex number as a turn: ((re, -im), (im, re)), and B = 1 enters the real part.
                var e = exponential(Tensor.of(new double[] {d * re, -d * im, d, d * im, d * re, 0, 0, 0, 0}, 3, 3));
                complex = Math.max(complex, Math.abs(found.factor().item(w, i, 0) - e.item(0, 0)));
                complex = Math.max(complex, Math.abs(found.factor().item(w, i, 1) - e.item(1, 0)));
                complex = Math.max(complex, Math.abs(found.weight().item(w, i, 0) - e.item(0, 2)));
                complex = Math.max(complex, Math.abs(found.weight().item(w, i, 1) - e.item(1, 2)));
                cases++;
            }
        }
        Evidence.of("systems", cases, exactly(80));
        Evidence.of("real diagonals, largest gap", real, below(1e-10));
        Evidence.of("complex diagonals, largest gap", complex, below(1e-10));
    }

    /** Appendix A of the S4D paper's code: 64 numbers, 32 of them kept. */
    @Test void theInverseSpectrumIsThePublishedOne() {
        var layer = new S4dConfig(2).withSpectrum(S4dConfig.Spectrum.INVERSE).withDtype(DType.F64).build(Rng.of(1));
        for (int n = 0; n < 32; n++) {
            assertThat(layer.continuous().item(1, n, 0)).isCloseTo(-0.5, offset(1e-12));
            assertThat(layer.continuous().item(1, n, 1)).isCloseTo(64 / Math.PI * (64.0 / (1 + 2 * n) - 1), offset(1e-9));
        }
        assertThat(layer.continuous().item(0, 0, 1)).isCloseTo(1283.42, offset(0.01));
        assertThat(layer.continuous().item(0, 31, 1)).isCloseTo(0.32337, offset(1e-4));
    }

    @Acceptance(topic = "mamba", clause = 4)
    @Test void decodingStepByStepEqualsTheWholeSequenceInConstantState(@TempDir Path folder) throws Exception {
        double worst = 0;
        int steps = 0;
        for (int seed = 1; seed <= 4; seed++) {
            var config = new MambaConfig(12).withState(5).withHold(SelectiveScan.Hold.values()[seed % 2])
                    .withMethod(SelectiveScan.Method.values()[seed / 2 % 2]).withKernel(seed);
            var model = Mamba.model(config, 17, 3, Rng.of(seed));
            Autograd.noGrad(() -> { model.state().get("embeddings.weight").copy_(normal(99, DType.F32, 17, 12)); });
            var ids = Tensor.randint(Rng.of(seed), 0, 17, 2, 60).compute();
            var whole = model.forward(ids);
            assertThat(whole.abs().max().item()).isGreaterThan(1);
            RecurrentState state = null;
            long size = model.initial(2).size();
            for (int t = 0; t < 60; t++) {
                var out = model.run(ids.narrow(1, t, 1), state, Pass.inference());
                worst = Math.max(worst, distance(out.logits().squeeze(1), whole.select(1, t)));
                state = out.state().map(Tensor::compute);
                Evidence.of("numbers of the state", state.size(), exactly(size));
                if (t == 30) {
                    state.save(folder.resolve("state.safetensors"));
                    state = RecurrentState.load(folder.resolve("state.safetensors"));
                }
                steps++;
            }
            assertThat(size).isEqualTo(3 * config.stateSize());
        }
        Evidence.of("steps", steps, exactly(240));
        Evidence.of("largest gap of logits", worst, below(1e-5));
    }

    /** Token accuracy on 1,000 fresh strings after that many updates of 32 strings. */
    private static double copied(RecurrentModel model, int updates, long seed) {
        var data = Rng.of(1000 + seed);
        Fitting.train(model, new Adam(0.01), new Schedule.Cosine(updates).warmedUp(50), updates, i -> {
            var batch = SequenceTasks.selectiveCopy(data, 32, 32, 8, 8);
            return Loss.crossEntropy(answers(model, batch.x()).reshape(-1, 10), batch.y().reshape(-1));
        });
        return copied(model);
    }

    private static double copied(RecurrentModel model) {
        var test = SequenceTasks.selectiveCopy(Rng.of(5), 1000, 32, 8, 8);
        return Autograd.noGrad(() -> answers(model, test.x()).argmax(-1).eq(test.y()).to(DType.F64).mean().item());
    }

    private static Tensor answers(RecurrentModel model, Tensor x) { return model.forward(x).narrow(1, 32, 8); }

    /** Two layers of width 48. S4D has the spectrum that Mamba's A begins with, and as many numbers a channel (each with a conjugate on top): selection is what it lacks. */
    @Tag("heavy")
    @Acceptance(topic = "mamba", clause = 5)
    @Test void selectionCopiesWhereFixedFiltersCannot() {
        int updates = 900;
        Evidence.of("Mamba untrained", copied(Mamba.model(new MambaConfig(48), 10, 2, Rng.of(1))), below(0.3));
        Evidence.of("S4D",
                copied(S4d.model(new S4dConfig(48).withState(16).withSpectrum(S4dConfig.Spectrum.REAL), 10, 2, Rng.of(1)), updates, 1),
                atMost(0.6));
        Evidence.of("Mamba", copied(Mamba.model(new MambaConfig(48), 10, 2, Rng.of(1)), updates, 1), atLeast(0.95));
    }

    /** Both go where attention would: a stack of transformer blocks with another mixer. */
    @Test void transformerBlocksTakeThemForMixers() {
        for (var mixer : new MixerConfig[] {new MambaConfig(8).withState(3), new S4dConfig(8).withState(3)}) {
            var block = new TransformerBlock(TransformerConfig.original(8, 2, 16).withMixer(mixer).causal(), Rng.of(1));
            var x = normal(3, DType.F32, 2, 9, 8);
            var whole = block.forward(x);
            var state = block.mixer().start();
            var first = block.forward(x.narrow(1, 0, 4), new TransformerBlock.Context(null, state, null, null, null, null, null),
                    Pass.inference());
            var second = block.forward(x.narrow(1, 4, 5), new TransformerBlock.Context(null, state, null, null, null, null, null),
                    Pass.inference());
            assertThat(distance(Tensor.concat(1, first, second), whole)).isLessThan(1e-5);
            assertThat(state.length()).isEqualTo(9);
            assertThat(mixer.parameterCount()).isEqualTo(block.mixer().parameterCount());
        }
    }

    @Test void whatDoesNotFitIsNamed() {
        assertThatThrownBy(() -> new MambaConfig(8).withState(0)).hasMessageContaining("state 0");
        assertThatThrownBy(() -> new MambaConfig(8).withLeastStep(0.5)).hasMessageContaining("steps from 0.5 to 0.1");
        assertThatThrownBy(() -> new S4dConfig(8).withDtype(DType.BF16)).hasMessageContaining("BF16");
        assertThatThrownBy(() -> new MambaConfig(8).build(Rng.of(1)).forward(Tensor.ones(1, 4, 7))).isInstanceOf(ShapeException.class)
                .hasMessageContaining("(1, 4, 7)");
        var in = operands(1, DType.F32);
        in[3] = in[3].narrow(1, 0, 1);
        assertThatThrownBy(() -> scan(in, SelectiveScan.Hold.EULER, SelectiveScan.Method.FUSED)).isInstanceOf(ShapeException.class)
                .hasMessageContaining("SelectiveScan");
        assertThat(new MambaConfig(2048).stateSize()).isEqualTo(4096L * 19);
    }
}
