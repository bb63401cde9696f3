package lyceum.models.sequence;

import static lyceum.models.sequence.Fitting.distance;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.nn.Embedding;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.RecurrentState;
import lyceum.nn.RotaryEmbedding;
import lyceum.nn.TransformerConfig;
import lyceum.nn.TransformerDecoder;
import lyceum.nn.Twin;
import lyceum.optim.Adam;
import lyceum.optim.Schedule;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RwkvTest {

    /** The two sums in doubles as they are written, nothing taken out. */
    private static double[] naive(double[] k, double[] v, double[] w, double[] u, int batch, int length, int channels) {
        var y = new double[k.length];
        for (int s = 0; s < batch; s++) for (int c = 0; c < channels; c++) for (int t = 0; t < length; t++) {
            int at = (s * length + t) * channels + c;
            double above = Math.exp(u[c] + k[at]) * v[at], below = Math.exp(u[c] + k[at]);
            for (int i = 0; i < t; i++) {
                int past = (s * length + i) * channels + c;
                double e = Math.exp(k[past] - (t - 1 - i) * w[c]);
                above += e * v[past];
                below += e;
            }
            y[at] = above / below;
        }
        return y;
    }

    /** The same, each sum over exp of its largest exponent, which alone doubles would hold no more. */
    private static double[] shifted(double[] k, double[] v, double[] w, double[] u, int batch, int length, int channels) {
        var y = new double[k.length];
        for (int s = 0; s < batch; s++) for (int c = 0; c < channels; c++) for (int t = 0; t < length; t++) {
            var exponent = new double[t + 1];
            for (int i = 0; i <= t; i++) exponent[i] = k[(s * length + i) * channels + c] + (i == t ? u[c] : -(t - 1 - i) * w[c]);
            double most = Arrays.stream(exponent).max().orElseThrow(), above = 0, below = 0;
            for (int i = 0; i <= t; i++) {
                above += Math.exp(exponent[i] - most) * v[(s * length + i) * channels + c];
                below += Math.exp(exponent[i] - most);
            }
            y[(s * length + t) * channels + c] = above / below;
        }
        return y;
    }

    @Acceptance(topic = "rwkv", clause = 1)
    @Test void stabilisedWkvEqualsTheNaiveFormula() {
        double ordinary = 0, large = 0;
        int cases = 0;
        for (int seed = 1; seed <= 50; seed++) for (boolean extreme : new boolean[] {false, true}) {
            var rng = Rng.of(seed);
            int batch = 1 + rng.nextInt(3), length = 1 + rng.nextInt(60), channels = 1 + rng.nextInt(12);
            // To 80, where sums in F32 would overflow; those in doubles, ours among them, would from 710 on: see below.
            Tensor k = extreme ? Tensor.rand(rng, batch, length, channels).mul(160.0).sub(80.0).compute()
                    : Tensor.randn(rng, batch, length, channels).mul(2.0).compute(),
                    v = Tensor.randn(rng, batch, length, channels).compute(), w = Tensor.randn(rng, channels).exp().compute(),
                    u = Tensor.randn(rng, channels).compute(), zeros = Tensor.zeros(batch, channels);
            if (extreme) k = Tensor.concat(1, Tensor.full(DType.F32, 80.0, batch, 1, channels), k.narrow(1, 0, length - 1)).compute();
            var y = Wkv.of(k, v, w, u, zeros, zeros, Tensor.full(DType.F32, Wkv.NOTHING, batch, channels));
            var expected = Tensor.of(
                    naive(k.toDoubleArray(), v.toDoubleArray(), w.toDoubleArray(), u.toDoubleArray(), batch, length, channels), batch,
                    length, channels);
            double gap = distance(y.y().to(DType.F64), expected);
            if (extreme) large = Math.max(large, gap);
            else ordinary = Math.max(ordinary, gap);
            Evidence.that("outputs and states are finite", y.y().isFinite().all().item() == 1 && y.a().isFinite().all().item() == 1
                    && y.b().isFinite().all().item() == 1 && y.p().isFinite().all().item() == 1);
            cases++;
        }
        Evidence.of("random cases", cases, exactly(100));
        Evidence.of("keys of deviation 2: largest gap", ordinary, below(1e-5));
        Evidence.of("keys from -80 to 80: largest gap", large, below(1e-5));
        double beyond = 0;
        int overflown = 0;
        for (int seed = 1; seed <= 50; seed++) {
            var rng = Rng.of(seed);
            int batch = 1 + rng.nextInt(3), length = 2 + rng.nextInt(59), channels = 1 + rng.nextInt(12);
            Tensor k = Tensor.concat(1, Tensor.full(DType.F32, 800.0, batch, 1, channels),
                    Tensor.rand(rng, batch, length - 1, channels).mul(1600.0).sub(800.0)).compute(),
                    v = Tensor.randn(rng, batch, length, channels).compute(), w = Tensor.randn(rng, channels).exp().compute(),
                    u = Tensor.randn(rng, channels).compute(), zeros = Tensor.zeros(batch, channels);
            var y = Wkv.of(k, v, w, u, zeros, zeros, Tensor.full(DType.F32, Wkv.NOTHING, batch, channels)).y();
            double[] ks = k.toDoubleArray(), vs = v.toDoubleArray(), ws = w.toDoubleArray(), us = u.toDoubleArray();
            Evidence.that("outputs are finite for keys of 800", y.isFinite().all().item() == 1);
            beyond = Math.max(beyond,
                    distance(y.to(DType.F64), Tensor.of(shifted(ks, vs, ws, us, batch, length, channels), batch, length, channels)));
            if (Arrays.stream(naive(ks, vs, ws, us, batch, length, channels)).anyMatch(Double::isNaN)) overflown++;
        }
        Evidence.of("keys from -800 to 800: cases of 50 in which doubles overflow unless shifted", overflown, exactly(50));
        Evidence.of("keys from -800 to 800: largest gap from the formula over its largest term", beyond, below(1e-5));
    }

    @Test void gradientsStayFiniteForLargeKeysAndEqualTheStepwiseOnes() {
        for (int seed = 1; seed <= 5; seed++) {
            var rng = Rng.of(seed);
            Tensor[] in = {Tensor.randn(rng, DType.F64, 2, 7, 3).mul(seed > 3 ? 80.0 : 1.0).requiresGrad(),
                    Tensor.randn(rng, DType.F64, 2, 7, 3).requiresGrad(), Tensor.rand(rng, DType.F64, 3).add(0.1).requiresGrad(),
                    Tensor.randn(rng, DType.F64, 3).requiresGrad(), Tensor.randn(rng, DType.F64, 2, 3).requiresGrad(),
                    Tensor.rand(rng, DType.F64, 2, 3).add(1.0).requiresGrad()};
            var p = Tensor.randn(rng, DType.F64, 2, 3).compute();
            var whole = Wkv.of(in[0], in[1], in[2], in[3], in[4], in[5], p);
            var gradients = Autograd.gradients(whole.y().sin().sum(), in, false);
            Tensor a = in[4], b = in[5], q = p, sum = Tensor.scalar(0);
            for (int t = 0; t < 7; t++) {
                var step = Wkv.of(in[0].narrow(1, t, 1), in[1].narrow(1, t, 1), in[2], in[3], a, b, q);
                sum = sum.add(step.y().sin().sum());
                a = step.a();
                b = step.b();
                q = step.p();
            }
            var stepwise = Autograd.gradients(sum, in, false);
            for (int i = 0; i < in.length; i++) {
                assertThat(gradients[i].isFinite().all().item()).isEqualTo(1);
                assertThat(distance(gradients[i], stepwise[i])).as("operand %d", i).isLessThan(1e-11);
            }
        }
    }

    private static RwkvConfig config(int seed) {
        var rng = Rng.of(seed);
        int head = 2 + rng.nextInt(4), heads = 1 + rng.nextInt(3);
        return new RwkvConfig(head * heads, 1 + rng.nextInt(3)).withHeadWidth(head).withHidden(3 + rng.nextInt(20))
                .withRank(1 + rng.nextInt(4)).withVersion(RwkvConfig.Version.values()[seed % 2]);
    }

    /** First weights tell tokens hardly apart: drawn anew. */
    private static RecurrentModel shaken(RecurrentModel model, int seed) {
        var rng = Rng.of(seed);
        Autograd.noGrad(
                () -> model.parameters().values().forEach(p -> p.copy_(Tensor.randn(rng, p.dtype(), p.shape().toArray()).mul(0.5))));
        return model;
    }

    @Acceptance(topic = "rwkv", clause = 2)
    @Test void sequenceModeEqualsStepMode(@TempDir Path folder) throws Exception {
        double worst = 0, parts = 0, moved = 0;
        int cases = 0;
        for (int seed = 1; seed <= 100; seed++) {
            var model = shaken(Rwkv.model(config(seed), 11, Rng.of(seed)), seed);
            int length = 2 + Rng.of(seed).nextInt(24), cut = 1 + Rng.of(seed + 1).nextInt(length - 1);
            var ids = Tensor.randint(Rng.of(seed), 0, 11, 2, length).compute();
            var whole = model.run(ids, null, Pass.inference());
            RecurrentState state = null;
            for (int t = 0; t < length; t++) {
                var out = model.run(ids.narrow(1, t, 1), state, Pass.inference());
                worst = Math.max(worst, distance(out.logits().squeeze(1), whole.logits().select(1, t)));
                state = out.state().map(Tensor::compute);
            }
            var first = model.run(ids.narrow(1, 0, cut), null, Pass.inference()).state();
            first.save(folder.resolve("state"));
            var second = model.run(ids.narrow(1, cut, length - cut), RecurrentState.load(folder.resolve("state")), Pass.inference());
            parts = Math.max(parts, distance(second.logits(), whole.logits().narrow(1, cut, length - cut)));
            moved = Math.max(moved, distance(whole.logits().select(1, 0), whole.logits().select(1, length - 1)));
            cases++;
        }
        assertThat(moved).isGreaterThan(0.1);
        Evidence.of("random models of versions 4 and 6", cases, exactly(100));
        Evidence.of("step by step: largest gap of logits", worst, below(1e-5));
        Evidence.of("in two parts, the state saved and loaded between: largest gap", parts, below(1e-5));
    }

    @Acceptance(topic = "rwkv", clause = 3)
    @Test void gradientsEqualPyTorchs() {
        var golden = Golden.load("golden/rwkv.json");
        for (var version : RwkvConfig.Version.values()) {
            var gap = Gap.relativeBeyondOne();
            int cases = 0;
            for (var c : golden.cases(version == RwkvConfig.Version.V4 ? "v4" : "v6")) {
                int[] n = c.ints("input.sizes");
                var config = new RwkvConfig(n[2], 1).withVersion(version).withHeadWidth(n[2] / n[3]).withHidden(n[4]).withRank(n[5])
                        .withDtype(DType.F64);
                var twin = new Twin((long) c.number("input.seed"));
                var block = twin.fill(new RwkvBlock(config, 0, Rng.of(1)), 0.5);
                var x = twin.draw(n[0], n[1], n[2]).requiresGrad();
                twin.compare(gap, c, block.parameters(), List.of(x), List.of(block.forward(x, Pass.inference())));
                cases++;
            }
            Evidence.of(version + ": blocks", cases, exactly(5));
            Evidence.of(version + ": largest gap of outputs and gradients", gap, below(1e-5));
        }
    }

    @Acceptance(topic = "rwkv", clause = 4)
    @Test void theStateHasOneSizeOverTenThousandTokens() {
        for (var version : RwkvConfig.Version.values()) {
            var model = Rwkv.model(new RwkvConfig(8, 1).withHeadWidth(4).withHidden(8).withRank(2).withVersion(version), 5, Rng.of(1));
            var ids = Tensor.randint(Rng.of(2), 0, 5, 1, 10_000).compute();
            var state = model.run(ids.narrow(1, 0, 1), null, Pass.inference()).state().map(t -> t.detach().copy().compute());
            long first = bytes(state), different = 0;
            int tokens = 1;
            for (; tokens < 10_000; tokens++) {
                try (var scope = Scope.open("token")) {
                    var after = model.run(ids.narrow(1, tokens, 1), state, Pass.inference()).state();
                    state = after.map(t -> t.detach().copy().compute().keptBy(scope));
                }
                if (bytes(state) != first) different++;
            }
            Evidence.of(version + ": tokens", tokens, exactly(10_000));
            Evidence.of(version + ": positions with another number of bytes", different, exactly(0));
            Evidence.that(version + ": the state is still finite",
                    state.tensors().values().stream().allMatch(t -> t.isFinite().all().item() == 1));
        }
    }

    private static long bytes(RecurrentState state) {
        return state.tensors().values().stream().mapToLong(t -> t.count() * t.dtype().bytes()).sum();
    }

    /** Llama's kind of decoder, of the same size within 2%. */
    private static final class Decoder extends Module {
        private final Embedding words;
        private final TransformerDecoder decoder;
        private final Linear head;

        Decoder(int tokens, Rng rng) {
            var config = TransformerConfig.original(48, 4, 200).withPlacement(TransformerConfig.Placement.PRE)
                    .positioned(new RotaryEmbedding(RotaryEmbedding.frequencies(12, 10_000), true));
            words = new Embedding(tokens, 48, rng);
            decoder = new TransformerDecoder(config, 2, rng);
            head = new Linear(48, tokens, rng);
        }

        @Override protected Tensor compute(Tensor ids, Pass pass) {
            return head.forward(decoder.forward(words.forward(ids, pass), pass), pass);
        }
    }

    /** Perplexity on characters that were kept, after 250 updates of 16 windows of 48 characters. */
    private static double perplexity(Module model, KingJames text) {
        var rng = Rng.of(1);
        Fitting.train(model, new Adam(0.004), new Schedule.Cosine(250).warmedUp(20), 250, i -> text.loss(model, true, rng, 16, 48));
        return text.perplexity(model);
    }

    @Tag("slow")
    @Acceptance(topic = "rwkv", clause = 5)
    @Test void aCharacterModelComesNearATransformerOfItsSize() {
        var text = new KingJames();
        Module ours = Rwkv.model(new RwkvConfig(48, 2).withHidden(180), text.symbols(), Rng.of(1)),
                theirs = new Decoder(text.symbols(), Rng.of(1));
        double size = (double) ours.parameterCount() / theirs.parameterCount();
        assertThat(size).isBetween(0.97, 1.03);
        double before = text.perplexity(ours), transformer = perplexity(theirs, text);
        double rwkv = perplexity(ours, text);
        Evidence.of("transformer, over the untrained model", transformer / before, below(0.3));
        Evidence.of("perplexity of RWKV over the transformer's", rwkv / transformer, atMost(1.15));
    }

    @Test void whatDoesNotFitIsNamed() {
        assertThatThrownBy(() -> new RwkvConfig(10, 2).withHeadWidth(3).withVersion(RwkvConfig.Version.V6))
                .hasMessageContaining("heads of 3");
        var layer = new RwkvTimeMix(new RwkvConfig(4, 1), 0, Rng.of(1));
        assertThatThrownBy(() -> layer.forward(Tensor.ones(1, 2, 5))).isInstanceOf(ShapeException.class).hasMessageContaining("(1, 2, 5)");
        assertThatThrownBy(() -> layer.run(Tensor.ones(1, 2, 4), layer.initial(3), Pass.inference())).hasMessageContaining("a state of 3");
        assertThatThrownBy(() -> Rwkv.model(new RwkvConfig(4, 1), 5, Rng.of(1)).forward(Tensor.ones(1, 2, 4)))
                .hasMessageContaining("token numbers");
    }
}
