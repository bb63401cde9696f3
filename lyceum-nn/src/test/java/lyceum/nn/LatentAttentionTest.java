package lyceum.nn;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class LatentAttentionTest {

    private static Tensor normal(long seed, long... shape) { return Tensor.randn(Rng.of(seed), shape).compute(); }

    private static double gap(Tensor a, Tensor b) { return SlidingWindowAttentionTest.gap(a, b); }

    private static LatentAttentionConfig random(Rng rng) {
        int rotary = 2 * rng.nextInt(4);
        return new LatentAttentionConfig(8 + rng.nextInt(17), 1 + rng.nextInt(4), 2 + rng.nextInt(12), 2 + rng.nextInt(8), rotary)
                .withValueWidth(1 + rng.nextInt(9)).withQueryLatent(rng.nextInt(2) * (3 + rng.nextInt(8))).withNorm(rng.nextInt(4) > 0)
                .withBias(rng.nextInt(2) == 0);
    }

    /** The paper's equations, one head after another, in doubles: the oracle of the expanded form. */
    private static Tensor byDefinition(LatentAttention layer, Tensor x) {
        var c = layer.config();
        var p = new HashMap<String, Tensor>();
        layer.state().forEach((name, t) -> p.put(name, t.to(DType.F64)));
        var in = x.to(DType.F64);
        long n = x.size(1), batch = x.size(0);
        var both = in.matmul(p.get("kv_a_proj_with_mqa.weight").transpose());
        var latent = norm(both.narrow(2, 0, c.latent()), p.get("kv_a_layernorm.weight"), c.epsilon());
        Tensor q;
        if (c.queryLatent() > 0) q = norm(in.matmul(p.get("q_a_proj.weight").transpose()), p.get("q_a_layernorm.weight"), c.epsilon())
                .matmul(p.get("q_b_proj.weight").transpose());
        else q = in.matmul(p.get("q_proj.weight").transpose()).add(p.getOrDefault("q_proj.bias", Tensor.scalar(0)));
        var y = p.getOrDefault("o_proj.bias", Tensor.scalar(0)).expand(batch, n, c.width());
        int own = c.headWidth(), each = own + c.rotaryWidth(), up = own + c.valueWidth();
        for (int h = 0; h < c.heads(); h++) {
            var query = q.narrow(2, (long) h * each, each);
            var scores = query.narrow(2, 0, own)
                    .matmul(latent.matmul(p.get("kv_b_proj.weight").narrow(0, (long) h * up, own).transpose()).transpose());
            if (c.rotaryWidth() > 0) scores = scores.add(
                    turned(query.narrow(2, own, c.rotaryWidth())).matmul(turned(both.narrow(2, c.latent(), c.rotaryWidth())).transpose()));
            var weights = scores.div(Math.sqrt(each)).add(Tensor.full(DType.F64, Double.NEGATIVE_INFINITY, n, n).triu(1)).softmax(-1);
            var v = latent.matmul(p.get("kv_b_proj.weight").narrow(0, (long) h * up + own, c.valueWidth()).transpose());
            y = y.add(weights.matmul(v).matmul(p.get("o_proj.weight").narrow(1, (long) h * c.valueWidth(), c.valueWidth()).transpose()));
        }
        return y;
    }

    private static Tensor norm(Tensor x, Tensor gain, double epsilon) {
        return gain == null ? x : x.div(x.square().mean(-1, true).add(epsilon).sqrt()).mul(gain);
    }

    /** Neighbouring pairs, a number at a time. */
    private static Tensor turned(Tensor x) {
        int n = (int) x.size(1), d = (int) x.size(2);
        double[] from = x.toDoubleArray(), to = new double[from.length];
        for (int r = 0; r < from.length / d; r++) for (int i = 0; i < d; i += 2) {
            double angle = r % n * Math.pow(10_000, -(double) i / d), a = from[r * d + i], b = from[r * d + i + 1];
            to[r * d + i] = a * Math.cos(angle) - b * Math.sin(angle);
            to[r * d + i + 1] = a * Math.sin(angle) + b * Math.cos(angle);
        }
        return Tensor.of(to, x.size(0), n, d);
    }

    @Acceptance(topic = "mla", clause = 1)
    @Test void absorbedDecodingEqualsTheExpandedForm() {
        double definition = 0, absorbed = 0, steps = 0;
        int configurations = 0;
        for (int trial = 0; trial < 100; trial++) {
            var rng = Rng.of(trial);
            var config = random(rng);
            var layer = config.build(rng);
            Autograd.noGrad(() -> layer.parameters("*layernorm*").values().forEach(p -> p.copy_(Tensor.rand(rng, p.size(0)).add(0.5))));
            int n = 2 + rng.nextInt(14), prompt = rng.nextInt(n);
            var x = normal(trial, 2, n, config.width());
            var whole = layer.forward(x);
            definition = Math.max(definition, gap(whole, byDefinition(layer, x)));
            absorbed = Math.max(absorbed, gap(layer.absorbed(x, Pass.inference()), whole));
            var state = layer.start();
            if (prompt > 0)
                steps = Math.max(steps, gap(layer.forward(x.narrow(1, 0, prompt), state, Pass.inference()), whole.narrow(1, 0, prompt)));
            for (int t = prompt; t < n; t++)
                steps = Math.max(steps, gap(layer.forward(x.narrow(1, t, 1), state, Pass.inference()), whole.narrow(1, t, 1)));
            configurations++;
        }
        Evidence.of("configurations", configurations, atLeast(100));
        Evidence.of("expanded form: largest gap from the equations", definition, below(1e-5));
        Evidence.of("absorbed form: largest gap from the expanded", absorbed, below(1e-5));
        Evidence.of("step by step: largest gap from the whole sequence", steps, below(1e-5));
    }

    @Acceptance(topic = "mla", clause = 2)
    @Test void theCacheHoldsLatentAndRotaryKeyAndNothingElse() {
        for (int trial = 0; trial < 30; trial++) {
            var rng = Rng.of(trial);
            var config = random(rng);
            var state = config.build(rng).start();
            int n = 1 + rng.nextInt(70);
            config.build(rng).forward(normal(trial, 3, n, config.width()), state, Pass.inference());
            Evidence.of("configuration " + trial + ": numbers for each token", state.bytes() / (4.0 * 3 * n),
                    exactly(config.latent() + config.rotaryWidth()));
        }
        // The shape of DeepSeek-V2, with a narrow stream around it.
        var shape = LatentAttentionConfig.deepSeekV2().withWidth(128).withQueryLatent(0);
        var state = shape.build(Rng.of(1)).start();
        shape.build(Rng.of(1)).forward(normal(1, 1, 5, 128), state, Pass.inference());
        var full = KvCache.contiguous();
        new MultiHeadAttention(new AttentionConfig(128, 128).withHeadWidth(128).withBias(false), Rng.of(1)).forward(normal(1, 1, 5, 128),
                full, Pass.inference());
        Evidence.of("DeepSeek-V2: numbers for each token", state.bytes() / 20.0, exactly(576));
        Evidence.of("with keys and values of all heads", full.bytes() / 20.0, exactly(32_768));
        Evidence.of("that many times less", (double) full.bytes() / state.bytes(), between(56.85, 56.95));
        assertThat(LatentAttentionConfig.deepSeekV2().cached()).isEqualTo(576);
        assertThat(LatentAttentionConfig.deepSeekV2().expanded()).isEqualTo(32_768);
    }

    @Acceptance(topic = "mla", clause = 3)
    @Test void aMultiHeadLayerOfLowJointRankIsConvertedExactly() {
        double worst = 0, tooNarrow = Double.POSITIVE_INFINITY;
        int layers = 0;
        for (int trial = 0; trial < 40; trial++) {
            var rng = Rng.of(trial);
            int heads = 4, d = 3 + rng.nextInt(4), width = 20, rank = 2 + rng.nextInt(7), keyHeads = trial % 2 == 0 ? 4 : 2;
            var config = new AttentionConfig(width, heads).withHeadWidth(d).withKeyHeads(keyHeads).withBias(trial % 3 == 0)
                    .withAttention(new Attention().withCausal(trial % 4 < 2));
            var layer = new MultiHeadAttention(config, rng);
            var p = layer.state();
            var basis = Tensor.randn(rng, rank, width).div(Math.sqrt(rank));
            Autograd.noGrad(() -> {
                for (var name : new String[] {"k_proj.weight", "v_proj.weight"})
                    p.get(name).copy_(Tensor.randn(rng, (long) keyHeads * d, rank).matmul(basis).div(Math.sqrt(width)));
                if (config.bias()) for (var name : new String[] {"q_proj.bias", "k_proj.bias", "v_proj.bias", "o_proj.bias"})
                    p.get(name).copy_(Tensor.randn(rng, p.get(name).size(0)));
            });
            var x = normal(trial, 2, 9, width);
            worst = Math.max(worst, gap(LatentAttention.of(layer, rank).forward(x), layer.forward(x)));
            worst = Math.max(worst, gap(LatentAttention.of(layer, rank + 5).forward(x), layer.forward(x)));
            tooNarrow = Math.min(tooNarrow, gap(LatentAttention.of(layer, rank - 1).forward(x), layer.forward(x)));
            layers++;
        }
        Evidence.of("layers", layers, exactly(40));
        Evidence.of("largest gap from the layer's own output", worst, below(1e-5));
        Evidence.of("least gap with a latent one narrower than the rank", tooNarrow, above(1e-3));
    }

    @Test void gradientsOfBothFormsAgree() {
        var layer = new LatentAttention(new LatentAttentionConfig(12, 3, 5, 4, 2).withQueryLatent(6).withDtype(DType.F64), Rng.of(1));
        Tensor x = normal(2, 2, 7, 12).to(DType.F64), g = normal(3, 2, 7, 12).to(DType.F64);
        var gradients = new ArrayList<List<Tensor>>();
        for (boolean absorbed : new boolean[] {false, true}) {
            layer.zeroGrad();
            (absorbed ? layer.absorbed(x, Pass.inference()) : layer.forward(x)).mul(g).sum().backward();
            gradients.add(layer.parameters().values().stream().map(Tensor::grad).toList());
        }
        assertThat(gradients.get(0)).hasSize(7);
        for (int i = 0; i < 7; i++) assertThat(gap(gradients.get(0).get(i), gradients.get(1).get(i))).isLessThan(1e-12);
    }

    @Test void itStandsInABlockAndItsCacheTruncatesForks() {
        var config = TransformerConfig.original(16, 2, 24).withMixer(new LatentAttentionConfig(16, 2, 6, 4, 2));
        var decoder = new TransformerDecoder(config, 2, Rng.of(1));
        assertThat(decoder.parameterCount()).isEqualTo(2 * config.blockParameters());
        var x = normal(2, 2, 9, 16);
        var whole = decoder.forward(x);
        var state = decoder.start(null, null, Pass.inference());
        decoder.forward(x.narrow(1, 0, 7), state, Pass.inference());
        state.truncate(5);
        assertThat(gap(decoder.forward(x.narrow(1, 5, 3), state, Pass.inference()), whole.narrow(1, 5, 3))).isLessThan(1e-5);
        var fork = state.fork(1);
        assertThat(gap(decoder.forward(x.narrow(0, 1, 1).narrow(1, 8, 1), fork, Pass.inference()), whole.narrow(0, 1, 1).narrow(1, 8, 1)))
                .isLessThan(1e-5);
        assertThat(state.bytes()).isEqualTo(2L * 2 * 8 * 8 * 4);
        state.truncate(8, 3);
        var ragged = decoder.forward(x.narrow(1, 8, 1), state, Pass.inference());
        assertThat(gap(ragged.narrow(0, 0, 1), whole.narrow(0, 0, 1).narrow(1, 8, 1))).isLessThan(1e-5);
        var own = decoder.forward(Tensor.concat(1, x.narrow(0, 1, 1).narrow(1, 0, 3), x.narrow(0, 1, 1).narrow(1, 8, 1)));
        assertThat(gap(ragged.narrow(0, 1, 1), own.narrow(1, 3, 1))).isLessThan(1e-5);
    }

    @Test void whatDoesNotFitIsSaid() {
        assertThatThrownBy(() -> new LatentAttentionConfig(8, 2, 0, 4, 0)).hasMessageContaining("latent 0");
        assertThatThrownBy(() -> new LatentAttentionConfig(8, 2, 3, 4, 2).withRotary(null)).hasMessageContaining("give both or neither");
        var rotary = new MultiHeadAttention(new AttentionConfig(8, 2).withRotary(new RotaryEmbedding(4, 10_000)), Rng.of(1));
        assertThatThrownBy(() -> LatentAttention.of(rotary, 4)).hasMessageContaining("none of them passes through a latent");
        var layer = new LatentAttention(new LatentAttentionConfig(8, 2, 3, 4, 0), Rng.of(1));
        assertThatThrownBy(() -> layer.forward(normal(1, 1, 2, 8), (MixerState) null, Pass.inference()))
                .hasMessageContaining("start() gives");
    }
}
