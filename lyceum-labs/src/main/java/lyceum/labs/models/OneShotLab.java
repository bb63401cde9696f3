package lyceum.labs.models;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atLeast;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.data.augment.ImageAugment;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.models.ssl.EpisodeSampler;
import lyceum.models.ssl.FewShotConfig;
import lyceum.models.ssl.FewShotLearner;
import lyceum.nn.Activation;
import lyceum.nn.Conv2d;
import lyceum.nn.Layer;
import lyceum.nn.Linear;
import lyceum.nn.MaxPool2d;
import lyceum.nn.Sequential;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.plot.Image;
import lyceum.stats.ConfidenceInterval;
import lyceum.train.Trainer;

/** Seven digits to practise on; then draw one example of each of three that were never seen, and test. */
@Lab(topics = "one-shot-learning", title = "One example is enough")
final class OneShotLab implements LabBody {
    @Override public void run(LabContext lab) {
        var rule = FewShotConfig.Rule.valueOf(lab.choice("rule", "PROTOTYPICAL", "PROTOTYPICAL", "MATCHING", "SIAMESE"));
        int practice = lab.param("practice episodes", 100, 10, 2000), shots = lab.param("shots", 1, 1, 10),
                tested = lab.param("test episodes", 100, 20, 1000), example = lab.param("example", 3, 0, 50);
        var digits = Datasets.digits().to(DType.F32).scaled(1.0 / 16);
        var canvas = ImageAugment.placed(digits.withX(digits.x().reshape(-1, 8, 8)), 16, 16, lab.rng(1));
        Dataset train = EpisodeSampler.only(canvas, 0, 1, 2, 3, 4, 5, 6), test = EpisodeSampler.only(canvas, 7, 8, 9);
        var rng = lab.rng(2);
        var learner = new FewShotLearner(new Sequential(new Conv2d(1, 8, 3, rng), Activation.RELU, new MaxPool2d(2),
                new Conv2d(8, 16, 3, rng), Activation.RELU, Layer.of(x -> x.max(new int[] {2, 3}, false)), new Linear(16, 16, rng)),
                new FewShotConfig(rule), 16, rng);
        new Trainer(new Adam(5e-3), 1).withBatchSize(1)
                .start(learner, practice, learner.episodes(train, new EpisodeSampler(5, shots, 5), lab.rng(3)), null, lab.rng(4))
                .finish(lab.progress());
        var pixels = new FewShotLearner(new Sequential(Layer.of(x -> x.reshape(x.size(0), -1))), new FewShotConfig(), 256, rng);

        var rows = new ArrayList<List<?>>();
        double gain = 0, low = 0;
        for (int ways : new int[] {2, 3}) {
            var sampler = new EpisodeSampler(ways, shots, 10);
            double[] learned = learner.accuracies(test, sampler, tested, lab.rng(5)),
                    plain = pixels.accuracies(test, sampler, tested, lab.rng(5));
            var interval = ConfidenceInterval.paired(learned, plain, 0.95);
            gain = mean(learned) - mean(plain);
            low = interval.low();
            rows.add(List.of(ways, mean(plain), mean(learned), 100 * interval.low(), 100 * interval.high()));
        }
        lab.table("New digits from " + shots + " example" + (shots > 1 ? "s" : ""),
                List.of("ways", "raw pixels", "learned space", "gain from (points)", "to"), rows);

        int[] labels = test.labels(), first = {of(labels, 7, example), of(labels, 8, example), of(labels, 9, example)};
        var classifier = learner.register(test.x().rows(first), 0, 1, 2);
        var pictures = new ArrayList<Image>();
        for (int i = 0; i < 3; i++) pictures.add(Image.gray("example of " + (7 + i), test.x().get(first[i], 0)));
        int[] named = classifier.predict(test.x().narrow(0, 0, 6));
        for (int i = 0; i < 6; i++) pictures.add(Image.gray("a " + labels[i] + ", named " + (7 + named[i]), test.x().get(i, 0)));
        lab.figure(Figure.images("Three examples, and six tests", 3, pictures).pixels(0, 1).describedAs(
                "One example of each of the digits 7, 8 and 9 on a canvas of 16 by 16 pixels, and six others with the name that each was given."));
        lab.say("The examples are all that it ever saw of these digits. In raw pixels a digit that moved is a stranger.");
        lab.shows("points of accuracy beyond raw pixels, 3 ways", 100 * gain, atLeast(practice < 100 ? -20 : 3));
        lab.shows("lower end of its 95% interval", 100 * low, above(practice < 100 || tested < 100 ? -30 : 0));
    }

    private static double mean(double[] shares) { return Arrays.stream(shares).average().orElseThrow(); }

    private static int of(int[] labels, int digit, int number) { for (int i = 0;; i++) if (labels[i] == digit && number-- == 0) return i; }
}
