package lyceum.nn;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.lang.reflect.Proxy;
import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Backend;
import lyceum.memory.Scope;
import lyceum.nn.LongConvolution.Method;
import lyceum.optim.Adam;
import lyceum.optim.Schedule;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class HyenaOperatorTest {

    private static Tensor normal(long seed, DType type, long... shape) { return SlidingWindowAttentionTest.normal(seed, type, shape); }

    private static double gap(Tensor a, Tensor b) { return SlidingWindowAttentionTest.gap(a, b); }

    /** The sum of the definition, for each output. */
    private static Tensor byDefinition(Tensor x, Tensor h) {
        int batch = (int) x.size(0), channels = (int) x.size(1), n = (int) x.size(2), taps = (int) h.size(1);
        double[] in = x.to(DType.F64).toDoubleArray(), f = h.to(DType.F64).toDoubleArray(), y = new double[in.length];
        for (int b = 0; b < batch; b++)
            for (int c = 0; c < channels; c++)
                for (int t = 0; t < n; t++)
                    for (int s = 0; s <= t && s < taps; s++)
                        y[(b * channels + c) * n + t] += f[c * taps + s] * in[(b * channels + c) * n + t - s];
        return Tensor.of(y, batch, channels, n);
    }

    @Acceptance(topic = "hyena", clause = 1)
    @Test void transformsEqualDirectCausalConvolution() {
        double worst = 0, direct = 0, operators = 0;
        int lengths = 0;
        for (int trial = 0; trial < 120; trial++) {
            var rng = Rng.of(trial);
            int n = trial < 20 ? 1 + trial : 1 + rng.nextInt(700), taps = trial % 3 == 0 ? 1 + rng.nextInt(2 * n) : n;
            var type = trial % 2 == 0 ? DType.F32 : DType.F64;
            Tensor x = normal(trial, type, 2, 2, n), h = normal(trial + 500, type, 2, taps);
            var expected = byDefinition(x, h);
            worst = Math.max(worst, gap(LongConvolution.of(x, h, Method.FFT), expected));
            direct = Math.max(direct, gap(LongConvolution.of(x, h, Method.DIRECT), expected));
            if (trial % 10 == 0) {
                var config = new HyenaConfig(4, 2, 700).withDtype(DType.F64);
                var in = normal(trial, DType.F64, 1, n, 4);
                operators = Math.max(operators, gap(config.withMethod(Method.FFT).build(Rng.of(trial)).forward(in),
                        config.withMethod(Method.DIRECT).build(Rng.of(trial)).forward(in)));
            }
            lengths++;
        }
        Evidence.of("lengths", lengths, atLeast(100));
        Evidence.of("transforms: largest gap from the sum", worst, below(1e-5));
        Evidence.of("products: largest gap from the sum", direct, below(1e-5));
        Evidence.of("whole operators by transforms and by products, F64: largest gap", operators, below(1e-5));
        Evidence.of("the same: they round differently, so both methods ran", operators, above(0));
    }

    @Acceptance(topic = "hyena", clause = 2)
    @Test void aLaterTokenAltersNoEarlierOutput() {
        double direct = 0, transforms = 0, later = Double.POSITIVE_INFINITY;
        int changes = 0;
        for (int trial = 0; trial < 60; trial++) {
            var rng = Rng.of(trial);
            int n = 2 + rng.nextInt(120), at = 1 + rng.nextInt(n - 1);
            var x = normal(trial, DType.F64, 1, n, 6);
            var other = Tensor.concat(1, x.narrow(1, 0, at), normal(trial + 99, DType.F64, 1, n - at, 6).mul(10));
            for (var method : new Method[] {Method.DIRECT, Method.FFT}) {
                var layer = new HyenaConfig(6, 1 + trial % 3, 128).withMethod(method).withDtype(DType.F64).build(Rng.of(trial));
                Tensor y = layer.forward(x), z = layer.forward(other);
                double before = gap(y.narrow(1, 0, at), z.narrow(1, 0, at));
                if (method == Method.DIRECT) direct = Math.max(direct, before);
                else transforms = Math.max(transforms, before);
                later = Math.min(later, gap(y.narrow(1, at, 1), z.narrow(1, at, 1)));
            }
            changes++;
        }
        Evidence.of("changes", changes, exactly(60));
        Evidence.of("products, F64: largest change of an earlier output", direct, exactly(0));
        Evidence.of("transforms: largest change of an earlier output", transforms, below(1e-6));
        Evidence.of("least change of the output at that place", later, above(1e-6));
    }

    /** Pairs of a key and a value, drawn for each sequence; a key that comes again is followed by the value it had. */
    private static final class Recall extends Module {
        private static final int LENGTH = 64, KEYS = 8, VALUES = 8, WIDTH = 64;
        private final Embedding symbols;
        private final TransformerDecoder decoder;
        private final Linear head;

        Recall(HyenaConfig config, int layers, Rng rng) {
            symbols = new Embedding(Tensor.randn(rng, KEYS + VALUES, WIDTH).mul(0.5));
            decoder = new TransformerDecoder(
                    TransformerConfig.original(WIDTH, 1, 64).withPlacement(TransformerConfig.Placement.PRE).withMixer(config), layers, rng);
            head = new Linear(WIDTH, VALUES, rng);
        }

        @Override protected Tensor compute(Tensor x, Pass pass) {
            return head.forward(decoder.forward(symbols.forward(x, pass), pass), pass);
        }

        /** Symbols, the value behind each key, and 1 where the key has come before. */
        static Tensor[] batch(Rng rng, int size) {
            long[] x = new long[size * LENGTH], value = new long[size * LENGTH];
            var counts = new double[size * LENGTH];
            for (int b = 0; b < size; b++) {
                var map = new int[KEYS];
                for (int k = 0; k < KEYS; k++) map[k] = rng.nextInt(VALUES);
                var known = new boolean[KEYS];
                for (int t = 0; t < LENGTH; t += 2) {
                    int key = rng.nextInt(KEYS), at = b * LENGTH + t;
                    if (t == LENGTH - 2) while (!known[key]) key = rng.nextInt(KEYS);
                    x[at] = key;
                    x[at + 1] = KEYS + map[key];
                    value[at] = map[key];
                    counts[at] = known[key] ? 1 : 0;
                    known[key] = true;
                }
            }
            return new Tensor[] {Tensor.of(x, size, LENGTH), Tensor.of(value, size, LENGTH), Tensor.of(counts, size, LENGTH).to(DType.F32)};
        }

        /** Share of right answers to the last key of sequences of 64. */
        double trained(int steps) {
            var optimizer = new Adam(3e-3).over(parameters()).scheduledBy(new Schedule.Cosine(steps));
            var rng = Rng.of(11);
            for (int i = 0; i < steps; i++) {
                try (var scope = Scope.open("step")) {
                    var batch = batch(rng, 32);
                    optimizer.zeroGrad();
                    var logs = forward(batch[0], Pass.inference()).logSoftmax(-1).gather(2, batch[1].unsqueeze(2)).squeeze(2);
                    logs.mul(batch[2]).sum().div(batch[2].sum()).neg().backward();
                    optimizer.step();
                }
            }
            var test = batch(Rng.of(99), 500);
            return forward(test[0]).narrow(1, LENGTH - 2, 1).argmax(-1).eq(test[1].narrow(1, LENGTH - 2, 1)).to(DType.F64).mean().item();
        }
    }

    @Tag("heavy")
    @Acceptance(topic = "hyena", clause = 4)
    @Test void gatesRecallWhatASingleConvolutionCannot() {
        double ungated = new Recall(new HyenaConfig(Recall.WIDTH, 1, Recall.LENGTH).withGated(false), 1, Rng.of(3)).trained(1200);
        double gated = new Recall(new HyenaConfig(Recall.WIDTH, 2, Recall.LENGTH), 2, Rng.of(3)).trained(1200);
        Evidence.of("order 2: share of right answers", gated, atLeast(0.95));
        Evidence.of("a single long convolution without gates", ungated, atMost(0.5));
    }

    @Test void gradientsOfTheConvolutionAreThoseOfTheSum() {
        for (int taps : new int[] {3, 9, 14}) for (var method : new Method[] {Method.FFT, Method.DIRECT}) {
            Tensor x = normal(1, DType.F64, 2, 2, 9).requiresGrad(), h = normal(2, DType.F64, 2, taps).requiresGrad(),
                    g = normal(3, DType.F64, 2, 2, 9);
            LongConvolution.of(x, h, method).mul(g).sum().backward();
            var basis = new double[(int) x.count()];
            for (int i = 0; i < basis.length; i++) {
                Arrays.fill(basis, 0);
                basis[i] = 1;
                assertThat(x.grad().flatten().item(i)).isCloseTo(byDefinition(Tensor.of(basis, 2, 2, 9), h.detach()).mul(g).sum().item(),
                        within(1e-12));
            }
            var tap = new double[(int) h.count()];
            for (int i = 0; i < tap.length; i++) {
                Arrays.fill(tap, 0);
                tap[i] = 1;
                assertThat(h.grad().flatten().item(i)).isCloseTo(byDefinition(x.detach(), Tensor.of(tap, 2, taps)).mul(g).sum().item(),
                        within(1e-12));
            }
        }
    }

    /** The operator's equations, from its parameters and filters. */
    @Test void theOperatorIsItsEquations() {
        var layer = new HyenaConfig(5, 2, 40).withDtype(DType.F64).build(Rng.of(1));
        var x = normal(2, DType.F64, 2, 17, 5);
        var p = layer.state();
        var all = byDefinition(x.matmul(p.get("in_proj.weight").transpose()).add(p.get("in_proj.bias")).transpose(1, 2),
                p.get("short_filter"));
        var h = layer.filters(17);
        var z = all.narrow(1, 0, 5);
        for (int i = 0; i < 2; i++)
            z = all.narrow(1, 5L * (i + 1), 5).mul(byDefinition(z, h.get(i)).add(z.mul(p.get("skip").get(i).reshape(5, 1))));
        var y = z.transpose(1, 2).matmul(p.get("out_proj.weight").transpose()).add(p.get("out_proj.bias"));
        assertThat(gap(layer.forward(x), y)).isLessThan(1e-11);
        // Windows: at fastDecay and slowDecay of the length a hundredth is left of the first and the last channel's bound.
        var wide = new HyenaConfig(2, 1, 1001).withDtype(DType.F64).withSlowDecay(1).withFastDecay(0.5).build(Rng.of(1));
        var rough = new HyenaConfig(2, 1, 1001).withDtype(DType.F64).withSlowDecay(1e8).withFastDecay(1e8).build(Rng.of(1));
        var ratio = wide.filters(1001).div(rough.filters(1001));
        assertThat(ratio.item(0, 0, 1000)).isCloseTo(0.01, within(1e-9));
        assertThat(ratio.item(0, 1, 500)).isCloseTo(0.01, within(1e-9));
    }

    @Test void stepsChunksAndTruncationEqualTheWhole() {
        for (int order : new int[] {1, 2, 3}) {
            var decoder = new TransformerDecoder(TransformerConfig.original(6, 1, 12).withMixer(new HyenaConfig(6, order, 64)), 2,
                    Rng.of(order));
            assertThat(decoder.parameterCount()).isEqualTo(2 * decoder.layers().getFirst().config().blockParameters());
            var x = normal(order, DType.F32, 2, 30, 6);
            var whole = decoder.forward(x);
            var state = decoder.start(null, null, Pass.inference());
            for (int t = 0, m; t < 30; t += m) {
                m = t == 0 ? 5 : t == 10 ? 4 : 1;
                assertThat(gap(decoder.forward(x.narrow(1, t, m), state, Pass.inference()), whole.narrow(1, t, m))).isLessThan(1e-5);
            }
            assertThat(state.bytes()).isEqualTo(2L * 2 * 30 * 6 * (2 * order + 1) * 4);
            state.truncate(12);
            var fork = state.fork(1);
            assertThat(gap(decoder.forward(x.narrow(1, 12, 1), state, Pass.inference()), whole.narrow(1, 12, 1))).isLessThan(1e-5);
            assertThat(gap(decoder.forward(x.narrow(0, 1, 1).narrow(1, 12, 2), fork, Pass.inference()),
                    whole.narrow(0, 1, 1).narrow(1, 12, 2))).isLessThan(1e-5);
        }
    }

    /** A filter's spectrum is one for all of the batch; there and back there are three transforms. */
    @Test void longFiltersAreTransformedByTheBackend() {
        var backend = Backend.current();
        int[] asked = new int[1];
        var asking = (Backend) Proxy.newProxyInstance(Backend.class.getClassLoader(), new Class<?>[] {Backend.class}, (p, method, in) -> {
            if (method.getName().equals("fourier")) asked[0]++;
            return method.invoke(backend, in);
        });
        Backend.with(asking,
                () -> LongConvolution.of(normal(1, DType.F32, 2, 3, 500), normal(2, DType.F32, 3, 400), Method.AUTO).compute());
        assertThat(asked[0]).isEqualTo(3);
    }

    @Test void whatDoesNotFitIsSaid() {
        var layer = new HyenaOperator(new HyenaConfig(4, 2, 8), Rng.of(1));
        assertThatThrownBy(() -> layer.forward(normal(1, DType.F32, 1, 9, 4))).isInstanceOf(ShapeException.class)
                .hasMessageContaining("9 positions; at most 8");
        assertThatThrownBy(() -> layer.filters(0)).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> new HyenaConfig(4, 0, 8)).hasMessageContaining("order 0");
        assertThatThrownBy(() -> new HyenaConfig(4, 1, 8).withSlowDecay(0.1)).hasMessageContaining("no less than the fast one");
        assertThatThrownBy(() -> LongConvolution.of(normal(1, DType.F32, 1, 2, 3), normal(1, DType.F32, 3, 3), Method.AUTO))
                .isInstanceOf(ShapeException.class);
    }
}
