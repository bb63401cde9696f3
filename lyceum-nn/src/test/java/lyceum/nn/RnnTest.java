package lyceum.nn;

import static lyceum.nn.Recurrent.distance;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Locale;
import java.util.Map;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.data.SequenceTasks;
import lyceum.linalg.Qr;
import lyceum.nn.loss.Loss;
import lyceum.random.Rng;
import lyceum.tensor.Index;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class RnnTest {
    private static Tensor normal(long seed, long... shape) { return Tensor.randn(Rng.of(seed), DType.F64, shape).compute(); }

    @Acceptance(topic = "rnn", clause = 1)
    @Test void outputsStatesAndGradientsEqualPyTorch() {
        var cases = Golden.load("golden/rnn.json").cases("torch");
        var gap = Recurrent.twins(cases,
                (config, projection, activation) -> new Rnn(config, Activation.valueOf(activation.toUpperCase(Locale.ROOT)), Rng.of(0)),
                "h");
        Evidence.of("networks of 1 to 3 layers, in one direction or both, packed or not", cases.size(), exactly(12));
        Evidence.of("largest gap of outputs, last states and gradients", gap, below(1e-5));
    }

    @Acceptance(topic = "rnn", clause = 2)
    @Test void packedSequencesEqualRunsOfEachAlone() {
        int compared = 0;
        double worst = 0;
        for (int seed = 0; seed < 10; seed++) {
            var config = new RnnConfig(3, 5).withLayers(1 + seed % 3).withBidirectional(seed % 2 == 0).withDtype(DType.F64);
            var rnn = seed < 5 ? new Rnn(config, Rng.of(seed)) : seed < 8 ? new Lstm(config, Rng.of(seed)) : new Gru(config, Rng.of(seed));
            int[] lengths = {7, 2, 9, 1, 5};
            var x = normal(seed + 50, 5, 9, 3);
            // What stands beyond an end must not matter, whatever it is.
            for (int b = 0; b < 5; b++) for (int t = lengths[b]; t < 9; t++) x.set_(Double.NaN, Index.at(b), Index.at(t));
            var packed = rnn.run(x, null, lengths, Pass.inference());
            for (int b = 0; b < 5; b++) {
                var alone = rnn.run(x.narrow(0, b, 1).narrow(1, 0, lengths[b]), null, Pass.inference());
                worst = Math.max(worst, distance(packed.outputs().narrow(0, b, 1).narrow(1, 0, lengths[b]), alone.outputs()));
                worst = Math.max(worst, distance(packed.state().rows(b).stacked("h"), alone.state().stacked("h")));
                if (lengths[b] < 9) assertThat(packed.outputs().get(b).narrow(0, lengths[b], 9 - lengths[b]).abs().max().item()).isZero();
                compared++;
            }
        }
        Evidence.of("sequences", compared, exactly(50));
        Evidence.of("largest distance of a packed sequence from its run alone", worst, below(1e-6));
    }

    @Acceptance(topic = "rnn", clause = 3)
    @Test void stepByStepEqualsTheWholeSequence() {
        double worst = 0;
        int steps = 0;
        for (int layers = 1; layers <= 3; layers++) {
            var rnn = new Rnn(new RnnConfig(4, 6).withLayers(layers).withDtype(DType.F64), Rng.of(layers));
            var x = normal(60 + layers, 3, 12, 4);
            var whole = rnn.run(x, null, Pass.inference());
            var state = rnn.initial(3);
            for (int t = 0; t < 12; t++) {
                var out = rnn.step(x.select(1, t), state, Pass.inference());
                state = out.state();
                worst = Math.max(worst, distance(out.outputs(), whole.outputs().select(1, t)));
                steps++;
            }
            worst = Math.max(worst, distance(state.stacked("h"), whole.state().stacked("h")));
        }
        Evidence.of("steps", steps, exactly(36));
        Evidence.of("largest distance", worst, below(1e-12));
    }

    @Acceptance(topic = "rnn", clause = 4)
    @Test void aScaledOrthogonalMatrixScalesTheGradientByItsPower() {
        double worst = 0;
        int cases = 0;
        for (double r : new double[] {0.9, 1, 1.1}) for (int steps : new int[] {2, 10, 50}) {
            int n = 8;
            var rnn = new Rnn(new RnnConfig(2, n).withDtype(DType.F64), Activation.IDENTITY, Rng.of(1));
            var q = Qr.of(normal(steps, n, n)).q();
            rnn = Module.with(rnn, Map.of("weight_hh_l0", q.mul(r).compute()));
            var x = normal(steps + 1, 1, steps, 2);
            var network = rnn;
            var first = rnn.run(x.narrow(1, 0, 1), null, Pass.inference()).state().detach();
            // The direction of the gradient is arbitrary: an orthogonal matrix keeps all lengths, so every singular value is the power.
            var jacobian = Autograd
                    .jacobian(h -> network.run(x.narrow(1, 1, steps - 1), RecurrentState.of("l0.h", h.reshape(1, n)), Pass.inference())
                            .state().get("l0.h").flatten(), first.get("l0.h").flatten());
            double power = Math.pow(r, steps - 1);
            var gram = jacobian.transpose().matmul(jacobian);
            worst = Math.max(worst, distance(gram.div(power * power), Tensor.eye(DType.F64, n)));
            cases++;
        }
        Evidence.of("scales and lengths", cases, exactly(9));
        Evidence.of("largest relative distance of a squared singular value of dh_T/dh_1 from r^(2(T-1))", worst, below(1e-6));
    }

    @Acceptance(topic = "rnn", clause = 5)
    @Tag("slow")
    @Test void anEchoOfThreeStepsIsLearntAndOneOfFiftyIsNot() {
        Evidence.of("mean squared error at a delay of 3", echo(3, 20), below(0.01));
        Evidence.of("mean squared error at a delay of 50 over that of a constant", echo(50, 60) / (1.0 / 3), between(0.9, 1.1));
    }

    private static double echo(int lag, int steps) {
        var rnn = new Rnn(new RnnConfig(1, 32), Rng.of(1));
        var head = new Linear(32, 1, Rng.of(2));
        var rng = Rng.of(3);
        Recurrent.train(Recurrent.parameters(rnn, head), 3e-3, 400, i -> {
            var batch = SequenceTasks.echo(rng, 32, steps, lag);
            return Loss.mse(head.forward(rnn.forward(batch.x(), Pass.training(rng))).narrow(1, lag, steps - lag),
                    batch.y().narrow(1, lag, steps - lag));
        });
        var test = SequenceTasks.echo(Rng.of(4), 1000, steps, lag);
        return Autograd.noGrad(() -> Loss
                .mse(head.forward(rnn.forward(test.x())).narrow(1, lag, steps - lag), test.y().narrow(1, lag, steps - lag)).item());
    }

    @Test void layoutsAgreeAndParametersHavePyTorchsNames() {
        var rng = Rng.of(1);
        var rnn = new Rnn(new RnnConfig(3, 4).withLayers(2).withBidirectional(true).withBatchFirst(false), rng);
        assertThat(rnn.parameters().keySet()).containsExactly("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0",
                "weight_ih_l0_reverse", "weight_hh_l0_reverse", "bias_ih_l0_reverse", "bias_hh_l0_reverse", "weight_ih_l1", "weight_hh_l1",
                "bias_ih_l1", "bias_hh_l1", "weight_ih_l1_reverse", "weight_hh_l1_reverse", "bias_ih_l1_reverse", "bias_hh_l1_reverse");
        assertThat(rnn.modules().keySet()).containsExactly("", "l0", "l0_reverse", "l1", "l1_reverse");
        assertThat(new Sequential(rnn).state()).containsKey("0.weight_ih_l1_reverse");
        assertThat(rnn.freeze("weight_hh_l0*")).isEqualTo(32);
        assertThat(rnn.parameters()).hasSize(14);
        assertThat(rnn.unfreeze("*")).isEqualTo(32);
        var batchFirst = new Rnn(rnn.config().withBatchFirst(true), Rng.of(2));
        batchFirst.load(rnn.state());
        var x = Tensor.randn(Rng.of(3), DType.F32, 5, 2, 3).compute();
        assertThat(distance(rnn.forward(x), batchFirst.forward(x.transpose(0, 1)).transpose(0, 1))).isZero();
        assertThat(rnn.forward(x).shape().toArray()).containsExactly(5, 2, 8);
    }

    @Test void readOutsSeeEachExamplesOwnSteps() {
        var rnn = new Rnn(new RnnConfig(3, 4).withBidirectional(true), Rng.of(1));
        var x = Tensor.randn(Rng.of(3), DType.F32, 2, 6, 3).compute();
        int[] lengths = {4, 6};
        var out = rnn.run(x, null, lengths, Pass.inference());
        var last = rnn.last(out.state());
        assertThat(distance(last.get(0).narrow(0, 0, 4), out.outputs().get(0, 3).narrow(0, 0, 4))).isZero();
        assertThat(distance(last.get(0).narrow(0, 4, 4), out.outputs().get(0, 0).narrow(0, 4, 4))).isZero();
        assertThat(distance(rnn.mean(out.outputs(), lengths).get(0), out.outputs().get(0).narrow(0, 0, 4).mean(0))).isLessThan(1e-6);
        var one = new Rnn(new RnnConfig(4, 4), Rng.of(1));
        var many = one.unroll(x.select(1, 0).pad(1, 0, 1, 0), null, 3, h -> h, Pass.inference());
        assertThat(many.outputs().shape().toArray()).containsExactly(2, 3, 4);
        assertThat(distance(many.outputs().select(1, 1),
                one.step(many.outputs().select(1, 0), RecurrentState.of("l0.h", many.outputs().select(1, 0)), Pass.inference()).outputs()))
                .isZero();
    }

    @Test void dropoutFallsBetweenLayersOnly() {
        var x = Tensor.randn(Rng.of(3), DType.F32, 2, 6, 3).compute();
        var one = new Rnn(new RnnConfig(3, 4).withDropout(0.5), Rng.of(1));
        assertThat(distance(one.forward(x, Pass.training(Rng.of(1))), one.forward(x))).isZero();
        var two = new Rnn(new RnnConfig(3, 4).withLayers(2).withDropout(0.5), Rng.of(1));
        assertThat(distance(two.forward(x, Pass.training(Rng.of(1))), two.forward(x))).isPositive();
    }

    @Test void badInputsAreNamed() {
        var rnn = new Rnn(new RnnConfig(3, 4).withBidirectional(true), Rng.of(1));
        assertThatThrownBy(() -> rnn.forward(Tensor.zeros(2, 5, 4))).isInstanceOf(ShapeException.class)
                .hasMessageContaining("(batch, T, 3)");
        assertThatThrownBy(() -> rnn.step(Tensor.zeros(2, 3), rnn.initial(2), Pass.inference())).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> rnn.run(Tensor.zeros(2, 5, 3), null, new int[] {5, 6}, Pass.inference()))
                .hasMessageContaining("a length of 6");
        assertThatThrownBy(() -> rnn.run(Tensor.zeros(2, 5, 3), rnn.initial(3), Pass.inference())).hasMessageContaining("3 examples");
        assertThatThrownBy(() -> new RnnConfig(0, 4)).hasMessageContaining("0 inputs");
        assertThatThrownBy(() -> new RnnConfig(1, 4).withDropout(1)).hasMessageContaining("dropout is 1.0");
    }
}
