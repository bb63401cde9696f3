package lyceum.train;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.backend.Convolution;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.nn.Activation;
import lyceum.nn.Conv2d;
import lyceum.nn.Layer;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Sequential;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class FineTunerTest {
    private static Sequential mlp() {
        var rng = Rng.of(1);
        return new Sequential(new Linear(4, 8, rng), Activation.TANH, new Linear(8, 6, rng), Activation.TANH, new Linear(6, 5, rng), Activation.TANH, new Linear(5, 3, rng));
    }

    private static final List<String> GROUPS = List.of("0.*", "2.*", "4.*", "6.*");

    private static Dataset data() {
        return new Dataset(Tensor.randn(Rng.of(2), 40, 4).compute(), Tensor.randint(Rng.of(3), 0, 3, 40).compute(), List.of(), List.of("a", "b", "c"), "random");
    }

    private static Sequential convolutional(int classes, Rng rng) {
        var half = new Convolution().withStride(2).withPadding(1);
        return new Sequential(new Conv2d(1, 8, 3, half, rng), Activation.RELU, new Conv2d(8, 16, 3, half, rng), Activation.RELU,
                Layer.of(t -> t.reshape(t.size(0), -1)), new Linear(784, 64, rng), Activation.RELU, new Linear(64, classes, rng));
    }

    /** The first so many pictures of each of some classes, from a place on, labelled by their order in the list. */
    private static Dataset pictures(Dataset from, int[] classes, int skip, int each) {
        int[] labels = from.labels();
        var rows = new ArrayList<Integer>();
        var y = new ArrayList<Long>();
        for (int c = 0; c < classes.length; c++) {
            int seen = 0;
            for (int i = 0; i < labels.length && seen < skip + each; i++) {
                if (labels[i] != classes[c]) continue;
                if (seen++ >= skip) {
                    rows.add(i);
                    y.add((long) c);
                }
            }
        }
        int[] numbers = rows.stream().mapToInt(Integer::intValue).toArray();
        var x = from.x().rows(numbers).to(DType.F32).div(255).reshape(numbers.length, 1, 28, 28).compute();
        return new Dataset(x, Tensor.of(y.stream().mapToLong(Long::longValue).toArray()), List.of(), List.of(), "Fashion-MNIST");
    }

    private static double accuracy(Module model, Dataset data) {
        return Autograd.noGrad(() -> model.forward(data.x()).argmax(1).eq(data.y()).to(DType.F64).mean().item());
    }

    @Tag("heavy")
    @Acceptance(topic = "fine-tuning", clause = 1)
    @Test void aPretrainedNetworkLearnsThreeNewClassesFromFiftyLabelsEach() {
        int[] known = {0, 1, 3, 5, 7, 8, 9}, fresh = {2, 4, 6}; // pullover, coat and shirt
        var fashion = Datasets.fashionMnist();
        var body = convolutional(7, Rng.of(1));
        new Trainer(new Adam(1e-3), 4).withBatchSize(64).fit(body, Loss::crossEntropy, pictures(fashion.train(), known, 0, 2000), Rng.of(2));
        var test = pictures(fashion.test(), fresh, 0, 700);
        double tuned = 0, scratch = 0, latest = 0;
        int epochs = 30;
        for (int seed = 0; seed < 5; seed++) {
            var train = pictures(fashion.train(), fresh, 50 * seed, 50);
            var trainer = new Trainer(new Adam(1e-3), epochs).withBatchSize(25);
            var model = FineTuner.withHead(Module.copy(body), 3);
            var history = FineTuner.full(trainer).fit(model, Loss::crossEntropy, train, test, Rng.of(20 + seed), Progress.SILENT);
            var other = convolutional(3, Rng.of(30 + seed));
            var slow = FineTuner.full(trainer).fit(other, Loss::crossEntropy, train, test, Rng.of(20 + seed), Progress.SILENT);
            tuned += accuracy(model, test) / 5;
            scratch += accuracy(other, test) / 5;
            double goal = slow.validations()[epochs - 1];
            int epoch = 0;
            while (epoch < epochs && history.validations()[epoch] > goal) epoch++;
            latest = Math.max(latest, (epoch + 1.0) / epochs);
        }
        Evidence.of("accuracy tuned less from scratch, mean of 5 seeds", tuned - scratch, atLeast(0.03));
        Evidence.of("share of the steps after which the tuned one has scratch's final loss, latest of 5 seeds", latest, atMost(1.0 / 3));
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
        var run = new FineTuner(new Trainer(new Adam(1e-3), 1).withBatchSize(40), GROUPS).withDecay(0.5).start(model, 40, BatchLoss.of(model, Loss::crossEntropy, data()), null, Rng.of(1));
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
        new FineTuner(trainer, GROUPS).withPolicy(FineTuner.Policy.HEAD_THEN_ALL).fit(model, Loss::crossEntropy, data(), null, Rng.of(5), Progress.SILENT);
        assertThat(moving).containsExactly(2, 8, 8);
    }

    @Test void headsAreReplacedAndBadSettingsNamed() {
        var model = mlp();
        var headed = FineTuner.withHead(model, 7);
        assertThat(headed.forward(Tensor.zeros(2, 4)).shape().toArray()).containsExactly(2, 7);
        assertThat(headed.layers().getFirst()).isSameAs(model.layers().getFirst());
        assertThatThrownBy(() -> FineTuner.withHead(new Sequential(Activation.RELU), 2)).hasMessageContaining("a Linear one can be replaced");
        var trainer = new Trainer(new Adam(0.01), 3);
        assertThatThrownBy(() -> new FineTuner(trainer, List.of())).hasMessageContaining("no group");
        assertThatThrownBy(() -> new FineTuner(trainer, GROUPS).withDecay(1.5)).hasMessageContaining("decay is 1.5");
        assertThatThrownBy(() -> new FineTuner(trainer, List.of("0.*")).rates(model)).hasMessageContaining("2.weight is in no group");
        assertThatThrownBy(() -> new FineTuner(trainer, List.of("x.*", "*")).rates(model)).hasMessageContaining("no trainable parameter matches group x.*");
        assertThat(Map.of("0.weight", 0.01 * 0.25)).containsEntry("0.weight", new FineTuner(trainer, List.of("0.*", "2.*", "*")).withDecay(0.5).rates(model).get("0.weight"));
    }
}
