package lyceum.nn;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

/** Rotary positions stretched: YaRN and its kin. */
class RopeScalingTest {

    private static RopeScaling scaling(Golden c) {
        double s = c.number("input.factor"), low = c.number("input.low"), high = c.number("input.high");
        int trained = c.integer("input.trained");
        return switch (c.text("input.kind")) {
            case "linear" -> new RopeScaling.Linear(s);
            case "ntk" -> new RopeScaling.Ntk(s);
            case "dynamic-ntk" -> new RopeScaling.DynamicNtk(s, trained);
            case "yarn" -> new RopeScaling.Yarn(s, trained, low, high, Double.NaN, RopeScaling.Ramp.TURNS);
            case "yarn-pairs" -> new RopeScaling.Yarn(s, trained, low, high, Double.NaN, RopeScaling.Ramp.PAIRS);
            case "yarn-whole-pairs" -> new RopeScaling.Yarn(s, trained, low, high, Double.NaN, RopeScaling.Ramp.WHOLE_PAIRS);
            case "dynamic-yarn" -> new RopeScaling.DynamicYarn(trained, low, high);
            default -> new RopeScaling.Llama3(s, low, high, trained);
        };
    }

    @Acceptance(topic = "yarn", clause = 1)
    @Test void frequenciesEqualThePublishedFormulas() {
        Gap gap = Gap.relative(), magnitudes = Gap.relative();
        var kinds = new HashSet<String>();
        for (var c : Golden.load("golden/relative-positions.json").cases("scaling")) {
            var scaling = scaling(c);
            kinds.add(c.text("input.kind"));
            int width = c.integer("input.width"), length = c.integer("input.length");
            var where = c.text("input.kind") + ", width " + width;
            gap.see(where, scaling.frequencies(width, c.number("input.base"), length), c.doubles("expected.frequencies"));
            magnitudes.see(where, scaling.magnitude(length), c.number("expected.magnitude"));
            // And they are those by which queries turn: one step from 0, with its size.
            var turn = new RotaryEmbedding(width, c.number("input.base"), scaling, false).at(length - 1, 1, DType.F64);
            double[] cos = turn.cos().toDoubleArray(), t = c.doubles("expected.frequencies");
            for (int i = 0; i < t.length; i++)
                assertThat(cos[i]).isCloseTo(c.number("expected.magnitude") * Math.cos(t[i] * (length - 1)), within(1e-9));
        }
        Evidence.of("kinds", kinds.size(), exactly(8));
        Evidence.of("largest relative gap of frequencies", gap, below(1e-12));
        Evidence.of("of what queries and keys are multiplied by", magnitudes, below(1e-12));
    }

    private static List<RopeScaling> byOne(long trained) {
        var all = new ArrayList<RopeScaling>(List.of(new RopeScaling.Linear(1), new RopeScaling.Ntk(1),
                new RopeScaling.DynamicNtk(1, trained), new RopeScaling.DynamicNtk(4, trained), new RopeScaling.DynamicYarn(trained, 1, 32),
                new RopeScaling.Llama3(1, 1, 4, trained)));
        for (var ramp : RopeScaling.Ramp.values()) all.add(new RopeScaling.Yarn(1, trained, 1, 32, Double.NaN, ramp));
        return all;
    }

    @Acceptance(topic = "yarn", clause = 2)
    @Test void aScaleOfOneChangesNothing() {
        long frequencies = 0, turned = 0, moved = 0;
        for (int width : new int[] {4, 16, 64, 128}) for (var scaling : byOne(512)) {
            var plain = new RotaryEmbedding(width, 10_000);
            var scaled = plain.scaled(scaling);
            if (!Arrays.equals(scaled.frequencies(512), RotaryEmbedding.frequencies(width, 10_000))) frequencies++;
            var x = Tensor.randn(Rng.of(width), DType.F64, 1, 2, 512, width).compute();
            if (!Arrays.equals(scaled.turned(x, 0).toDoubleArray(), plain.turned(x, 0).toDoubleArray())) turned++;
            if (scaling.isDynamic() && !Arrays.equals(scaled.frequencies(1024), plain.frequencies(1024))) moved++;
        }
        Evidence.of("scalings by 1 whose frequencies moved, of 36", frequencies, exactly(0));
        Evidence.of("whose turned queries moved", turned, exactly(0));
        Evidence.of("dynamic ones that move beyond the trained length", moved, atLeast(8));
    }

