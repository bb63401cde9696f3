package lyceum.nn;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.List;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class TransformerBlockTest {
    private static final Golden GOLDEN = Golden.load("golden/transformer.json");

    private static Tensor normal(long seed, long... shape) { return Tensor.randn(Rng.of(seed), DType.F64, shape).compute(); }

    private static double distance(Tensor a, Tensor b) { return a.to(DType.F64).sub(b.to(DType.F64)).abs().max().item(); }

    private static TransformerConfig base(int width, int heads, int hidden) {
        return TransformerTest.wide(TransformerConfig.original(width, heads, hidden));
    }

    /** What the transcriptions of the golden script are, by name. */
    private static TransformerConfig styled(String name) {
        var plain = base(8, 2, 10).withPlacement(TransformerConfig.Placement.PRE);
        var modern = plain.withNorm(TransformerConfig.Norm.RMS).withGated(true).withActivation(Activation.SILU).withBias(false)
                .withAttention(plain.attention().withBias(false)).causal();
        return switch (name) {
            case "gpt2" -> plain.withActivation(Activation.GELU_TANH).causal();
            case "llama" -> modern.withAttention(four(modern));
            case "gemma" -> {
                var attention = four(modern);
                yield modern.withActivation(Activation.GELU_TANH).withPlacement(TransformerConfig.Placement.SANDWICH)
                        .withAttention(attention.withAttention(attention.attention().withSoftCap(2)));
            }
            case "qwen" ->
                    modern.withAttention(modern.attention().withKeyHeads(1).withQkNorm(true).withPositions(new RotaryEmbedding(4, 10_000)));
            case "phi" -> plain.withActivation(Activation.GELU_TANH).causal().withParallel(true)
                    .withAttention(plain.causal().attention().withPositions(new RotaryEmbedding(4, 10_000)));
            case "olmo" -> modern.withPlacement(TransformerConfig.Placement.BRANCH)
                    .withAttention(modern.attention().withPositions(new RotaryEmbedding(4, 10_000)));
            case "sandwich" -> plain.withPlacement(TransformerConfig.Placement.SANDWICH);
            case "deepnorm" -> plain.deepNorm(18);
            default -> throw new AssertionError(name);
        };
    }

    /** Width 16, four heads, two of keys, turned. */
    private static AttentionConfig four(TransformerConfig c) {
        return new AttentionConfig(16, 4).withKeyHeads(2).withBias(false).withDtype(DType.F64).withAttention(c.attention().attention())
                .withPositions(new RotaryEmbedding(4, 10_000));
    }

    private static Gap styles(String... names) {
        var gap = Gap.relativeBeyondOne();
        for (var name : names) {
            for (var c : GOLDEN.cases(name)) {
                var twin = new Twin((long) c.number("input.seed"));
                var block = twin.fill(new TransformerBlock(styled(name), Rng.of(0)));
                int[] n = c.ints("input.shape");
                var x = twin.draw(n[0], n[1], n[2]).requiresGrad();
                twin.compare(gap, c, block.parameters(), List.of(x), List.of(block.forward(x)));
            }
            assertThat(GOLDEN.cases(name)).hasSize(3);
        }
        return gap;
    }

    @Acceptance(topic = "decoder-block", clause = 1)
    @Test void theStylesEqualTheirTranscriptions() {
        Evidence.of("GPT-2 and Llama: largest gap of outputs and all gradients", styles("gpt2", "llama"), below(1e-5));
        Evidence.of("Gemma, Qwen, Phi and OLMo: the same", styles("gemma", "qwen", "phi", "olmo"), below(1e-5));
    }

    @Acceptance(topic = "pre-norm-post-norm", clause = 1)
    @Test void everyPlacementEqualsItsReference() {
        var gap = Gap.relativeBeyondOne();
        for (var c : GOLDEN.cases("layer")) {
            int[] n = c.ints("input.sizes");
            var twin = new Twin((long) c.number("input.seed"));
            var config = TransformerTest.config(n[0] * n[1], n[0], n[2], c.flag("input.pre"))
                    .withActivation(c.flag("input.gelu") ? Activation.GELU : Activation.RELU);
            var block = twin.fill(new TransformerBlock(config, Rng.of(0)));
            var x = twin.draw(2, n[3], (long) n[0] * n[1]).requiresGrad();
            twin.compare(gap, c, block.parameters(), List.of(x), List.of(block.forward(x)));
        }
        Evidence.of("layers", GOLDEN.cases("layer").size(), exactly(6));
        Evidence.of("largest gap to TransformerEncoderLayer, norm first and last", gap, below(1e-5));
        Evidence.of("sandwich and DeepNorm: largest gap to their transcriptions", styles("sandwich", "deepnorm"), below(1e-5));
    }

    @Acceptance(topic = "decoder-block", clause = 2)
    @Test void zeroedOutputsMakeTheBlockTheIdentity() {
        long differ = 0, compared = 0;
        int placements = 0;
        for (var placement : TransformerConfig.Placement.values()) {
            if (!placement.leavesStream()) continue;
            for (boolean gated : new boolean[] {false, true}) {
                var block = new TransformerBlock(base(12, 3, 20).withPlacement(placement).withGated(gated).causal(), Rng.of(1));
                // a norm at a branch's end is its output projection's: what it adds is its bias
                Autograd.noGrad(() -> block.parameters().forEach((name, p) -> {
                    boolean output = name.contains("o_proj") || name.contains("fc2") || name.contains("down_proj"), last = name
                            .endsWith("bias")
                            && (name.contains("out_norm") || placement == TransformerConfig.Placement.BRANCH && name.contains("norm"));
                    p.copy_(output || last ? p.zerosLike() : normal(name.hashCode(), p.shape().toArray()).to(p.dtype()));
                }));
                var x = normal(2, 2, 7, 12);
                double[] y = block.forward(x).toDoubleArray(), given = x.toDoubleArray();
                for (int i = 0; i < y.length; i++) if (Double.doubleToRawLongBits(y[i]) != Double.doubleToRawLongBits(given[i])) differ++;
                compared += y.length;
                for (var output : block.parameters().keySet()) {
                    if (!output.contains("o_proj") && !output.contains("fc2") && !output.contains("down_proj")) continue;
                    var p = block.parameters().get(output);
                    Autograd.noGrad(() -> p.copy_(normal(7, p.shape().toArray()).to(p.dtype())));
                    assertThat(distance(block.forward(x), x)).as(placement + " " + output).isGreaterThan(1e-3);
                    Autograd.noGrad(() -> p.copy_(p.zerosLike()));
                }
            }
            placements++;
        }
        var parallel = new TransformerBlock(styled("phi"), Rng.of(1));
        Autograd.noGrad(() -> parallel.parameters().forEach((name, p) -> {
            if (name.contains("o_proj") || name.contains("fc2")) p.copy_(p.zerosLike());
        }));
        var x = normal(3, 2, 5, 8);
        Evidence.of("distance of the parallel form", distance(parallel.forward(x), x), exactly(0));
        Evidence.of("placements that leave the stream", placements, exactly(3));
        Evidence.of("numbers that differ of " + compared, differ, exactly(0));
    }

    @Acceptance(topic = "decoder-block", clause = 3)
    @Test void theStreamIsTheInputAndWhatWasAdded() {
        double worst = 0, sublayers = 0;
        int blocks = 0;
        for (var name : List.of("gpt2", "llama", "gemma", "qwen", "phi", "olmo", "sandwich")) {
            var config = styled(name);
            var block = new TransformerBlock(config, Rng.of(4));
            var x = normal(5, 2, 6, config.width());
            var hooks = Hooks.of(block);
            var seen = hooks.capture("*_out");
            var y = block.forward(x, Pass.inference().with(hooks));
            assertThat(seen.keySet()).containsExactly("attn_out", "mlp_out");
            worst = Math.max(worst, distance(y, x.add(seen.get("attn_out")).add(seen.get("mlp_out"))));
            // and what was recorded is what the sublayers gave, heard at their own modules, from what they had to hear
            var modules = Hooks.of(block);
            var given = new LinkedHashMap<String, Tensor>();
            var heard = new LinkedHashMap<String, Tensor>();
            for (var part : List.of("attention", "attention_norm", "attention_out_norm", "mlp", "mlp_norm", "mlp_out_norm"))
                modules.on(part, (n, in, out) -> {
                    heard.put(n, in);
                    given.put(n, out);
                    return out;
                });
            block.forward(x, Pass.inference().with(modules));
            for (var part : List.of("attention", "mlp")) {
                boolean attends = part.equals("attention");
                var from = config.placement() == TransformerConfig.Placement.SANDWICH ? part + "_out_norm"
                        : config.placement() == TransformerConfig.Placement.BRANCH ? part + "_norm" : part;
                sublayers = Math.max(sublayers, distance(seen.get(attends ? "attn_out" : "mlp_out"), given.get(from)));
                boolean normalFirst = config.placement() != TransformerConfig.Placement.BRANCH;
                var stream = attends || config.parallel() ? x : x.add(seen.get("attn_out"));
                var norm = config.parallel() ? "attention_norm" : part + "_norm";
                sublayers = Math.max(sublayers, distance(heard.get(normalFirst ? norm : part), stream));
                if (normalFirst) sublayers = Math.max(sublayers, distance(heard.get(part), given.get(norm)));
            }
            blocks++;
        }
        Evidence.of("kinds of blocks", blocks, exactly(7));
        Evidence.of("largest distance of the stream", worst, below(1e-6));
        Evidence.of("largest distance of what is recorded from what sublayers heard and gave", sublayers, below(1e-6));
    }

    @Acceptance(topic = "decoder-block", clause = 4)
    @Test void stepsWithACacheEqualTheWhole() {
        double worst = 0;
        for (var name : List.of("gpt2", "llama", "gemma", "qwen", "phi", "olmo")) {
            var config = styled(name);
            var block = new TransformerBlock(config, Rng.of(6));
            var x = normal(7, 2, 12, config.width());
            var whole = block.forward(x);
            var context = new TransformerBlock.Context().withCache(KvCache.contiguous());
            for (int t = 0; t < 12; t++)
                worst = Math.max(worst, distance(block.forward(x.narrow(1, t, 1), context, Pass.inference()), whole.narrow(1, t, 1)));
        }
        Evidence.of("largest distance over six styles", worst, below(1e-5));
    }

    @Acceptance(topic = "decoder-block", clause = 5)
    @Test void theFormulaCountsTheNumbers() {
        int wrong = 0, configurations = 0;
        for (int trial = 0; configurations < 50; trial++) {
            var rng = Rng.of(trial);
            int keyHeads = 1 + rng.nextInt(3), heads = keyHeads * (1 + rng.nextInt(3)), d = 1 + rng.nextInt(6);
            var attention = new AttentionConfig(heads * d, heads).withKeyHeads(keyHeads).withBias(rng.nextInt(2) == 0)
                    .withQkNorm(rng.nextInt(2) == 0);
            var placements = TransformerConfig.Placement.values();
            var config = TransformerConfig.original(heads * d, heads, 1 + rng.nextInt(40)).withAttention(attention)
                    .withGated(rng.nextInt(2) == 0).withBias(rng.nextInt(2) == 0)
                    .withNorm(rng.nextInt(2) == 0 ? TransformerConfig.Norm.RMS : TransformerConfig.Norm.LAYER)
                    .withPlacement(placements[rng.nextInt(placements.length)]).withCross(rng.nextInt(3) == 0);
            if (config.placement() == TransformerConfig.Placement.PRE && !config.cross()) config = config.withParallel(rng.nextInt(2) == 0);
            if (new TransformerBlock(config, rng).parameterCount() != config.blockParameters()) wrong++;
            configurations++;
        }
        Evidence.of("configurations whose formula is off, of 50", wrong, exactly(0));
    }

    @Acceptance(topic = "decoder-block", clause = 6)
    @Test void besideASilentAttentionParallelIsSerial() {
        var parallel = new TransformerBlock(styled("phi"), Rng.of(8));
        var serial = new TransformerBlock(styled("phi").withParallel(false), Rng.of(9));
        var state = new LinkedHashMap<String, Tensor>(parallel.state());
        state.replaceAll((name, t) -> name.contains("o_proj") ? t.zerosLike() : t);
        parallel.load(state);
        state.put("mlp_norm.weight", state.get("attention_norm.weight"));
        state.put("mlp_norm.bias", state.get("attention_norm.bias"));
        serial.load(state);
        var x = normal(10, 2, 6, 8);
        Evidence.of("distance where attention adds nothing", distance(parallel.forward(x), serial.forward(x)), below(1e-15));
        var loud = new LinkedHashMap<String, Tensor>(state);
        loud.replaceAll((name, t) -> name.contains("o_proj.weight") ? normal(11, 8, 8) : t);
        serial.load(loud);
        loud.keySet().removeIf(name -> name.startsWith("mlp_norm"));
        parallel.load(loud);
        Evidence.of("distance where it adds something", distance(parallel.forward(x), serial.forward(x)), above(1e-3));
    }

    @Test void contextsAndBadConfigurations() {
        var cross = new TransformerBlock(base(8, 2, 10).withCross(true), Rng.of(1));
        assertThatThrownBy(() -> cross.forward(normal(1, 1, 2, 8))).hasMessageContaining("looks at a memory");
        assertThatThrownBy(() -> base(8, 2, 10).withParallel(true)).hasMessageContaining("side by side");
        assertThatThrownBy(() -> base(8, 2, 10).withLayerDrop(1)).hasMessageContaining("layerDrop is 1.0");
        assertThatThrownBy(() -> new Attention().withSoftCap(-1)).hasMessageContaining("softCap is -1.0");
        var deep = new TransformerBlock(base(8, 2, 10).deepNorm(18), Rng.of(1));
        var plain = new TransformerBlock(base(8, 2, 10), Rng.of(1));
        double beta = Math.pow(8 * 18, -0.25);
        assertThat(distance(deep.state().get("mlp.fc1.weight"), plain.state().get("mlp.fc1.weight").mul(beta))).isLessThan(1e-15);
        assertThat(distance(deep.state().get("attention.q_proj.weight"), plain.state().get("attention.q_proj.weight"))).isZero();
    }
}
