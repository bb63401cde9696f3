package lyceum.nn;

import static lyceum.nn.Recurrent.distance;
import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LstmTest {
    static final int UPDATES = 1500;
    static final double RATE = 5e-3;
    static final int UNITS = 32;

    private static Tensor normal(long seed, long... shape) { return Tensor.randn(Rng.of(seed), DType.F64, shape).compute(); }

    @Acceptance(topic = "lstm", clause = 1)
    @Test void outputsStatesAndGradientsEqualPyTorch() {
        var cases = Golden.load("golden/lstm.json").cases("torch");
        var gap = Recurrent.twins(cases,
                (config, projection, activation) -> new Lstm(config, new LstmVariant().withProjection(projection), Rng.of(0)), "h", "c");
        Evidence.of("networks of 1 and 2 layers, in one direction or both, with projection or not, packed or not", cases.size(),
                exactly(16));
        Evidence.of("largest gap of outputs, last states and gradients", gap, below(1e-5));
    }

    /** Biases so large that the gates' sigmoid is 1 and 0 to the last bit, whatever input and state say. */
    private static Lstm keeping(int n) {
        var lstm = new Lstm(new RnnConfig(3, n).withDtype(DType.F64), Rng.of(1));
        var bias = new double[4 * n];
        for (int u = 0; u < n; u++) {
            bias[u] = -800;
            bias[n + u] = 800;
        }
        return Module.with(lstm, Map.of("bias_ih_l0", Tensor.of(bias)));
    }

    @Acceptance(topic = "lstm", clause = 2)
    @Test void withForgetOneAndInputZeroTheMemoryPassesAThousandStepsUnchanged() {
        int n = 4, steps = 1000;
        var lstm = keeping(n);
        var x = normal(1, 1, steps, 3);
        var start = normal(2, n);
        var h = Tensor.zeros(DType.F64, 1, n);
        var gates = lstm.gates(x, "l0");
        Evidence.of("least forget gate", gates.get("forget").min().item(), exactly(1));
        Evidence.of("largest input gate", gates.get("input").max().item(), exactly(0));
        Evidence.of("least size of a candidate that is kept out", gates.get("candidate").abs().max().item(), above(0.1));
        var leaf = start.copy().requiresGrad();
        var end = lstm.run(x, RecurrentState.of("l0.h", h, "l0.c", leaf.reshape(1, n)), Pass.inference()).state().get("l0.c");
        assertThat(end.flatten().toDoubleArray()).isEqualTo(start.toDoubleArray());
        Evidence.of("largest change of the memory in 1,000 steps", distance(end.flatten(), start), exactly(0));
        var jacobian = new double[n][];
        for (int i = 0; i < n; i++) jacobian[i] = Autograd.gradients(end.get(0, i), new Tensor[] {leaf}, false)[0].toDoubleArray();
        Evidence.of("largest distance of dc_T/dc_0 from the identity", distance(Tensor.of(jacobian), Tensor.eye(DType.F64, n)), exactly(0));
    }

    @Acceptance(topic = "lstm", clause = 3)
    @Test void parametersNumberFourTimesTheGates() {
        int compared = 0;
        for (int[] s : new int[][] {{256, 512, 1}, {1, 1, 1}, {7, 5, 3}, {64, 32, 2}}) {
            var lstm = new Lstm(new RnnConfig(s[0], s[1]).withLayers(s[2]), Rng.of(1));
            long x = s[0], h = s[1];
            for (int l = 0; l < s[2]; l++, x = h) {
                var end = "_l" + l;
                long layer = lstm.parameters().entrySet().stream().filter(e -> e.getKey().endsWith(end))
                        .mapToLong(e -> e.getValue().count()).sum();
                Evidence.of("parameters of layer " + l + " with " + h + " units on " + x, layer, exactly(4 * (h * (x + h) + 2 * h)));
                compared++;
            }
        }
        Evidence.of("layers", compared, exactly(7));
    }

    @Acceptance(topic = "lstm", clause = 4)
    @Tag("slow")
    @Test void theAddingProblemIsSolvedWhereTheSimpleNetworkStays() {
        Evidence.of("LSTM: mean squared error", Recurrent.adding(new Lstm(new RnnConfig(2, UNITS), Rng.of(1)), UPDATES, RATE, 10),
                below(0.02));
        Evidence.of("simple network: mean squared error", Recurrent.adding(new Rnn(new RnnConfig(2, UNITS), Rng.of(1)), UPDATES, RATE, 10),
                above(0.12));
    }

    /** The formulas of the variants on plain arrays, one example, one step. */
    @Test void peepholesNormsAndZoneoutFollowTheirFormulas() {
        var lstm = new Lstm(new RnnConfig(2, 3).withDtype(DType.F64), new LstmVariant().withPeephole(true), Rng.of(1));
        Tensor x = normal(1, 1, 2), h = normal(2, 1, 3), c = normal(3, 1, 3);
        var p = lstm.state();
        var a = x.matmul(p.get("weight_ih_l0").transpose()).add(h.matmul(p.get("weight_hh_l0").transpose())).add(p.get("bias_ih_l0"))
                .add(p.get("bias_hh_l0"));
        var i = a.narrow(1, 0, 3).add(c.mul(p.get("weight_ci_l0"))).sigmoid();
        var f = a.narrow(1, 3, 3).add(c.mul(p.get("weight_cf_l0"))).sigmoid();
        var c2 = f.mul(c).add(i.mul(a.narrow(1, 6, 3).tanh()));
        var o = a.narrow(1, 9, 3).add(c2.mul(p.get("weight_co_l0"))).sigmoid();
        var after = lstm.step(x, RecurrentState.of("l0.h", h, "l0.c", c), Pass.inference()).state();
        assertThat(distance(after.get("l0.c"), c2)).isLessThan(1e-12);
        assertThat(distance(after.get("l0.h"), o.mul(c2.tanh()))).isLessThan(1e-12);

        var plain = new Lstm(new RnnConfig(2, 3).withDtype(DType.F64), new LstmVariant(), Rng.of(1));
        var zoned = new Lstm(new RnnConfig(2, 3).withDtype(DType.F64), new LstmVariant().withZoneoutC(0.25).withZoneoutH(0.5), Rng.of(1));
        var state = RecurrentState.of("l0.h", h, "l0.c", c);
        var full = plain.step(x, state, Pass.inference()).state();
        assertThat(distance(zoned.step(x, state, Pass.inference()).state().get("l0.c"), full.get("l0.c").mul(0.75).add(c.mul(0.25))))
                .isLessThan(1e-12);
        // h comes of the new memory, and is itself kept in part (Krueger et al. 2017, section 3.2)
        assertThat(distance(zoned.step(x, state, Pass.inference()).state().get("l0.h"), full.get("l0.h").mul(0.5).add(h.mul(0.5))))
                .isLessThan(1e-12);
        var kept = new int[2];
        for (int seed = 0; seed < 200; seed++) {
            double[] drawn = zoned.step(x, state, Pass.training(Rng.of(seed))).state().get("l0.c").toDoubleArray();
            for (int u = 0; u < 3; u++) kept[drawn[u] == c.item(0, u) ? 1 : 0]++;
        }
        assertThat(kept[1] / 600.0).isBetween(0.19, 0.31);

        var normed = new Lstm(new RnnConfig(2, 3).withDtype(DType.F64), new LstmVariant().withLayerNorm(true), Rng.of(1));
        assertThat(normed.parameters().keySet()).contains("norm_ih.weight_l0", "norm_c.bias_l0");
        assertThat(distance(normed.forward(x.mul(100).unsqueeze(0)), normed.forward(x.mul(10).unsqueeze(0)))).isLessThan(1e-3);
    }

    @Test void theForgetBiasIsAddedAndStatesAreSaved(@TempDir Path folder) throws Exception {
        Lstm one = new Lstm(new RnnConfig(2, 3), Rng.of(1)),
                zero = new Lstm(new RnnConfig(2, 3), new LstmVariant().withForgetBias(0), Rng.of(1));
        var difference = one.state().get("bias_ih_l0").detach().sub(zero.state().get("bias_ih_l0").detach()).toDoubleArray();
        for (int i = 0; i < 12; i++) assertThat(difference[i]).isCloseTo(i / 3 == 1 ? 1 : 0, within(1e-6));
        one.save(folder.resolve("lstm.safetensors"));
        zero.load(folder.resolve("lstm.safetensors"));
        var x = Tensor.randn(Rng.of(2), DType.F32, 1, 4, 2).compute();
        assertThat(distance(one.forward(x), zero.forward(x))).isZero();
        assertThatThrownBy(() -> new LstmVariant().withZoneoutC(1)).hasMessageContaining("zoneout");
        var reversed = new Lstm(new RnnConfig(2, 3).withBidirectional(true), Rng.of(1));
        assertThat(distance(reversed.gates(x, "l0_reverse").get("memory").get(0),
                reversed.run(x, null, Pass.inference()).state().get("l0_reverse.c"))).isZero();
        assertThat(new LinkedHashMap<>(one.gates(x, "l0")).keySet()).containsExactly("input", "forget", "candidate", "memory", "output");
    }
}
