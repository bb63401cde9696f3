package lyceum.train;

import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.data.Dataset;
import lyceum.nn.Activation;
import lyceum.nn.Linear;
import lyceum.nn.Sequential;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.progress.CancelledException;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class FineTunerTest {
    private static Sequential mlp() {
        var rng = Rng.of(1);
        return new Sequential(new Linear(4, 8, rng), Activation.TANH, new Linear(8, 6, rng), Activation.TANH, new Linear(6, 5, rng),
                Activation.TANH, new Linear(5, 3, rng));
    }

    private static final List<String> GROUPS = List.of("0.*", "2.*", "4.*", "6.*");

    private static Dataset data() {
        return new Dataset(Tensor.randn(Rng.of(2), 40, 4).compute(), Tensor.randint(Rng.of(3), 0, 3, 40).compute(), List.of(),
                List.of("a", "b", "c"), "random");
    }

    @Acceptance(topic = "fine-tuning", clause = 2)
    @Test void whatIsFrozenStaysBitByBit() {
        long changed = 0, frozen = 0, still = 0;
        for (int way = 0; way < 3; way++) {
            var model = mlp();
            var trainer = new Trainer(new Adam(0.05), 3).withBatchSize(10);
            var tuner = switch (way) {
                case 0 -> new FineTuner(trainer, GROUPS).withPolicy(FineTuner.Policy.HEAD);
                case 1 -> new FineTuner(trainer, GROUPS).withPolicy(FineTuner.Policy.GRADUAL).withDecay(0.5);
                default -> new FineTuner(trainer, List.of("4.*", "6.*"));
            };
            if (way == 2) model.freeze("0.*");
            if (way == 2) model.freeze("2.*");
            var before = new LinkedHashMap<String, double[]>();
            model.state().forEach((name, t) -> before.put(name, t.toDoubleArray()));
            tuner.fit(model, Loss::crossEntropy, data(), null, Rng.of(5), Progress.SILENT);
            for (var entry : model.state().entrySet()) {
                char group = entry.getKey().charAt(0);
                boolean stands = way == 0 ? group != '6' : way == 1 ? group == '0' : group < '4'; // three epochs reach three of four groups
                boolean same = Arrays.equals(before.get(entry.getKey()), entry.getValue().toDoubleArray());
                if (stands) frozen++;
                if (stands && !same) changed++;
                if (!stands && same) still++;
            }
            assertThat(model.parameters().size()).as("unfrozen when it ends, but what the caller froze").isEqualTo(way == 2 ? 4 : 8);
        }
        Evidence.of("tensors that were frozen, in three ways", frozen, exactly(6 + 2 + 4));
        Evidence.of("of them changed", changed, exactly(0));
        Evidence.of("others that did not change", still, exactly(0));
    }

    @Acceptance(topic = "fine-tuning", clause = 3)
    @Test void ratesFallByTheDecayWithEachGroup() {
        long wrong = 0, seen = 0;
        for (double base : new double[] {1e-3, 0.3}) for (double decay : new double[] {0.5, 0.95, 1 / 2.6, 1}) {
            var model = mlp();
            var tuner = new FineTuner(new Trainer(new Adam(base), 2), GROUPS).withDecay(decay);
            var run = tuner.start(model, 40, BatchLoss.of(model, Loss::crossEntropy, data()), null, Rng.of(1));
            var rates = tuner.rates(model);
            for (var entry : model.parameters().entrySet()) {
                int depth = 3 - (entry.getKey().charAt(0) - '0') / 2;
                double expected = base * Math.pow(decay, depth);
                wrong += rates.get(entry.getKey()) == expected ? 0 : 1;
                wrong += Math.abs(run.optimizer().learningRate(entry.getValue()) - expected) <= Math.ulp(expected) ? 0 : 1;
                seen++;
            }
        }
        Evidence.of("parameters seen", seen, exactly(64));
        Evidence.of("rates other than base decay^depth", wrong, exactly(0));
        var model = mlp();
        var first = new LinkedHashMap<String, Tensor>();
        model.parameters().forEach((name, p) -> first.put(name, p.detach().copy().compute()));
        var run = new FineTuner(new Trainer(new Adam(1e-3), 1).withBatchSize(40), GROUPS).withDecay(0.5).start(model, 40,
                BatchLoss.of(model, Loss::crossEntropy, data()), null, Rng.of(1));
        run.step(); // Adam's first step has the size of the rate
        for (int g = 0; g < 4; g++) {
            double step = model.parameters().get(2 * g + ".weight").sub(first.get(2 * g + ".weight")).abs().max().item();
            assertThat(step / (1e-3 * Math.pow(0.5, 3 - g))).isBetween(0.98, 1.02);
        }
    }

    @Test void theHeadComesFirst() {
        var model = mlp();
        var moving = new ArrayList<Integer>();
        var trainer = new Trainer(new Adam(0.01), 3).withListener((run, epoch) -> moving.add(model.parameters().size()));
        new FineTuner(trainer, GROUPS).withPolicy(FineTuner.Policy.HEAD_THEN_ALL).fit(model, Loss::crossEntropy, data(), null, Rng.of(5),
                Progress.SILENT);
        assertThat(moving).containsExactly(2, 8, 8);
        var head = new FineTuner(new Trainer(new Adam(0.01), 3), GROUPS).withPolicy(FineTuner.Policy.HEAD);
        var stopped = Progress.SILENT.stoppedBy(() -> true);
        assertThatThrownBy(() -> head.fit(model, Loss::crossEntropy, data(), null, Rng.of(5), stopped))
                .isInstanceOf(CancelledException.class);
        assertThat(model.parameters().size()).as("nothing stays frozen").isEqualTo(8);
    }

    @Test void headsAreReplacedAndBadSettingsNamed() {
        var model = mlp();
        var headed = FineTuner.withHead(model, 7);
        assertThat(headed.forward(Tensor.zeros(2, 4)).shape().toArray()).containsExactly(2, 7);
        assertThat(headed.layers().getFirst()).isSameAs(model.layers().getFirst());
        assertThatThrownBy(() -> FineTuner.withHead(new Sequential(Activation.RELU), 2))
                .hasMessageContaining("a Linear one can be replaced");
        var trainer = new Trainer(new Adam(0.01), 3);
        assertThatThrownBy(() -> new FineTuner(trainer, List.of())).hasMessageContaining("no group");
        assertThatThrownBy(() -> new FineTuner(trainer, GROUPS).withDecay(1.5)).hasMessageContaining("decay is 1.5");
        assertThatThrownBy(() -> new FineTuner(trainer, List.of("0.*")).rates(model)).hasMessageContaining("2.weight is in no group");
        assertThatThrownBy(() -> new FineTuner(trainer, List.of("x.*", "*")).rates(model))
                .hasMessageContaining("no trainable parameter matches group x.*");
        assertThat(Map.of("0.weight", 0.01 * 0.25)).containsEntry("0.weight",
                new FineTuner(trainer, List.of("0.*", "2.*", "*")).withDecay(0.5).rates(model).get("0.weight"));
    }
}
