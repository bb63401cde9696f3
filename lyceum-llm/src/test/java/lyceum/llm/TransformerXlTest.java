package lyceum.llm;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.nn.Hooks;
import lyceum.nn.Pass;
import lyceum.nn.loss.CrossEntropy;
import lyceum.optim.Adam;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class TransformerXlTest {
    private static DecoderConfig config(int layers, DType type) {
        return TransformerXl.config(30, layers, 16, 2, 24).withDeviation(0.3)
                .eachBlock(b -> b.withAttention(b.attention().withDtype(type)));
    }

    private static Tensor ids(long seed, int rows, int length) { return Tensor.randint(Rng.of(seed), 0, 30, rows, length); }

    /** All parameters, u and v among them, drawn anew. */
    private static TransformerXl model(DecoderConfig config, int segment, int memory, boolean sameLength) {
        var model = new TransformerXl(config, segment, memory, sameLength, Rng.of(1));
        Autograd.noGrad(() -> model.parameters().forEach((name, p) -> {
            if (name.endsWith(".u") || name.endsWith(".v")) p.copy_(Tensor.randn(Rng.of(name.hashCode()), p.dtype(), p.shape().toArray()));
        }));
        return model;
    }

    @Acceptance(topic = "transformer-xl", clause = 1)
    @Test void theShiftGivesTheTermsOneByOne() {
        var model = model(config(2, DType.F64), 5, 7, false);
        var gap = Gap.absolute();
        var memory = model.read(ids(1, 2, 5), model.read(ids(2, 2, 5), model.empty(2), Pass.inference()).memory(), Pass.inference())
                .memory();
        assertThat(memory.length()).isEqualTo(7);
        var hooks = Hooks.of(model);
        var seen = hooks.capture("*");
        model.read(ids(3, 2, 5), memory, Pass.inference().with(hooks));
        var p = model.parameters();
        for (int layer = 0; layer < 2; layer++) {
            var at = "model.decoder.layers." + layer + ".attention.";
            double[][] wq = p.get(at + "q_proj.weight").toRows(), wk = p.get(at + "k_proj.weight").toRows(),
                    wr = p.get(at + "positions.r_proj.weight").toRows(), u = p.get(at + "positions.u").toRows(),
                    v = p.get(at + "positions.v").toRows();
            var h = seen.get("model.decoder.layers." + layer + ".resid_pre");
            for (int row = 0; row < 2; row++) {
                double[][] own = h.get(row).toRows(), all = Tensor.concat(0, memory.states().get(layer).get(row), h.get(row)).toRows();
                for (int head = 0; head < 2; head++) {
                    double[][] weights = seen.get(at + "weights").get(row, head).toRows();
                    for (int i = 0; i < 5; i++) gap.see("layer " + layer, weights[i], explicit(own[i], all, 7 + i, head, wq, wk, wr, u, v));
                }
            }
        }
        Evidence.of("weights from softmax of the four terms", gap, atMost(1e-6));
        Evidence.of("weights compared", gap.seen(), exactly(2 * 2 * 2 * 5 * 12));
    }

    /** Softmax over j up to place of {@code q.k + q.Wr + u.k + v.Wr}, over the root of 8. */
    private static double[] explicit(double[] x, double[][] all, int place, int head, double[][] wq, double[][] wk, double[][] wr,
            double[][] u, double[][] v) {
        var scores = new double[all.length];
        double sum = 0;
        for (int j = 0; j <= place; j++) {
            double score = 0;
            var r = new double[16];
            for (int f = 0; f < 8; f++) {
                double angle = (place - j) / Math.pow(10_000, 2 * f / 16.0);
                r[f] = Math.sin(angle);
                r[8 + f] = Math.cos(angle);
            }
            for (int d = 0; d < 8; d++) {
                int o = head * 8 + d;
                double q = dot(wq[o], x), k = dot(wk[o], all[j]), wrr = dot(wr[o], r);
                score += q * k + q * wrr + u[head][d] * k + v[head][d] * wrr;
            }
            scores[j] = Math.exp(score / Math.sqrt(8));
            sum += scores[j];
        }
        for (int j = 0; j < scores.length; j++) scores[j] /= sum;
        return scores;
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) sum += a[i] * b[i];
        return sum;
    }

    @Acceptance(topic = "transformer-xl", clause = 2)
    @Test void aMemoryOfEverythingIsOneFullPass() {
        var gap = Gap.absolute();
        for (int segment : new int[] {1, 3, 5, 8}) {
            var model = model(config(3, DType.F32), segment, 24, false);
            var x = ids(segment, 2, 24);
            gap.see("segments of " + segment, model.logits(x, Pass.inference()).toDoubleArray(),
                    model.decoder().logits(x, Pass.inference()).toDoubleArray());
        }
        Evidence.of("logits, segment by segment and in one pass", gap, atMost(1e-5));
    }

    @Acceptance(topic = "transformer-xl", clause = 3)
    @Test void noGradientEntersTheMemory() {
        var model = model(config(3, DType.F64), 4, 4, false);
        Tensor first = Tensor.of(new int[] {1, 2, 3, 4}, 1, 4), second = Tensor.of(new int[] {11, 12, 13, 14}, 1, 4);
        var memory = model.read(first, model.empty(1), Pass.training(Rng.of(1))).memory();
        var z = model.read(second, memory, Pass.training(Rng.of(1))).logits();
        z.square().sum().backward();
        double[][] gradient = model.decoder().embedding().weight().grad().toRows();
        double there = 0, here = Double.POSITIVE_INFINITY;
        for (int id = 1; id <= 4; id++) for (double g : gradient[id]) there = Math.max(there, Math.abs(g));
        for (int id = 11; id <= 14; id++) here = Math.min(here, Arrays.stream(gradient[id]).map(Math::abs).max().orElseThrow());
        Evidence.of("largest gradient of embeddings of the remembered segment", there, exactly(0));
        Evidence.of("least of the present one", here, atLeast(1e-3));
        assertThat(memory.states()).noneMatch(Tensor::isTracked);
        var other = model.read(Tensor.of(new int[] {5, 6, 7, 8}, 1, 4), model.empty(1), Pass.inference()).memory();
        assertThat(model.read(second, other, Pass.inference()).logits().sub(z).abs().max().item()).isGreaterThan(1e-3); // what is remembered matters
    }

    @Acceptance(topic = "transformer-xl", clause = 4)
    @Test void influenceReachesSoFarAndNoFurther() {
        int layers = 3, segment = 4, length = 28;
        int missing = 0, beyond = 0, seen = 0;
        var plain = model(config(layers, DType.F64), segment, segment, false);
        for (int p = 0; p < length; p++) {
            boolean[] changed = changed(plain, p, length);
            int end = (p / segment + layers + 1) * segment;
            for (int t = 0; t < length; t++, seen++) {
                boolean should = t >= p && t < end;
                if (should && !changed[t]) missing++;
                if (!should && changed[t]) beyond++;
            }
        }
        Evidence.of("no mask: outputs up to the end of segment s + N that do not change", missing, exactly(0));
        Evidence.of("no mask: outputs that change beyond or before", beyond, exactly(0));
        missing = beyond = 0;
        for (int w = 1; w <= 4; w++) {
            var masked = model(config(layers, DType.F64), segment, w, true);
            for (int p = 0; p < length; p++) {
                boolean[] changed = changed(masked, p, length);
                for (int t = 0; t < length; t++, seen++) {
                    boolean should = t >= p && t <= p + layers * w;
                    if (should && !changed[t]) missing++;
                    if (!should && changed[t]) beyond++;
                }
            }
        }
        Evidence.of("W of 1 to 4: outputs up to N W later that do not change", missing, exactly(0));
        Evidence.of("W of 1 to 4: outputs that change beyond or before", beyond, exactly(0));
        Evidence.of("pairs of a token and an output", seen, exactly(5 * 28 * 28));
    }

    /** Outputs that are not the same to the bit after another token at p. */
    private static boolean[] changed(TransformerXl model, int p, int length) {
        var x = ids(9, 1, length).toIntArray();
        double[][] before = Autograd.noGrad(() -> model.logits(Tensor.of(x, 1, length), Pass.inference()).get(0).toRows());
        var y = x.clone();
        y[p] = (y[p] + 7) % 30;
        double[][] after = Autograd.noGrad(() -> model.logits(Tensor.of(y, 1, length), Pass.inference()).get(0).toRows());
        var changed = new boolean[length];
        for (int t = 0; t < length; t++) changed[t] = !Arrays.equals(before[t], after[t]);
        return changed;
    }

    private static final int LETTERS = 8, SEGMENT = 4;

    /** Texts (rows, length + 1) in which each letter comes again three segments later. */
    private static int[][] copies(int rows, int length, Rng rng) {
        var texts = new int[rows][length + 1];
        for (var text : texts) for (int t = 0; t <= length; t++) text[t] = t < 3 * SEGMENT ? rng.nextInt(LETTERS) : text[t - 3 * SEGMENT];
        return texts;
    }

    private static Tensor part(int[][] texts, int from, int to) {
        return Tensor.of(Arrays.stream(texts).flatMapToInt(t -> Arrays.stream(t, from, to)).toArray(), texts.length, to - from);
    }

    private static double copying(int memory, int steps) {
        var model = TransformerXl.of(LETTERS, 2, 32, 2, 64, SEGMENT, memory, Rng.of(1));
        var optimizer = new Adam(5e-3).over(new ArrayList<>(model.parameters().values()));
        var rng = Rng.of(2);
        for (int step = 0; step < steps; step++) {
            var texts = copies(32, 6 * SEGMENT, rng);
            var known = model.empty(32);
            for (int s = 0; s < 6; s++) try (var scope = Scope.open("segment")) {
                var ids = part(texts, s * SEGMENT, (s + 1) * SEGMENT);
                if (s < 3) {
                    var seen = known;
                    known = Autograd.noGrad(() -> model.read(ids, seen, Pass.inference())).memory();
                    continue;
                }
                optimizer.zeroGrad();
                var read = model.read(ids, known, Pass.training(rng));
                new CrossEntropy().of(read.logits().reshape(-1, LETTERS), part(texts, s * SEGMENT + 1, (s + 1) * SEGMENT + 1).flatten())
                        .backward();
                optimizer.step();
                known = read.memory();
            }
        }
        var texts = copies(200, 6 * SEGMENT, Rng.of(3));
        var logits = Autograd.noGrad(() -> model.logits(part(texts, 0, 6 * SEGMENT), Pass.inference()));
        long[] said = logits.argmax(-1).toLongArray();
        int right = 0, asked = 0;
        for (int r = 0; r < 200; r++)
            for (int t = 3 * SEGMENT - 1; t < 6 * SEGMENT; t++, asked++) if (said[r * 6 * SEGMENT + t] == texts[r][t + 1]) right++;
        return (double) right / asked;
    }

    @Tag("slow")
    @Acceptance(topic = "transformer-xl", clause = 5)
    @Test void itCopiesFromThreeSegmentsBackByItsMemoryAlone() {
        Evidence.of("with a memory of three segments: share of letters right", copying(3 * SEGMENT, 250), atLeast(0.95));
        Evidence.of("without a memory, chance being 0.125", copying(0, 250), between(0.075, 0.175));
    }

    @Test void decodingGoesOnAcrossSegmentsForksAndTruncates() {
        for (boolean sameLength : new boolean[] {false, true}) {
            var model = model(config(2, DType.F32), 4, 6, sameLength);
            var x = ids(2, 3, 14);
            var whole = model.logits(x, Pass.inference());
            var decoding = model.begin();
            near(decoding.all(x.narrow(1, 0, 6)), whole.narrow(1, 0, 6));
            for (int t = 6; t < 14; t++) near(decoding.next(x.narrow(1, t, 1)), whole.select(1, t));
            decoding.truncate(13);
            near(decoding.next(x.narrow(1, 13, 1)), whole.select(1, 13));
            decoding.truncate(5, 3, 8);
            near(decoding.fork(2, 0).next(Tensor.of(new long[] {x.get(2, 8).toLongArray()[0], x.get(0, 5).toLongArray()[0]}, 2, 1)),
                    Tensor.stack(0, whole.get(2, 8), whole.get(0, 5)));
            assertThat(decoding.length()).isEqualTo(8);
            assertThat(decoding.bytes()).isPositive();
        }
    }

    private static void near(Tensor a, Tensor b) { assertThat(a.sub(b).abs().max().item()).isLessThan(2e-5); }

    @Test void evaluationIsTheLossOfTheWholeText() {
        var model = model(config(2, DType.F32), 5, 5, false);
        var x = ids(4, 1, 33);
        assertThat(model.evaluate(x.toIntArray(), Progress.SILENT)).isCloseTo(model.loss(x, Pass.inference()).item(), within(1e-5));
        // With a mask of one length the cut into segments is of no consequence.
        var masked = model(config(2, DType.F32), 5, 6, true);
        near(masked.logits(x, Pass.inference()), model(config(2, DType.F32), 11, 6, true).logits(x, Pass.inference()));
        assertThatThrownBy(() -> model.evaluate(new int[] {1}, Progress.SILENT)).hasMessageContaining("1 ids");
        assertThatThrownBy(() -> model.read(ids(1, 2, 6), model.empty(2), Pass.inference())).hasMessageContaining("at most 5");
        var memory = model.read(ids(1, 2, 5), model.empty(2), Pass.inference()).memory();
        assertThatThrownBy(() -> model.read(ids(1, 3, 5), memory, Pass.inference())).hasMessageContaining("3 rows behind a memory of 2");
        assertThatThrownBy(() -> new TransformerXl(DecoderConfig.llama(30, 8, 1, 16, 2, 2, 8), 4, 4, false, Rng.of(1)))
                .hasMessageContaining("told at the scores");
        assertThatThrownBy(() -> new TransformerXl(config(1, DType.F32), 0, 4, false, Rng.of(1))).hasMessageContaining("segments of 0");
    }
}
