package lyceum.labs.models;

import static lyceum.labs.Bounds.above;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.backend.Convolution;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.data.augment.ImageAugment;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.models.ssl.Representation;
import lyceum.models.ssl.RepresentationLearner;
import lyceum.models.ssl.SimClr;
import lyceum.models.ssl.ViewHeads;
import lyceum.models.ssl.Views;
import lyceum.nn.Activation;
import lyceum.nn.BatchNorm;
import lyceum.nn.Conv2d;
import lyceum.nn.Layer;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Sequential;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.train.Trainer;

/** Digits at random places on a canvas, as five representations see them: five yardsticks, accuracy against labels, and maps. */
@Lab(topics = "representation-learning", title = "What the unlabelled million can do")
final class RepresentationLab implements LabBody {
    private static final Layer MEAN = (x, pass) -> x.mean(new int[] {2, 3}, false);

    private static Module encoder(Rng rng) {
        Convolution same = new Convolution().withPadding(1), half = same.withStride(2);
        return new Sequential(new Conv2d(1, 12, 3, half, rng), new BatchNorm(12), Activation.RELU, new Conv2d(12, 24, 3, half, rng),
                new BatchNorm(24), Activation.RELU, new Conv2d(24, 48, 3, same, rng), new BatchNorm(48), Activation.RELU, MEAN,
                new Linear(48, 32, rng), new BatchNorm(32));
    }

    @Override public void run(LabContext lab) {
        int count = lab.param("pictures", 900, 300, 1297), epochs = lab.param("epochs", 20, 2, 60),
                width = lab.param("components", 16, 4, 32), shift = lab.param("views move by", 4, 1, 6);
        double noise = lab.param("noise of the denoiser", 0.2, 0, 1.0);
        boolean brief = lab.testMode(); // the same with less
        Dataset all = canvas(lab.rng(1)), train = all.head(brief ? 300 : count), test = all.range(1297, brief ? 1547 : 1797);
        var trainer = new Trainer(new Adam(8e-3), brief ? 4 : epochs).withBatchSize(50);
        var views = Views.of(ImageAugment.shift(shift));
        var rebuilding = RepresentationLearner.Autoencoder.of(width, trainer);
        String[] names = {"raw pixels", "PCA", "autoencoder", "denoising", "two views"};
        RepresentationLearner[] learners = {new RepresentationLearner.Raw(), new RepresentationLearner.Pca(width), rebuilding,
                rebuilding.denoising(noise),
                new RepresentationLearner.TwoViews(RepresentationLab::encoder, 32, new SimClr(0.2), ViewHeads.of(24), views, trainer)};

        int[] labels = brief ? new int[] {1, 10} : new int[] {1, 2, 5, 10};
        var curves = Figure.plot("What few labels buy").axes("labels of a class", "test accuracy of a linear probe").logX();
        var rows = new ArrayList<List<?>>();
        var maps = new Plot[5];
        double[] tens = new double[5], margins = new double[5];
        for (int i : lab.progress("representations", 5)) {
            var z = learners[i].fit(train.x(), lab.rng(2), lab.progress());
            double[] shares = z.probes(labels, train, test, lab.rng(3));
            tens[i] = shares[labels.length - 1];
            curves = curves.line(names[i], Arrays.stream(labels).asDoubleStream().toArray(), shares);
            var few = Representation.few(train, 10, lab.rng(4));
            var sees = z.invariance(test.x().narrow(0, 0, 200), views, lab.rng(5));
            margins[i] = sees.margin();
            rows.add(List.of(names[i], tens[i], z.neighbours(5, few, test), sees.views(), sees.others(), z.effectiveRank(test.x()),
                    z.cka(Representation::flat, test.x())));
            var vectors = z.of(test.x());
            maps[i] = Figure.scatter(names[i], new RepresentationLearner.Pca(2).fit(vectors, lab.rng(6), Progress.SILENT).of(vectors),
                    test.labels(), Figure.numbered(0, 9)).axes("first direction", "second direction");
        }
        lab.table("Yardsticks", List.of("representation", "probe, 10 a class", "5 neighbours, 10 a class", "cosine of two views",
                "of two digits", "effective rank", "CKA with pixels"), rows);
        lab.figure(curves.describedAs("Five curves of test accuracy against labels of a class: the two-view encoder's lies highest."));
        lab.figure(Figure.grid("Test digits, two directions each", 3, maps).describedAs(
                "Five scatter plots coloured by digit: shuffled for pixels and their compressions, with groups for two views."));
        lab.say("Ten labels a digit: %.0f%% of test digits are read from pixels, %.0f%% from the two-view encoder.", 100 * tens[0],
                100 * tens[4]);
        lab.shows("two views over pixels, in accuracy", tens[4] - tens[0], above(brief || epochs < 20 || count < 900 ? -0.05 : 0.15));
        lab.shows("cosine of two views less that of two digits, two views over pixels", margins[4] - margins[0], above(0.1));
    }

    /** Digits of 8 x 8 pixels anywhere on 16 x 16. */
    private static Dataset canvas(Rng rng) {
        var digits = Datasets.digits().to(DType.F32).scaled(1.0 / 16).shuffled(rng);
        return ImageAugment.placed(digits.withX(digits.x().reshape(-1, 8, 8)), 16, 16, rng);
    }
}
