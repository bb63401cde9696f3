package lyceum.nn;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static org.assertj.core.api.Assertions.assertThat;

import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.ElmanStreams;
import lyceum.memory.Scope;
import lyceum.nn.loss.Loss;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class ElmanTest {
    private static Tensor normal(long seed, long... shape) { return Tensor.randn(Rng.of(seed), DType.F64, shape).compute(); }

    @Acceptance(topic = "elman-rnn", clause = 1)
    @Test void oneStepGradientsAreThoseOfAPlainNetworkWithTheContextAsInput() {
        double worst = 0, full = 0;
        for (var activation : new Activation[] {Activation.SIGMOID, Activation.TANH}) {
            var config = new RnnConfig(3, 5).withDtype(DType.F64);
            var elman = Rnn.elman(config, activation, false, Rng.of(1));
            var head = new Linear(5, 3, true, DType.F64, Init.torchLinear(5), Rng.of(2));
            Tensor x = normal(3, 2, 12, 3), y = normal(4, 2, 12, 3);
            Loss.mse(head.forward(elman.forward(x)).sigmoid(), y).backward();

            // The plain network: one hidden layer on (input, context), the contexts being numbers that were copied.
            var s = elman.state();
            var hidden = new Linear(Tensor.concat(1, s.get("weight_ih_l0").detach(), s.get("weight_hh_l0").detach()),
                    s.get("bias_ih_l0").detach().add(s.get("bias_hh_l0").detach()));
            var readOut = Module.copy(head);
            readOut.zeroGrad();
            var states = elman.forward(x).detach();
            var contexts = Tensor.concat(1, Tensor.zeros(DType.F64, 2, 1, 5), states.narrow(1, 0, 11));
            Loss.mse(readOut.forward(activation.forward(hidden.forward(Tensor.concat(2, x, contexts)))).sigmoid(), y).backward();
            var expected = hidden.weight().grad();
            worst = Math.max(worst, Recurrent.distance(s.get("weight_ih_l0").grad(), expected.narrow(1, 0, 3)));
            worst = Math.max(worst, Recurrent.distance(s.get("weight_hh_l0").grad(), expected.narrow(1, 3, 5)));
            worst = Math.max(worst, Recurrent.distance(s.get("bias_ih_l0").grad(), hidden.bias().grad()));
            worst = Math.max(worst, Recurrent.distance(head.weight().grad(), readOut.weight().grad()));

            var through = Rnn.elman(config, activation, true, Rng.of(1));
            through.load(elman.state());
            Loss.mse(Module.copy(head).forward(through.forward(x)).sigmoid(), y).backward();
            full = Math.max(full, Recurrent.distance(through.state().get("weight_hh_l0").grad(), s.get("weight_hh_l0").grad()));
        }
        Evidence.of("largest distance of a gradient", worst, below(1e-10));
        Evidence.of("distance of the full gradient from it", full, above(1e-5));
    }

    /** Streams side by side, in pieces of {@code piece} steps whose state is carried on and detached. */
    private static void learn(Rnn rnn, Linear head, Tensor streams, int piece, int epochs, double rate) {
        long steps = streams.size(1) - 1;
        int pieces = (int) (steps / piece);
        var state = new RecurrentState[] {rnn.initial(streams.size(0))};
        Recurrent.train(Recurrent.parameters(rnn, head), rate, epochs * pieces, i -> {
            long from = (long) (i % pieces) * piece;
            var start = i % pieces == 0 ? rnn.initial(streams.size(0)) : state[0];
            var out = rnn.run(streams.narrow(1, from, piece), start, Pass.inference());
            try (var kept = Scope.outside()) {
                state[0] = out.state().detach().map(h -> h.copy().compute());
            }
            return Loss.mse(head.forward(out.outputs()).sigmoid(), streams.narrow(1, from + 1, piece));
        });
    }

    @Acceptance(topic = "elman-rnn", clause = 2)
    @Test void temporalExclusiveOrIsForeseenWhereItCanBe() {
        var rnn = Rnn.elman(new RnnConfig(1, 16), Activation.SIGMOID, true, Rng.of(1));
        var head = new Linear(16, 1, Rng.of(2));
        var streams = ElmanStreams.temporalXor(Rng.of(3), 16 * 100).reshape(16, 300, 1);
        learn(rnn, head, streams, 30, 100, 1e-2);
        var test = ElmanStreams.temporalXor(Rng.of(4), 3000).reshape(1, 9000, 1);
        double[] error = Autograd.noGrad(() -> head.forward(rnn.forward(test.narrow(1, 0, 8997))).sigmoid().sub(test.narrow(1, 1, 8997))
                .square().reshape(-1, 3).mean(0).toDoubleArray());
        // After the second bit of a triple comes the third.
        Evidence.of("mean squared error at the third bits", error[1], atMost(0.05));
        Evidence.of("at the first", error[2], between(0.22, 0.28));
        Evidence.of("at the second", error[0], between(0.22, 0.28));
    }

    @Acceptance(topic = "elman-rnn", clause = 3)
    @Test void consonantsSurpriseAndVowelsDoNot() {
        var rnn = Rnn.elman(new RnnConfig(6, 20), Activation.SIGMOID, false, Rng.of(1));
        var head = new Linear(20, 6, Rng.of(2));
        var text = ElmanStreams.letters(Rng.of(3), 16 * 120);
        int length = text.length() / 16;
        var streams = ElmanStreams.features(text.substring(0, 16 * length)).reshape(16, length, 6);
        learn(rnn, head, streams, 30, 60, 1e-2);
        var fresh = ElmanStreams.letters(Rng.of(4), 1000);
        var test = ElmanStreams.features(fresh).unsqueeze(0);
        long n = fresh.length() - 1;
        double[] error = Autograd.noGrad(() -> head.forward(rnn.forward(test.narrow(1, 0, n))).sigmoid().sub(test.narrow(1, 1, n)).square()
                .mean(2).flatten().toDoubleArray());
        double consonants = 0, vowels = 0;
        int c = 0, v = 0;
        for (int t = 0; t < n; t++) {
            if ("bdg".indexOf(fresh.charAt(t + 1)) >= 0) {
                consonants += error[t];
                c++;
            } else {
                vowels += error[t];
                v++;
            }
        }
        Evidence.of("error at a consonant over that at a vowel", consonants / c / (vowels / v), atLeast(3));
        Evidence.of("error at a consonant", consonants / c, above(0.02));
    }

    @Test void streamsAreWhatTheySay() {
        double[] bits = ElmanStreams.temporalXor(Rng.of(1), 200).toDoubleArray();
        for (int i = 0; i < 600; i += 3) assertThat(bits[i + 2]).isEqualTo((int) bits[i] ^ (int) bits[i + 1]);
        assertThat(ElmanStreams.letters(Rng.of(1), 50)).matches("(ba|dii|guuu){50}");
        assertThat(ElmanStreams.words()).hasSize(29).doesNotHaveDuplicates();
        for (int w : ElmanStreams.sentences(Rng.of(1), 500)) assertThat(w).isBetween(0, 28);
    }
}
