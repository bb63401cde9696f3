package lyceum.labs.models;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import lyceum.DType;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.data.augment.ImageAugment;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.models.ssl.BarlowTwins;
import lyceum.models.ssl.Byol;
import lyceum.models.ssl.MoCo;
import lyceum.models.ssl.Representation;
import lyceum.models.ssl.RepresentationLearner;
import lyceum.models.ssl.SimClr;
import lyceum.models.ssl.SimSiam;
import lyceum.models.ssl.TwoViewHistory;
import lyceum.models.ssl.TwoViewLearner;
import lyceum.models.ssl.VicReg;
import lyceum.models.ssl.ViewHeads;
import lyceum.models.ssl.ViewObjective;
import lyceum.models.ssl.Views;
import lyceum.nn.Layer;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.Module;
import lyceum.nn.Sequential;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.Trainer;

/** Six ways to learn from two views of unlabelled digits, and three of them with the part removed that holds them up. */
@Lab(topics = {"simclr-moco", "byol", "non-contrastive-ssl"}, title = "Agree, but not on a constant")
final class TwoViewLab implements LabBody {
    private static final Layer FLAT = (x, pass) -> x.reshape(x.size(0), -1);

    private static Module encoder(Rng rng) {
        return new Sequential(FLAT, new Mlp(MlpConfig.regressor(64, 32, 96).withNorm(MlpConfig.Norm.BATCH), rng));
    }

    @Override public void run(LabContext lab) {
        int count = lab.param("digits", 500, 300, 1297), epochs = lab.param("epochs", 8, 4, 100),
                labels = lab.param("labels of a class", 5, 1, 50), shift = lab.param("views move by", 1, 0, 3);
        double noise = lab.param("noise of views", 0.1, 0, 0.5), temperature = lab.param("temperature", 0.2, 0.05, 1.0),
                momentum = lab.param("momentum of teachers", 0.95, 0.5, 0.999);
        var shown = lab.choice("map of", "SimCLR", "SimCLR", "MoCo", "BYOL", "SimSiam", "Barlow Twins", "VICReg");
        boolean brief = lab.testMode(); // the same with less
        var raw = Datasets.digits().to(DType.F32).scaled(1.0 / 16).shuffled(lab.rng(1));
        Dataset digits = raw.withX(raw.x().reshape(raw.size(), 1, 8, 8).compute()), train = digits.head(brief ? 300 : count),
                test = digits.range(1297, brief ? 1497 : 1797), few = Representation.few(train, labels, lab.rng(2));
        var views = Views.of(ImageAugment.shift(shift).then(ImageAugment.noise(noise)));

        String[] names = {"SimCLR", "MoCo", "BYOL", "SimSiam", "Barlow Twins", "VICReg", "BYOL alone", "SimSiam, no stop",
                "VICReg, no floor"};
        ViewObjective[] objectives = {new SimClr(temperature), new MoCo(256, temperature, momentum), new Byol().withMomentum(momentum),
                new SimSiam(), new BarlowTwins(0.03), new VicReg(), new Byol(momentum, false, false), new SimSiam().withStopGradient(false),
                new VicReg().withVariance(0)};
        var trainer = new Trainer(new Adam(5e-3), brief ? 6 : epochs).withBatchSize(brief ? 60 : 100);
        var untrained = new TwoViewLearner(encoder(lab.rng(3)), 32, new SimClr(), ViewHeads.of(24), lab.rng(4));
        var shares = new double[names.length + 1];
        shares[0] = untrained.probe(few, test);
        Plot spread = Figure.plot("Whole").axes("epoch", "deviation of unit projections, times root d").limitY(0, 1.1),
                removed = Figure.plot("A part removed").axes("epoch", "deviation of unit projections, times root d").limitY(0, 1.1);
        var ends = new TwoViewHistory.Spread[names.length];
        for (int i : lab.progress("objectives", names.length)) {
            var learner = new TwoViewLearner(encoder(lab.rng(3)), 32, objectives[i], ViewHeads.of(24), lab.rng(4));
            var history = learner.fit(train.x(), views, trainer, lab.rng(5), lab.progress());
            ends[i] = history.last();
            shares[i + 1] = learner.probe(few, test);
            if (i < 6) spread = spread.line(names[i], 1, history.unit());
            else removed = removed.line(names[i], 1, history.unit());
            if (names[i].equals(shown)) lab.figure(Figure.row("Test digits by the two directions of largest variance",
                    map("Untrained", untrained.features(test.x(), 500), test), map(shown, learner.features(test.x(), 500), test))
                    .describedAs(
                            "Two scatter plots of the encoder's vectors, coloured by digit: mixed before training, in groups after it."));
        }
        lab.figure(Figure.row("Do they collapse?", spread, removed).describedAs(
                "Spread of unit projections by epoch, 1 for all directions and 0 for one: all six stay up on the left, the removed parts sink on the right."));
        var bars = new String[shares.length];
        bars[0] = "untrained";
        System.arraycopy(names, 0, bars, 1, names.length);
        lab.figure(
                Figure.bar("What a linear classifier reads from " + 10 * labels + " labels", bars, shares).axes("encoder", "test accuracy")
                        .describedAs("Bars of test accuracy: the untrained encoder, six trained ones, three collapsed ones."));
        lab.say("The labels were looked at by the probes alone, %d of each digit.", labels);
        boolean standard = epochs >= 8 && count >= 500;
        lab.shows("simclr-moco", "SimCLR's probe over the untrained encoder's", shares[1] - shares[0], above(standard ? 0 : -1));
        lab.shows("byol", "spread of BYOL over that without predictor and stopped target", ends[2].unit() / ends[6].unit(),
                above(standard ? 2 : 0));
        lab.shows("non-contrastive-ssl", "raw deviation of VICReg without its floor, over that with it", ends[8].raw() / ends[5].raw(),
                below(standard ? 0.5 : 2));
    }

    private static Plot map(String title, Tensor vectors, Dataset data) {
        var flat = new RepresentationLearner.Pca(2).fit(vectors, Rng.of(1), Progress.SILENT).of(vectors);
        return Figure.scatter(title, flat, data.labels(), Figure.numbered(0, 9)).axes("first direction", "second direction");
    }
}
