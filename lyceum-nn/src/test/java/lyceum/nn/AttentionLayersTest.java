package lyceum.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;

class AttentionLayersTest {
    private static Tensor normal(long seed, long... shape) { return Tensor.randn(Rng.of(seed), DType.F64, shape).compute(); }

    private static double distance(Tensor a, Tensor b) { return a.sub(b).abs().max().item(); }

    @Test void rmsNormScalesRowsToUnitMeanSquare() {
        var x = normal(1, 4, 6).mul(3);
        var norm = new RMSNorm(6, 0, false, DType.F64);
        assertThat(distance(norm.forward(x).square().mean(1), Tensor.ones(DType.F64, 4))).isLessThan(1e-14);
        assertThat(distance(norm.forward(x), norm.forward(x.mul(17)))).isLessThan(1e-14);
        var centred = x.sub(x.mean(1, true));
        assertThat(distance(norm.forward(centred), new LayerNorm(0, DType.F64, 6).forward(centred))).isLessThan(1e-13);
        assertThat(distance(new RMSNorm(6, 0, true, DType.F64).forward(x), norm.forward(x))).isZero();
        GradientCheck.of(new RMSNorm(6, 1e-5, false, DType.F64), n -> n.forward(x).pow(3).mean());
        var half = new RMSNorm(6, 1e-6, false, DType.BF16).forward(x.to(DType.BF16));
        assertThat(half.dtype()).isEqualTo(DType.BF16);
        assertThat(distance(half.to(DType.F64), norm.forward(x))).isLessThan(2e-2);
        assertThatThrownBy(() -> norm.forward(Tensor.zeros(3))).hasMessage("RMSNorm: input (3,) for a width of 6");
    }

    @Test void rotationsComposeKeepNormsAndSeeOnlyDistances() {
        var rotary = new RotaryEmbedding(16, 10_000);
        Tensor q = normal(1, 1, 2, 5, 16), k = normal(2, 1, 2, 5, 16);
        var turned = rotary.at(0, 5, DType.F64).of(q);
        assertThat(distance(turned.square().sum(3), q.square().sum(3))).isLessThan(1e-13);
        assertThat(distance(turned.narrow(2, 0, 1), q.narrow(2, 0, 1))).isZero();
        var scores = turned.matmul(rotary.at(0, 5, DType.F64).of(k).transpose());
        var shifted = rotary.at(300, 5, DType.F64).of(q).matmul(rotary.at(300, 5, DType.F64).of(k).transpose());
        assertThat(distance(scores, shifted)).isLessThan(1e-11);
        var byNumber = rotary.at(Tensor.of(new int[] {3, 0, 7, 7, 1}, 1, 5), DType.F64).of(q);
        assertThat(distance(byNumber.narrow(2, 2, 1), rotary.at(7, 1, DType.F64).of(q.narrow(2, 2, 1)))).isLessThan(1e-14);
        assertThat(distance(rotary.at(4, 5, DType.F64).of(rotary.at(3, 5, DType.F64).of(q)).narrow(2, 0, 1),
                rotary.at(7, 1, DType.F64).of(q.narrow(2, 0, 1)))).isLessThan(1e-13);
    }

    @Test void interleavedPairsAreHalvesInAnotherOrder() {
        var frequencies = RotaryEmbedding.frequencies(8, 100);
        var x = normal(3, 1, 1, 6, 8);
        var order = Tensor.of(0, 2, 4, 6, 1, 3, 5, 7);
        var halves = new RotaryEmbedding(frequencies, false).at(2, 6, DType.F64).of(x.indexSelect(3, order));
        assertThat(distance(new RotaryEmbedding(frequencies, true).at(2, 6, DType.F64).of(x).indexSelect(3, order), halves))
                .isLessThan(1e-15);
        var part = new RotaryEmbedding(RotaryEmbedding.frequencies(4, 100), false).at(2, 6, DType.F64).of(x);
        assertThat(distance(part.narrow(3, 4, 4), x.narrow(3, 4, 4))).isZero();
        assertThatThrownBy(() -> new RotaryEmbedding(5, 100)).hasMessageContaining("the width is even");
    }

