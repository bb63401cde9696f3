package lyceum.optim;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import lyceum.DType;
import lyceum.linalg.NewtonSchulz;
import lyceum.linalg.Qr;
import lyceum.linalg.Svd;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class MuonTest {

    @Test
    @Acceptance(topic = "muon", clause = 1) void stepsEqualATranscriptionInTorch() {
        Gap gap = Gap.absolute(), single = Gap.absolute();
        for (var c : Golden.load("golden/muon.json").list("cases")) for (var type : List.of(DType.F64, DType.F32)) {
            long[] shape = c.longs("input.shape");
            int n = (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
            var r = new Recipe(8130);
            var x = Tensor.of(r.bells(n), shape).to(type).compute().requiresGrad();
            var optimizer = new Muon(0.02).withNesterov(c.flag("input.nesterov")).withScale(Muon.Scale.valueOf(c.text("input.scale")))
                    .withWeightDecay(c.number("input.weightDecay")).over(x);
            for (int t = 1; t <= 3; t++) {
                optimizer.step(Tensor.of(r.bells(n), shape).to(type));
                (type == DType.F64 ? gap : single).see(c, "expected.steps." + t, x.flatten().toDoubleArray());
            }
        }
        Evidence.of("numbers compared", gap.seen(), exactly(3 * (60 + 36 + 36 + 36)));
        Evidence.of("largest gap to torch", gap, below(1e-5));
        Evidence.of("largest gap to torch, in F32", single, below(1e-5));
    }

    /** {@code U diag(values) V'} with random orthonormal U and V, and its orthogonal factor {@code U V'}. */
    private record Built(Tensor matrix, Tensor orthogonal) {
        static Built of(int rows, int columns, double[] values, Rng rng) {
            int k = Math.min(rows, columns);
            Tensor u = Qr.of(Tensor.randn(rng, DType.F64, rows, k)).q(), v = Qr.of(Tensor.randn(rng, DType.F64, columns, k)).q();
            return new Built(u.mul(Tensor.of(values)).matmul(v.transpose()).compute(), u.matmul(v.transpose()).compute());
        }

        /** Shapes up to 128 x 128 of exactly this condition: even spectra, geometric ones, and a single small value under equal ones. */
        static List<Built> all(double condition) {
            var rng = Rng.of(420);
            var built = new ArrayList<Built>();
            for (int[] shape : new int[][] {{2, 2}, {5, 3}, {16, 64}, {64, 64}, {128, 40}, {128, 128}}) {
                int k = Math.min(shape[0], shape[1]);
                for (int kind = 0; kind < 3; kind++) {
                    var values = new double[k];
                    for (int i = 0; i < k; i++) {
                        double part = (double) i / (k - 1);
                        values[i] = kind == 0 ? 1 - part * (1 - 1 / condition)
                                : kind == 1 ? Math.pow(condition, -part) : i < k - 1 ? 1 : 1 / condition;
                    }
                    built.add(of(shape[0], shape[1], values, rng));
                }
            }
            return built;
        }
    }

    @Test
    @Acceptance(topic = "muon", clause = 2) void fiveQuinticStepsBringSingularValuesNearOne() {
        double least = Double.POSITIVE_INFINITY, largest = 0;
        int matrices = 0;
        for (double condition : new double[] {1, 3, 20}) for (var built : Built.all(condition)) {
            var values = Svd.values(NewtonSchulz.quintic(5).of(built.matrix));
            least = Math.min(least, values.min().item());
            largest = Math.max(largest, values.max().item());
            matrices++;
        }
        Evidence.of("matrices", matrices, exactly(3 * 6 * 3));
        Evidence.of("least singular value", least, atLeast(0.5));
        Evidence.of("largest singular value", largest, atMost(1.5));
    }

    @Test
    @Acceptance(topic = "muon", clause = 3) void thirtyCubicStepsGiveTheOrthogonalFactor() {
        Gap built = Gap.absolute(), svd = Gap.absolute();
        int matrices = 0;
        for (double condition : new double[] {1, 30, 1e3}) for (var b : Built.all(condition)) {
            double[] found = NewtonSchulz.cubic(30).of(b.matrix).flatten().toDoubleArray();
            built.see("U V' as built", found, b.orthogonal.flatten().toDoubleArray());
            var pairs = Svd.of(b.matrix);
            svd.see("U V' of the SVD", found, pairs.u().matmul(pairs.vt()).flatten().toDoubleArray());
            matrices++;
        }
        Evidence.of("matrices", matrices, exactly(3 * 6 * 3));
        Evidence.of("largest gap to U V' by construction", built, below(1e-5));
        Evidence.of("largest gap to U V' of the SVD", svd, below(1e-5));
    }

    @Test
    @Acceptance(topic = "muon", clause = 4) void theScaleOfTheGradientDoesNotMatter() {
        var wide = Gap.absolute();
        for (double factor : new double[] {1e-2, 0.1, 0.37, 3, 10, 123, 1e3, 1e4})
            wide.see("times " + factor, step(DType.F64, factor), step(DType.F64, 1));
        var powers = Gap.absolute();
        for (int power = -6; power <= 12; power++)
            powers.see("times 2^" + power, step(DType.F32, Math.scalb(1.0, power)), step(DType.F32, 1));
        Evidence.of("largest change in F64, factors from 1e-2 to 1e4", wide, below(1e-6));
        Evidence.of("largest change in F32, 2^-6 to 2^12", powers, below(1e-6));
    }

    /** What three steps of gradients times {@code factor} make of zeros: the updates, summed. */
    private static double[] step(DType type, double factor) {
        var rng = Rng.of(421);
        Tensor a = Tensor.zeros(type, 24, 17).copy().requiresGrad(), b = Tensor.zeros(type, 8, 30).copy().requiresGrad();
        var optimizer = new Muon(1).over(a, b);
        for (int t = 0; t < 3; t++) optimizer.step(Tensor.randn(rng, type, 24, 17).mul(factor), Tensor.randn(rng, type, 8, 30).mul(factor));
        return Tensor.concat(0, a.detach().flatten(), b.detach().flatten()).toDoubleArray();
    }

    @Test void vectorsEmbeddingsAndHeadsGoToAdamW() {
        for (var name : List.of("wte.weight", "transformer.wpe.weight", "embed_tokens.weight", "pos_emb.weight", "tokenEmbedding.weight",
                "lm_head.weight", "head.weight", "output.weight", "classifier.weight", "vit.pos_embedding", "encoder.pos_embed", "lm_head"))
            assertThat(Muon.isHidden(name, Tensor.zeros(3, 3))).as(name).isFalse();
        for (var name : List.of("blocks.0.attn.c_attn.weight", "layers.1.attention.output.dense.weight", "heads.0.weight", "members.weight",
                "0", "layers.0.headNorm", "blocks.1.attn.heads"))
            assertThat(Muon.isHidden(name, Tensor.zeros(3, 3))).as(name).isTrue();
        var rng = Rng.of(1);
        var named = new LinkedHashMap<String, Tensor>();
        named.put("wte.weight", Tensor.randn(rng, DType.F64, 5, 4).requiresGrad());
        named.put("fc.weight", Tensor.randn(rng, DType.F64, 6, 4).requiresGrad());
        named.put("fc.bias", Tensor.randn(rng, DType.F64, 6).requiresGrad());
        var alone = new LinkedHashMap<String, Tensor>();
        named.forEach((name, x) -> alone.put(name, x.detach().copy().requiresGrad()));
        var gradients = named.values().stream().map(x -> Tensor.randn(rng, DType.F64, x.shape().toArray()).compute())
                .toArray(Tensor[]::new);
        var optimizer = new Muon(0.02).over(named);
        optimizer.step(gradients);
        assertThat(optimizer.parameters()).containsExactlyElementsOf(named.values());
        assertThat(optimizer.state().tensors().keySet()).containsExactly("wte.weight.mean", "wte.weight.square", "fc.weight.momentum",
                "fc.bias.mean", "fc.bias.square");
        new AdamW(3e-4).withBetas(0.9, 0.95).over(alone.get("wte.weight"), alone.get("fc.bias")).step(gradients[0], gradients[2]);
        new Muon(0.02).over(alone.get("fc.weight")).step(gradients[1]);
        named.forEach((name, x) -> assertThat(x.flatten().toDoubleArray()).as(name).isEqualTo(alone.get(name).flatten().toDoubleArray()));
        assertThatThrownBy(() -> new Muon(0.02).slots(named.get("fc.bias"))).hasMessageContaining("is not a matrix");
        assertThat(NewtonSchulz.quintic(5).of(Tensor.zeros(3, 2)).toRows()).isDeepEqualTo(new double[3][2]);
    }
}