    @Acceptance(topic = "yarn", clause = 3)
    @Test void yarnKeepsFastPairsAndDividesSlowOnes() {
        long kept = 0, divided = 0, between = 0, wrong = 0;
        var rng = Rng.of(3);
        for (int trial = 0; trial < 200; trial++) {
            int width = 4 + 2 * rng.nextInt(63), trained = 32 + rng.nextInt(8000);
            double base = Math.exp(4 + 9 * rng.nextDouble()), s = 1 + 31 * rng.nextDouble(), alpha = 0.3 + 2 * rng.nextDouble(),
                    beta = alpha + 1 + 30 * rng.nextDouble();
            double[] t = new RopeScaling.Yarn(s, trained, alpha, beta, Double.NaN, RopeScaling.Ramp.values()[trial % 3]).frequencies(width,
                    base, 0);
            for (int i = 0; i < t.length; i++) {
                double plain = Math.pow(base, -2.0 * i / width), turns = trained / (2 * Math.PI / plain);
                if (turns > beta * (1 + 1e-12)) {
                    kept++;
                    if (t[i] != plain) wrong++;
                } else if (turns < alpha * (1 - 1e-12)) {
                    divided++;
                    if (t[i] != plain / s) wrong++;
                } else {
                    between++;
                    if (!(t[i] >= plain / s * (1 - 1e-12) && t[i] <= plain * (1 + 1e-12))) wrong++;
                }
            }
        }
        Evidence.of("pairs above beta turns", kept, above(500));
        Evidence.of("pairs below alpha turns", divided, above(500));
        Evidence.of("pairs between, which lie between both", between, above(500));
        Evidence.of("pairs that are not exactly what they should be", wrong, exactly(0));
    }

    @Acceptance(topic = "yarn", clause = 4)
    @Test void ntkDividesTheSlowestPairAndLeavesTheFastest() {
        double slowest = 0, fastest = 0;
        var rng = Rng.of(4);
        for (int trial = 0; trial < 200; trial++) {
            int width = 4 + 2 * rng.nextInt(127);
            double base = Math.exp(4 + 10 * rng.nextDouble()), s = 1 + 63 * rng.nextDouble();
            double[] t = new RopeScaling.Ntk(s).frequencies(width, base, 0);
            double last = Math.pow(base, -(width - 2.0) / width) / s;
            slowest = Math.max(slowest, Math.abs(t[t.length - 1] / last - 1));
            fastest = Math.max(fastest, Math.abs(t[0] - 1));
        }
        Evidence.of("largest relative distance of the lowest frequency from 1/s of it", slowest, below(1e-12));
        Evidence.of("largest change of the highest", fastest, exactly(0));
    }

