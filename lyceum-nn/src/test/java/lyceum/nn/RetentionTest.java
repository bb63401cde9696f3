package lyceum.nn;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.stream.Collectors;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.corpus.Corpora;
import lyceum.data.corpus.Document;
import lyceum.memory.Scope;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class RetentionTest {

    private static Tensor normal(long seed, DType type, long... shape) { return SlidingWindowAttentionTest.normal(seed, type, shape); }

    private static double gap(Tensor a, Tensor b) { return SlidingWindowAttentionTest.gap(a, b); }

    private static RetentionConfig random(Rng rng, DType type) {
        int keys = 2 * (1 + rng.nextInt(4));
        return new RetentionConfig(12, 3).withKeyWidth(keys).withValueWidth(8 + rng.nextInt(9))
                .withRotary(rng.nextInt(3) == 0 ? null : new RotaryEmbedding(RotaryEmbedding.frequencies(keys, 10_000), true))
                .withDtype(type);
    }

    /** Equation 5 of the paper, a pair of positions at a time, without its norm and gate: (batch, heads, T, values). */
    private static Tensor byDefinition(Retention layer, Tensor x) {
        var c = layer.config();
        int n = (int) x.size(1), batch = (int) x.size(0), dk = c.keyWidth(), dv = c.valueWidth();
        var out = new double[batch * c.heads() * n * dv];
        for (int b = 0; b < batch; b++) for (int h = 0; h < c.heads(); h++) {
            double[][] q = turned(part(layer, "q_proj", x.get(b), h, dk), c.rotary() != null),
                    k = turned(part(layer, "k_proj", x.get(b), h, dk), c.rotary() != null), v = part(layer, "v_proj", x.get(b), h, dv);
            for (int i = 0; i < n; i++) for (int j = 0; j <= i; j++) {
                double dot = 0;
                for (int e = 0; e < dk; e++) dot += q[i][e] * k[j][e];
                dot *= Math.pow(1 - Math.pow(2, -5 - h), i - j) / Math.sqrt(dk);
                for (int e = 0; e < dv; e++) out[((b * c.heads() + h) * n + i) * dv + e] += dot * v[j][e];
            }
        }
        return Tensor.of(out, batch, c.heads(), n, dv);
    }

    private static double[][] part(Retention layer, String name, Tensor x, int head, int width) {
        return x.to(DType.F64).matmul(layer.state().get(name + ".weight").to(DType.F64).narrow(0, (long) head * width, width).transpose())
                .toRows();
    }

    private static double[][] turned(double[][] x, boolean turns) {
        if (turns) for (int t = 0; t < x.length; t++) for (int i = 0; i < x[t].length; i += 2) {
            double angle = t * Math.pow(10_000, -(double) i / x[t].length), a = x[t][i], b = x[t][i + 1];
            x[t][i] = a * Math.cos(angle) - b * Math.sin(angle);
            x[t][i + 1] = a * Math.sin(angle) + b * Math.cos(angle);
        }
        return x;
    }

    @Acceptance(topic = "retnet", clause = 1)
    @Test void parallelRecurrentAndChunkedFormsAgree() {
        for (var type : new DType[] {DType.F64, DType.F32}) {
            double definition = 0, chunked = 0, recurrent = 0, parts = 0;
            int cases = 0;
            for (int trial = 0; trial < 100; trial++) {
                var rng = Rng.of(trial);
                var config = random(rng, type);
                int n = 1 + rng.nextInt(90), chunk = 1 + rng.nextInt(33);
                var x = normal(trial, type, 2, n, 12);
                var parallel = config.withChunk(LinearAttentionConfig.PARALLEL).build(Rng.of(trial));
                var hooks = Hooks.of(parallel);
                var seen = hooks.capture("retained");
                var whole = parallel.forward(x, Pass.inference().with(hooks));
                var defined = byDefinition(parallel, x);
                definition = Math.max(definition, gap(seen.get("retained"), defined) / Math.max(1, defined.abs().max().item()));
                var inChunks = config.withChunk(chunk).build(Rng.of(trial));
                chunked = Math.max(chunked, gap(inChunks.forward(x), whole));
                recurrent = Math.max(recurrent, gap(config.withChunk(1).build(Rng.of(trial)).forward(x), whole));
                var state = inChunks.start();
                int cut = rng.nextInt(n);
                if (cut > 0)
                    parts = Math.max(parts, gap(inChunks.forward(x.narrow(1, 0, cut), state, Pass.inference()), whole.narrow(1, 0, cut)));
                parts = Math.max(parts,
                        gap(inChunks.forward(x.narrow(1, cut, n - cut), state, Pass.inference()), whole.narrow(1, cut, n - cut)));
                cases++;
            }
            double bound = type == DType.F64 ? 1e-10 : 1e-5;
            Evidence.of(type + ": lengths and chunks", cases, atLeast(100));
            Evidence.of(type + ": parallel form, largest gap from the definition, of its largest number", definition, below(bound));
            Evidence.of(type + ": chunks, largest gap from the parallel form", chunked, below(bound));
            Evidence.of(type + ": recurrence, largest gap", recurrent, below(bound));
            // In F32 the norm of a head whose values are nearly alike scales rounding up; clause 4 bounds it there, on logits.
            if (type == DType.F64) Evidence.of(type + ": cut in two with a state between, largest gap", parts, below(bound));
        }
    }

    /** A layer whose state is fed once and then left alone forgets by its decays: positions of zeros add nothing. */
    @Acceptance(topic = "retnet", clause = 2)
    @Test void decaysAreOneLessAPowerOfTwo() {
        var layer = new RetentionConfig(96, 12).withRotary(null).withChunk(1).withDtype(DType.F64).build(Rng.of(1));
        var state = layer.start();
        layer.forward(normal(1, DType.F64, 1, 1, 96), state, Pass.inference());
        var before = state.tensors().get("s");
        layer.forward(Tensor.zeros(DType.F64, 1, 1, 96), state, Pass.inference());
        var ratio = state.tensors().get("s").div(before).reshape(12, -1);
        for (int i = 0; i < 12; i++) {
            double exact = 1 - 1.0 / (1L << 5 + i);
            Evidence.of("head " + i + ": decay", layer.config().decay(i), exactly(exact));
            Evidence.of("head " + i + ": largest distance of what a step keeps from it", ratio.get(i).sub(exact).abs().max().item(),
                    atMost(1e-15));
        }
    }

    @Acceptance(topic = "retnet", clause = 3)
    @Test void theStateIsOfOneSize() {
        for (int trial = 0; trial < 10; trial++) {
            var rng = Rng.of(trial);
            var layer = random(rng, DType.F32).build(rng);
            var state = layer.start();
            long size = 2 * layer.config().stateSize() * 4;
            for (int n : new int[] {1, 1, 6, 64, 500, 3000}) {
                layer.forward(normal(n, DType.F32, 2, n, 12), state, Pass.inference());
                Evidence.of("layer " + trial + ", after " + state.length() + " positions: bytes", state.bytes(), exactly(size));
            }
        }
    }

    /** Characters in, logits out, around blocks of either kind. */
    private static final class Model extends Module {
        private final Embedding symbols;
        private final TransformerDecoder decoder;
        private final Linear head;

        Model(TransformerConfig config, int layers, int symbols, Rng rng) {
            this.symbols = new Embedding(Tensor.randn(rng, symbols, config.width()).mul(0.1));
            decoder = new TransformerDecoder(config, layers, rng);
            head = new Linear(config.width(), symbols, rng);
        }

        @Override protected Tensor compute(Tensor x, Pass pass) {
            return head.forward(decoder.forward(symbols.forward(x, pass), pass), pass);
        }

        Tensor forward(Tensor x, TransformerDecoder.State state) {
            return head.forward(decoder.forward(symbols.forward(x), state, Pass.inference()));
        }
    }

    private static TransformerConfig block(int width, int heads, int hidden) {
        return TransformerConfig.original(width, heads, hidden).withPlacement(TransformerConfig.Placement.PRE);
    }

    @Acceptance(topic = "retnet", clause = 4)
    @Test void stepByStepDecodingGivesTheLogitsOfTheWhole() {
        double worst = 0, spread = Double.POSITIVE_INFINITY;
        int models = 0;
        for (int trial = 0; trial < 20; trial++) {
            var rng = Rng.of(trial);
            var config = block(16, 4, 32).withMixer(new RetentionConfig(16, 4).withChunk(1 + rng.nextInt(9)).withGated(trial % 4 > 0));
            var model = new Model(config, 3, 11, rng);
            int n = 10 + rng.nextInt(40), prompt = rng.nextInt(10);
            var x = Tensor.randint(rng, 0, 11, 2, n);
            var whole = model.forward(x);
            var state = model.decoder.start(null, null, Pass.inference());
            for (int t = 0, m; t < n; t += m) {
                m = t == 0 && prompt > 0 ? prompt : 1;
                worst = Math.max(worst, gap(model.forward(x.narrow(1, t, m), state), whole.narrow(1, t, m)));
            }
            spread = Math.min(spread, gap(whole.narrow(1, 0, 1), whole.narrow(1, n - 1, 1)));
            models++;
        }
        Evidence.of("models", models, exactly(20));
        Evidence.of("largest gap of logits", worst, below(1e-5));
        Evidence.of("logits of other positions differ by", spread, above(0.1));
    }

    @Tag("heavy")
    @Acceptance(topic = "retnet", clause = 5)
    @Test void aSmallCharacterModelKeepsUpWithATransformer() {
        var text = Corpora.kingJames().limit(120).toList().stream().map(Document::text).collect(Collectors.joining("\n"));
        int[] alphabet = text.chars().distinct().sorted().toArray();
        long[] ids = text.chars().mapToLong(c -> Arrays.binarySearch(alphabet, c)).toArray();
        int width = 64, layers = 2, length = 96;
        // As published: few wide heads, values twice as wide as keys, and hidden units that make up for them.
        var retention = new Model(block(width, 2, 128).withMixer(new RetentionConfig(width, 2).withValueWidth(64)), layers, alphabet.length,
                Rng.of(1));
        var causal = new AttentionConfig(width, 4).withBias(false).withAttention(new Attention().withCausal(true))
                .withRotary(new RotaryEmbedding(width / 4, 10_000));
        var transformer = new Model(block(width, 4, 256).withAttention(causal), layers, alphabet.length, Rng.of(1));
        double mine = perplexity(retention, ids, length), theirs = perplexity(transformer, ids, length);
        Evidence.of("numbers in the parameters, over the transformer's", (double) retention.parameterCount() / transformer.parameterCount(),
                between(0.98, 1.02));
        Evidence.of("the transformer's perplexity", theirs, atMost(4));
        Evidence.of("perplexity over the transformer's", mine / theirs, atMost(1.1));
    }

    /** On the last tenth, after so many steps on the rest. */
    private static double perplexity(Model model, long[] ids, int length) {
        int split = ids.length / 10 * 9;
        var rng = Rng.of(5);
        var optimizer = new Adam(3e-3).over(model.parameters());
        for (int step = 0; step < 1500; step++) {
            try (var scope = Scope.open("step")) {
                var at = new int[16];
                for (int b = 0; b < at.length; b++) at[b] = rng.nextInt(split - length - 1);
                optimizer.zeroGrad();
                loss(model, ids, length, at).backward();
                optimizer.step();
            }
        }
        double sum = 0;
        int batches = (ids.length - split - length - 1) / (16 * length);
        for (int i = 0; i < batches; i++) {
            var at = new int[16];
            for (int b = 0; b < at.length; b++) at[b] = split + (i * 16 + b) * length;
            sum += Autograd.noGrad(() -> loss(model, ids, length, at)).item();
        }
        return Math.exp(sum / batches);
    }

    private static Tensor loss(Model model, long[] ids, int length, int[] at) {
        long[] x = new long[at.length * length], y = new long[at.length * length];
        for (int b = 0; b < at.length; b++) {
            System.arraycopy(ids, at[b], x, b * length, length);
            System.arraycopy(ids, at[b] + 1, y, b * length, length);
        }
        var logits = model.forward(Tensor.of(x, at.length, length), Pass.inference());
        return Loss.crossEntropy(logits.reshape(-1, logits.size(-1)), Tensor.of(y));
    }

    @Test void gradientsOfTheFormsAgreeAndLongSequencesStayFinite() {
        Tensor first = null;
        for (int chunk : new int[] {LinearAttentionConfig.PARALLEL, 7, 1}) {
            var layer = new RetentionConfig(8, 2).withDtype(DType.F64).withChunk(chunk).build(Rng.of(1));
            var x = normal(1, DType.F64, 1, 23, 8).requiresGrad();
            layer.forward(x).mul(normal(2, DType.F64, 1, 23, 8)).sum().backward();
            if (first == null) first = x.grad();
            assertThat(gap(x.grad(), first)).isLessThan(1e-11);
        }
        var layer = new RetentionConfig(8, 2).build(Rng.of(1));
        assertThat(layer.forward(normal(3, DType.F32, 1, 5000, 8)).isFinite().all().toBooleanArray()).containsExactly(true);
    }

    @Test void whatDoesNotFitIsSaid() {
        assertThatThrownBy(() -> new RetentionConfig(8, 3)).hasMessageContaining("3 heads do not divide");
        assertThatThrownBy(() -> new RetentionConfig(98, 49)).hasMessageContaining("at most 48");
        assertThatThrownBy(() -> new RetentionConfig(8, 2).decay(2)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> block(8, 2, 8).withMixer(new RetentionConfig(16, 2)))
                .hasMessageContaining("a width of 16, the stream of 8");
        var layer = new RetentionConfig(8, 2).build(Rng.of(1));
        assertThatThrownBy(() -> layer.forward(normal(1, DType.F32, 1, 1, 8), KvCache.contiguous(), Pass.inference()))
                .hasMessageContaining("MixerSummary");
    }
}
