package lyceum.train;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.backend.Convolution;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.data.augment.ImageAugment;
import lyceum.nn.Activation;
import lyceum.nn.BatchNorm;
import lyceum.nn.Conv2d;
import lyceum.nn.Layer;
import lyceum.nn.Linear;
import lyceum.nn.MaxPool2d;
import lyceum.nn.Module;
import lyceum.nn.Sequential;
import lyceum.nn.loss.Loss;
import lyceum.optim.AdamW;
import lyceum.optim.Schedule;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A network that tells seven kinds of clothes learns three that are hard to tell, from 50 pictures of each. */
@Tag("heavy")
class FineTunerOnClothesTest {
    private static final int EPOCHS = 30, BATCH = 15, STEPS = EPOCHS * 150 / BATCH;

    private static Dataset pictures(Dataset data, int... classes) {
        var some = data.onlyClasses(classes);
        return some.withX(some.x().to(DType.F32).mul(1 / 255.0).reshape(some.size(), 1, 28, 28).compute());
    }

    /** Six convolutions: deep enough that what lies between edges and the answer is worth having from elsewhere. */
    private static Sequential network(int classes, Rng rng) {
        var layers = new ArrayList<Layer>();
        for (int in = 1, out = 16; out <= 64; in = out, out *= 2) {
            for (int from : new int[] {in, out}) {
                layers.add(new Conv2d(from, out, 3, new Convolution().withPadding(1), rng));
                layers.add(new BatchNorm(out));
                layers.add(Activation.RELU);
            }
            layers.add(new MaxPool2d(2));
        }
        layers.add(Layer.of(x -> x.reshape(x.size(0), -1)));
        layers.add(new Linear(64 * 9, classes, rng));
        return new Sequential(layers);
    }

    /** Seven kinds, told apart on pictures that are mirrored in half of the cases. */
    private static Sequential pretrained(Dataset old) {
        int epochs = 4, batch = 70, batches = old.size() / batch;
        var source = network(7, Rng.of(7));
        var rng = Rng.of(8);
        var seen = new int[1];
        BatchLoss loss = (rows, pass) -> {
            var x = ImageAugment.batch(old, rows, seen[0]++ / batches, ImageAugment.flip(), rng.split(9));
            return Loss.crossEntropy(source.forward(x, pass), old.y().rows(rows));
        };
        new Trainer(new AdamW(2e-3), epochs).withBatchSize(batch).withSchedule(new Schedule.Cosine((long) epochs * batches))
                .start(source, old.size(), loss, null, rng).finish(Progress.SILENT);
        return source;
    }

    /** The first layer's parameters, then each later layer's. */
    private static List<String> groups(Sequential model) {
        return IntStream.range(0, model.layers().size()).filter(i -> model.layers().get(i) instanceof Module).mapToObj(i -> i + ".*")
                .toList();
    }

    /** So many pictures of each class, drawn anew for each seed. */
    private static Dataset few(Dataset all, int each, Rng rng) {
        var seen = new int[all.classes()];
        var rows = new ArrayList<Integer>();
        var labels = all.labels();
        for (int i : rng.permutation(all.size())) if (seen[labels[i]]++ < each) rows.add(i);
        return all.rows(rows.stream().mapToInt(Integer::intValue).toArray());
    }

    private static Trainer trainer(double rate) {
        return new Trainer(new AdamW(rate), EPOCHS).withBatchSize(BATCH).withSchedule(new Schedule.Cosine(STEPS));
    }

    @Acceptance(topic = "fine-tuning", clause = 1)
    @Test void whatSevenKindsTaughtHelpsWithThree() {
        var fashion = Datasets.fashionMnist();
        Dataset old = pictures(fashion.train(), 0, 1, 3, 5, 7, 8, 9), fresh = pictures(fashion.train(), 2, 4, 6),
                test = pictures(fashion.test(), 2, 4, 6), watched = few(test, 100, Rng.of(1));
        var source = pretrained(old);
        double[] rates = {1e-3, 3e-3}, scratch = new double[2];
        var finals = new double[2][5];
        var losses = new double[5][];
        double tuned = 0;
        for (int seed = 0; seed < 5; seed++) {
            var rng = Rng.of(seed + 1);
            var labelled = few(fresh, 50, rng.split(4));
            for (int r = 0; r < 2; r++) {
                var model = network(3, rng.split(5));
                finals[r][seed] = FineTuner.full(trainer(rates[r]))
                        .fit(model, Loss::crossEntropy, labelled, watched, rng.split(6), Progress.SILENT).validations()[EPOCHS - 1];
                scratch[r] += TransferLearning.accuracy(model, test) / 5;
            }
            var model = FineTuner.withHead(Module.copy(source), 3);
            losses[seed] = new FineTuner(trainer(1.5e-3), groups(model)).withDecay(0.9).withPolicy(FineTuner.Policy.HEAD_THEN_ALL)
                    .fit(model, Loss::crossEntropy, labelled, watched, rng.split(6), Progress.SILENT).validations();
            tuned += TransferLearning.accuracy(model, test) / 5;
        }
        int better = scratch[0] > scratch[1] ? 0 : 1, last = 0;
        for (int seed = 0; seed < 5; seed++) {
            int epoch = 0;
            while (epoch < EPOCHS && losses[seed][epoch] > finals[better][seed]) epoch++;
            last = Math.max(last, epoch + 1);
        }
        Evidence.of("held-out pictures", test.size(), exactly(3000));
        Evidence.of("accuracy from scratch, mean of 5 seeds, at the better of two rates", scratch[better], atLeast(0.6));
        Evidence.of("points gained by tuning", 100 * (tuned - scratch[better]), atLeast(3));
        Evidence.of("share of the steps until scratch's final held-out loss, the worst seed's", (double) last / EPOCHS, atMost(1 / 3.0));
    }
}
