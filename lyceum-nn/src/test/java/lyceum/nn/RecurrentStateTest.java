package lyceum.nn;

import static lyceum.nn.Recurrent.distance;
import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.data.SequenceTasks;
import lyceum.nn.loss.Loss;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecurrentStateTest {
    private static final RnnConfig CONFIG = new RnnConfig(3, 6).withLayers(2);

    private static Map<String, Rnn> models() {
        var models = new LinkedHashMap<String, Rnn>();
        models.put("RNN", new Rnn(CONFIG, Rng.of(1)));
        models.put("LSTM", new Lstm(CONFIG, Rng.of(2)));
        models.put("GRU", new Gru(CONFIG, Rng.of(3)));
        models.put("minLSTM", new MinLstm(CONFIG, Rng.of(4)));
        return models;
    }

    @Acceptance(topic = "hidden-state", clause = 1)
    @Test void aSequenceInTwoPartsIsOneSequence() {
        models().forEach((name, model) -> {
            var rng = Rng.of(5);
            double worst = 0;
            int sequences = 0;
            for (int k = 0; k < 100; k++) {
                int steps = 2 + rng.nextInt(19), cut = 1 + rng.nextInt(steps - 1);
                var x = Tensor.randn(rng, DType.F32, 1, steps, 3).compute();
                var first = model.run(x.narrow(1, 0, cut), null, Pass.inference());
                var second = model.run(x.narrow(1, cut, steps - cut), first.state(), Pass.inference());
                worst = Math.max(worst, distance(Tensor.concat(1, first.outputs(), second.outputs()), model.forward(x)));
                assertThat(RecurrentState.insufficiency(model, x, cut)).isBetween(0.0, 1e-6);
                sequences++;
            }
            Evidence.of(name + ": sequences", sequences, exactly(100));
            Evidence.of(name + ": largest distance of the outputs", worst, below(1e-6));
        });
    }

    @Acceptance(topic = "hidden-state", clause = 2)
    @Test void whatIsRestoredGoesOnBitForBit(@TempDir Path folder) {
        models().forEach((name, model) -> {
            var x = Tensor.randn(Rng.of(6), DType.F32, 4, 30, 3).compute();
            var state = model.run(x.narrow(1, 0, 10), null, Pass.inference()).state();
            RecurrentState restored;
            try {
                state.save(folder.resolve(name));
                restored = RecurrentState.load(folder.resolve(name));
            } catch (IOException e) {
                throw new AssertionError(e);
            }
            var rest = x.narrow(1, 10, 20);
            var on = model.run(rest, state, Pass.inference());
            var again = model.run(rest, restored, Pass.inference());
            assertThat(again.outputs().toFloatArray()).isEqualTo(on.outputs().toFloatArray());
            Evidence.of(name + ": largest difference of a future from the restored state", distance(again.outputs(), on.outputs()),
                    exactly(0));
            Evidence.of(name + ": difference from a future without it", distance(model.forward(rest), on.outputs()), above(1e-3));
        });
    }

    @Acceptance(topic = "hidden-state", clause = 3)
    @Test void swappingStatesSwapsFutures() {
        models().forEach((name, model) -> {
            var x = Tensor.randn(Rng.of(7), DType.F32, 2, 10, 3).compute();
            var state = model.run(x, null, Pass.inference()).state();
            // Both examples read the same from here on, so that their futures differ by their states alone.
            var rest = Tensor.randn(Rng.of(8), DType.F32, 1, 10, 3).expand(2, 10, 3).compute();
            var on = model.run(rest, state, Pass.inference()).outputs();
            var swapped = model.run(rest, state.rows(1, 0), Pass.inference()).outputs();
            Evidence.of(name + ": distance of the swapped futures from the others' own", distance(swapped, on.rows(1, 0)), exactly(0));
            Evidence.of(name + ": distance of the two futures", distance(on.get(0), on.get(1)), above(1e-3));
        });
    }

    @Acceptance(topic = "hidden-state", clause = 4)
    @Test void parityIsAnAutomatonOfTwoStates() {
        var rnn = new Rnn(new RnnConfig(1, 8), Rng.of(1));
        var head = new Linear(8, 2, Rng.of(2));
        var rng = Rng.of(3);
        Recurrent.train(Recurrent.parameters(rnn, head), 1e-2, 500, i -> {
            var batch = SequenceTasks.parity(rng, 32, 4 + Math.min(8, i / 40));
            return Loss.crossEntropy(head.forward(rnn.forward(batch.x())).reshape(-1, 2), batch.y().flatten());
        });
        var found = StateAutomaton.extract(rnn, List.of(Tensor.of(0f), Tensor.of(1f)), h -> (int) head.forward(h).argmax(0).itemLong(), 3,
                2000);
        var automaton = found.minimised();
        int right = 0;
        for (int string = 0; string < 1 << 12; string++) {
            var symbols = new int[12];
            for (int t = 0; t < 12; t++) symbols[t] = string >> t & 1;
            if (automaton.run(symbols) == Integer.bitCount(string) % 2) right++;
        }
        Evidence.of("states after minimisation", automaton.size(), exactly(2));
        Evidence.of("strings of length 12 of which it says the parity", right, exactly(1 << 12));
        assertThat(found.size()).isGreaterThanOrEqualTo(2);
    }

    @Test void stateOperationsTreatAllTensorsAlike() {
        var state = RecurrentState.of("h", Tensor.of(new double[] {1, 2, 3}, 3, 1), "c", Tensor.of(new double[] {4, 5, 6, 7, 8, 9}, 3, 2));
        assertThat(state.batch()).isEqualTo(3);
        assertThat(state.size()).isEqualTo(3);
        assertThat(state.rows(2, 2, 0).get("c").toDoubleArray()).containsExactly(8, 9, 8, 9, 4, 5);
        assertThat(state.reset(false, true, false).get("c").toDoubleArray()).containsExactly(4, 5, 0, 0, 8, 9);
        assertThat(state.reset(false, true, false).get("h").toDoubleArray()).containsExactly(1, 0, 3);
        assertThat(RecurrentState.concat(state, state.rows(0)).get("h").toDoubleArray()).containsExactly(1, 2, 3, 1);
        var live = state.map(t -> t.copy().requiresGrad());
        assertThat(live.get("h").isTracked()).isTrue();
        assertThat(live.detach().get("h").isTracked()).isFalse();
        assertThatThrownBy(() -> state.get("x")).hasMessageContaining("[h, c]");
        assertThatThrownBy(() -> state.reset(true)).hasMessageContaining("1 marks");
        assertThatThrownBy(() -> RecurrentState.of("h", Tensor.zeros(2, 1), "c", Tensor.zeros(3, 1))).hasMessageContaining("batch of 2");
    }

    @Test void minimisingMergesWhatNoStringTellsApart() {
        // Length modulo 2, told with four states, and one state that says something else.
        var four = new StateAutomaton(new int[][] {{1}, {2}, {3}, {0}}, new int[] {0, 1, 0, 1});
        assertThat(four.minimised().size()).isEqualTo(2);
        assertThat(new StateAutomaton(new int[][] {{1}, {2}, {3}, {0}}, new int[] {0, 1, 0, 2}).minimised().size()).isEqualTo(4);
        assertThat(four.minimised().run(0, 0, 0)).isEqualTo(1);
    }
}
