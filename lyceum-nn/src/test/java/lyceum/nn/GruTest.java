package lyceum.nn;

import static lyceum.nn.Recurrent.distance;
import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;

import java.util.Map;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class GruTest {
    private static final Golden GOLDEN = Golden.load("golden/gru.json");

    private static Tensor normal(long seed, long... shape) { return Tensor.randn(Rng.of(seed), DType.F64, shape).compute(); }

    @Acceptance(topic = "gru", clause = 1)
    @Test void bothFormsEqualTheirReference() {
        var after = Recurrent.twins(GOLDEN.cases("torch"), (config, p, a) -> new Gru(config, Rng.of(0)), "h");
        Evidence.of("networks that reset after", GOLDEN.cases("torch").size(), exactly(8));
        Evidence.of("reset after: largest gap of outputs, states and gradients from PyTorch's", after, below(1e-5));
        var before = Recurrent.twins(GOLDEN.cases("before"), (config, p, a) -> new Gru(config, false, Rng.of(0)), "h");
        Evidence.of("networks that reset before", GOLDEN.cases("before").size(), exactly(10));
        Evidence.of("reset before: largest gap from the published formula", before, below(1e-6));
    }

    /** A network in which the biases of one gate are so large that it is 0 or 1 to the last bit. */
    private static Gru saturated(boolean resetAfter, int gate, double bias) {
        var gru = new Gru(new RnnConfig(3, 4).withDtype(DType.F64), resetAfter, Rng.of(1));
        var b = gru.state().get("bias_ih_l0").detach().toDoubleArray();
        for (int u = 0; u < 4; u++) b[4 * gate + u] = bias;
        return Module.with(gru, Map.of("bias_ih_l0", Tensor.of(b)));
    }

    @Acceptance(topic = "gru", clause = 2)
    @Test void updateOneCopiesAndResetZeroIgnoresTheState() {
        for (boolean resetAfter : new boolean[] {true, false}) {
            var form = resetAfter ? "reset after" : "reset before";
            var x = normal(1, 2, 100, 3);
            var h = normal(2, 2, 4);
            var state = RecurrentState.of("l0.h", h);
            Evidence.of(form + ", update gate 1: largest change of the state in 100 steps",
                    distance(saturated(resetAfter, 1, 800).run(x, state, Pass.inference()).outputs(), h.unsqueeze(1)), exactly(0));
            var deaf = saturated(resetAfter, 0, -800);
            // With the update gate at 0 as well, the output is the candidate alone.
            var b = deaf.state().get("bias_ih_l0").detach().toDoubleArray();
            for (int u = 0; u < 4; u++) b[4 + u] = -800;
            deaf = Module.with(deaf, Map.of("bias_ih_l0", Tensor.of(b)));
            var one = deaf.step(x.select(1, 0), state, Pass.inference()).outputs();
            Evidence.of(form + ", reset gate 0: what another state changes",
                    distance(one, deaf.step(x.select(1, 0), RecurrentState.of("l0.h", normal(3, 2, 4)), Pass.inference()).outputs()),
                    exactly(0));
            var hearing = saturated(resetAfter, 0, 800);
            Evidence.of(form + ", reset gate 1: what another state changes",
                    distance(hearing.step(x.select(1, 0), state, Pass.inference()).outputs(),
                            hearing.step(x.select(1, 0), RecurrentState.of("l0.h", normal(3, 2, 4)), Pass.inference()).outputs()),
                    above(0.1));
        }
    }

    @Acceptance(topic = "gru", clause = 3)
    @Test void parametersAreThreeQuartersOfAnLstms() {
        for (int[] s : new int[][] {{256, 512, 1}, {1, 1, 1}, {7, 5, 3}, {64, 32, 2}}) {
            var config = new RnnConfig(s[0], s[1]).withLayers(s[2]);
            Evidence.of("4 times the GRU's over 3 times the LSTM's, " + s[1] + " units on " + s[0],
                    4.0 * new Gru(config, Rng.of(1)).parameterCount() / (3.0 * new Lstm(config, Rng.of(1)).parameterCount()), exactly(1));
        }
        Evidence.of("parameters at 512 units on 256", new Gru(new RnnConfig(256, 512), Rng.of(1)).parameterCount(), exactly(1_182_720));
    }

    @Acceptance(topic = "gru", clause = 4)
    @Tag("slow")
    @Test void theAddingProblemIsSolvedWithinTheLstmsUpdates() {
        Evidence.of("mean squared error",
                Recurrent.adding(new Gru(new RnnConfig(2, LstmTest.UNITS), Rng.of(1)), LstmTest.UPDATES, LstmTest.RATE, 10), below(0.02));
    }
}