    @Test void configsOfCheckpointsAreReadAndWritten() {
        var llama = RotaryEmbedding.read("""
                {"model_type": "llama", "hidden_size": 4096, "num_attention_heads": 32, "rope_theta": 500000.0, "max_position_embeddings": 131072,
                 "rope_scaling": {"factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 8192, "rope_type": "llama3"}}
                """);
        assertThat(llama.scaling()).isEqualTo(new RopeScaling.Llama3(8, 1, 4, 8192));
        assertThat(llama.frequencies(0)).hasSize(64).isEqualTo(new RopeScaling.Llama3(8, 1, 4, 8192).frequencies(128, 500_000, 0));
        var qwen = RotaryEmbedding.read("""
                {"head_dim": 128, "rope_theta": 1000000, "max_position_embeddings": 32768, "rope_scaling": {"type": "yarn", "factor": 4.0,
                 "original_max_position_embeddings": 32768}}""");
        assertThat(qwen.scaling()).isEqualTo(new RopeScaling.Yarn(4, 32_768, 1, 32, Double.NaN, RopeScaling.Ramp.WHOLE_PAIRS));
        var deep = RotaryEmbedding.read("""
                {"qk_rope_head_dim": 64, "rope_scaling": {"type": "yarn", "factor": 40, "original_max_position_embeddings": 4096, "mscale": 0.707,
                 "mscale_all_dim": 0.707}}""");
        assertThat(deep.scaling().magnitude(0)).isEqualTo(1);
        var phi = RotaryEmbedding.read("{\"hidden_size\": 2560, \"num_attention_heads\": 32, \"partial_rotary_factor\": 0.4}");
        assertThat(phi.frequencies(0)).isEqualTo(RotaryEmbedding.frequencies(32, 10_000));
        for (var scaling : List.of(new RopeScaling.None(), new RopeScaling.Linear(2), new RopeScaling.Ntk(3),
                new RopeScaling.DynamicNtk(2, 64), new RopeScaling.Yarn(4, 64),
                new RopeScaling.Yarn(4, 64, 1, 8, 1.25, RopeScaling.Ramp.PAIRS), new RopeScaling.DynamicYarn(64, 1, 4),
                new RopeScaling.Llama3(8, 1, 4, 64))) {
            var rotary = new RotaryEmbedding(16, 5000, scaling, false);
            var text = rotary.write("{\"vocab_size\": 7}");
            assertThat(text).contains("vocab_size");
            var back = RotaryEmbedding.read(text);
            assertThat(back.frequencies(100)).isEqualTo(rotary.frequencies(100));
            assertThat(back.scaling().magnitude(100)).isEqualTo(scaling.magnitude(100));
            assertThat(back.scaling()).isEqualTo(scaling instanceof RopeScaling.Ntk ? new RopeScaling.None() : scaling);
        }
        assertThatThrownBy(() -> RotaryEmbedding.read("{\"head_dim\": 8, \"rope_scaling\": {\"rope_type\": \"longrope\"}}"))
                .isInstanceOf(FormatException.class).hasMessageContaining("longrope");
        assertThatThrownBy(() -> RotaryEmbedding.read("{\"head_dim\": 8, \"rope_scaling\": {\"rope_type\": \"linear\", \"factor\": 0.5}}"))
                .isInstanceOf(FormatException.class).hasMessageContaining("0.5");
        assertThatThrownBy(() -> RotaryEmbedding.read("{")).isInstanceOf(FormatException.class);
        assertThatThrownBy(() -> RotaryEmbedding.read("[]")).hasMessageContaining("no object");
        assertThatThrownBy(() -> RotaryEmbedding.read("{}")).hasMessageContaining("head_dim");
        assertThatThrownBy(() -> new RotaryEmbedding(new double[] {1}, false).write("{}")).hasMessageContaining("one by one");
    }

    /** Cached keys are turned anew by the present length, so that a last step equals the whole. */
    @Test void dynamicScalingTurnsCachedKeysAnew() {
        for (var scaling : List.of(new RopeScaling.DynamicNtk(2, 6), new RopeScaling.DynamicYarn(6, 0.05, 0.5))) {
            var layer = new MultiHeadAttention(new AttentionConfig(16, 2).withDtype(DType.F64)
                    .withAttention(new Attention().withCausal(true)).withPositions(new RotaryEmbedding(8, 10_000, scaling, false)),
                    Rng.of(1));
            var x = Tensor.randn(Rng.of(2), DType.F64, 1, 20, 16).compute();
            var cache = KvCache.contiguous();
            for (int t = 0; t < 20; t++) {
                var y = layer.forward(x.narrow(1, t, 1), cache, Pass.inference());
                var whole = layer.forward(x.narrow(1, 0, t + 1)).narrow(1, t, 1);
                assertThat(y.sub(whole).abs().max().item()).isLessThan(1e-12);
            }
        }
    }

    @Test void badScalingsAreRefused() {
        assertThatThrownBy(() -> new RopeScaling.Linear(0.5)).hasMessageContaining("0.5");
        assertThatThrownBy(() -> new RopeScaling.Ntk(Double.NaN)).hasMessageContaining("NaN");
        assertThatThrownBy(() -> new RopeScaling.Ntk(2).frequencies(2, 10_000, 0)).hasMessageContaining("width is 2");
        assertThatThrownBy(() -> new RopeScaling.DynamicNtk(2, 0)).hasMessageContaining("trained is 0");
        assertThatThrownBy(() -> new RopeScaling.Yarn(2, 64, 4, 1, Double.NaN, RopeScaling.Ramp.TURNS)).hasMessageContaining("alpha 4.0");
        assertThatThrownBy(() -> new RopeScaling.Llama3(8, 4, 1, 64)).hasMessageContaining("low 4.0");
        assertThatThrownBy(() -> new AttentionConfig(16, 4).withPositions(new RotaryEmbedding(8, 10_000)))
                .hasMessageContaining("heads have 4");
    }
}