    @Test void gatedFeedForwardIsItsFormulaForEveryGate() {
        var x = normal(4, 3, 6);
        for (var gate : new Activation[] {Activation.SILU, Activation.GELU, Activation.RELU, Activation.SIGMOID, Activation.IDENTITY}) {
            var block = new GatedFeedForward(6, 10, gate, true, DType.F64, Rng.of(5));
            var p = block.parameters();
            var hidden = gate.apply(x.matmul(p.get("gate_proj.weight").transpose()).add(p.get("gate_proj.bias")))
                    .mul(x.matmul(p.get("up_proj.weight").transpose()).add(p.get("up_proj.bias")));
            assertThat(distance(block.forward(x), hidden.matmul(p.get("down_proj.weight").transpose()).add(p.get("down_proj.bias"))))
                    .isLessThan(1e-14);
            GradientCheck.of(block, b -> b.forward(x).square().mean());
        }
        assertThat(GatedFeedForward.hiddenFor(4096, 256)).isEqualTo(11008);
    }

    @Test void groupedAndMultiQueryAttentionShareKeyHeads() {
        var x = normal(6, 2, 5, 12);
        for (int keyHeads : new int[] {1, 2, 4}) {
            var config = new AttentionConfig(12, 4).withKeyHeads(keyHeads).withDtype(DType.F64);
            var layer = new MultiHeadAttention(config, Rng.of(7));
            assertThat(layer.parameters().get("k_proj.weight").shape().toArray()).containsExactly(3L * keyHeads, 12);
            assertThat(layer.forward(x).shape()).isEqualTo(x.shape());
            GradientCheck.of(layer, l -> l.forward(x).square().mean());
        }
        assertThatThrownBy(() -> new AttentionConfig(12, 5)).hasMessageContaining("5 heads do not divide a width of 12");
        assertThatThrownBy(() -> new AttentionConfig(12, 4).withKeyHeads(3))
                .hasMessage("AttentionConfig: keyHeads is 3; it divides heads 4");
    }

    @Test void dropoutFallsOnTheWeightsWhileLearning() {
        var x = normal(8, 2, 6, 8);
        var layer = new MultiHeadAttention(new AttentionConfig(8, 2).withDtype(DType.F64).withDropout(0.5), Rng.of(9));
        assertThat(distance(layer.forward(x, Pass.training(Rng.of(1))), layer.forward(x, Pass.training(Rng.of(1))))).isZero();
        assertThat(distance(layer.forward(x, Pass.training(Rng.of(1))), layer.forward(x))).isGreaterThan(1e-3);
        Tensor mean = Tensor.zeros(DType.F64, 2, 6, 8), y = layer.forward(x).detach();
        for (int i = 0; i < 4000; i++) {
            int seed = i;
            mean = mean.add(Autograd.noGrad(() -> layer.forward(x, Pass.training(Rng.of(seed)))).div(4000)).compute();
        }
        assertThat(mean.sub(y).abs().mean().item()).isCloseTo(0, within(0.02));
    }

    @Test void paddedEntriesEqualShorterOnes() {
        var layer = new MultiHeadAttention(new AttentionConfig(8, 2).withDtype(DType.F64), Rng.of(10));
        var x = normal(11, 2, 6, 8);
        var padded = layer.forward(x, x, new Attention().withKeyLengths(Tensor.of(4, 6)), Pass.inference());
        assertThat(distance(padded.get(0).narrow(0, 0, 4), layer.forward(x.get(0).narrow(0, 0, 4).unsqueeze(0)).get(0))).isLessThan(1e-14);
        assertThat(distance(padded.get(1), layer.forward(x.get(1).unsqueeze(0)).get(0))).isLessThan(1e-14);
    }

    @Test void aCacheForksTruncatesAndCountsItsBytes() {
        var cache = KvCache.contiguous();
        Tensor k = normal(12, 2, 3, 70, 4), v = normal(13, 2, 3, 70, 4);
        cache.append(k.narrow(2, 0, 50), v.narrow(2, 0, 50));
        var past = cache.append(k.narrow(2, 50, 20), v.narrow(2, 50, 20));
        assertThat(distance(past.keys(), k)).isZero();
        assertThat(distance(past.values(), v)).isZero();
        assertThat(cache.bytes()).isEqualTo(2L * 2 * 3 * 70 * 4 * 8);
        var beams = cache.fork(1, 1, 0);
        cache.truncate(10);
        assertThat(cache.append(k.narrow(2, 10, 1), v.narrow(2, 10, 1)).keys().size(2)).isEqualTo(11);
        assertThat(distance(beams.append(k.rows(1, 1, 0).narrow(2, 0, 1), v.rows(1, 1, 0).narrow(2, 0, 1)).keys().narrow(2, 0, 70),
                k.rows(1, 1, 0))).isZero();
        assertThatThrownBy(() -> cache.append(normal(1, 2, 2, 1, 4), normal(1, 2, 2, 1, 4))).hasMessageContaining("does not follow");
    }
}
