package lyceum.labs.models;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;

import java.util.Arrays;
import java.util.Locale;
import lyceum.DType;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.linalg.Similarity;
import lyceum.models.ssl.AlignmentUniformity;
import lyceum.models.ssl.Representation;
import lyceum.models.ssl.SimClr;
import lyceum.models.ssl.TwoViewLearner;
import lyceum.models.ssl.ViewHeads;
import lyceum.models.ssl.ViewObjective;
import lyceum.models.ssl.Views;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.stats.Correlation;
import lyceum.tensor.Tensor;
import lyceum.train.Trainer;

/** Five losses put digits on a circle; then encoders between alignment and uniformity, what a probe reads from them, and how fast InfoNCE comes to its limit. */
@Lab(topics = "alignment-uniformity", title = "Magnets on a sphere")
final class AlignmentUniformityLab implements LabBody {
    private static final AlignmentUniformity BOTH = new AlignmentUniformity();

    @Override public void run(LabContext lab) {
        int count = lab.param("digits", 600, 200, 1297), epochs = lab.param("epochs", 8, 2, 60),
                draws = lab.param("draws of negatives", 1, 1, 10);
        double noise = lab.param("noise of views", 0.2, 0.05, 0.6), temperature = lab.param("temperature", 0.2, 0.05, 1.0);
        boolean brief = lab.testMode(); // the same with less
        if (brief) count = 300;
        var digits = Datasets.digits().to(DType.F32).scaled(1.0 / 16).shuffled(lab.rng(1));
        Dataset train = digits.head(count), test = digits.range(1297, brief ? 1497 : 1797), few = Representation.few(train, 10, lab.rng(2));
        Views views = (x, rng) -> x.add(Tensor.randn(rng, x.shape().toArray()).mul(noise)).compute();
        var trainer = new Trainer(new Adam(5e-3), brief ? 4 : epochs).withBatchSize(100);

        String[] names = {"alignment alone", "uniformity alone", "both", "InfoNCE, cold", "InfoNCE, warm"};
        ViewObjective[] losses = {BOTH.withUniformityWeight(0), BOTH.withAlignmentWeight(0), BOTH, new SimClr(0.1), new SimClr(1)};
        var circles = new Plot[5];
        for (int i : lab.progress("circles", 5)) {
            var learner = learner(losses[i], 2, lab);
            learner.fit(train.x(), views, trainer, lab.rng(5), lab.progress());
            circles[i] = Figure
                    .scatter(names[i], Similarity.normalise(learner.project(test.x(), 500)), test.labels(), Figure.numbered(0, 9))
                    .axes("x", "y").limitX(-1.1, 1.1).limitY(-1.1, 1.1);
        }
        lab.figure(Figure.grid("Test digits on the circle", 3, circles).describedAs(
                "Five circles of points coloured by digit: alignment alone heaps all in few places, uniformity alone mixes them, both give arcs of one digit."));

        double[] weights = {0, 0.1, 0.3, 1, 3, 10}, align = new double[6], uniform = new double[6], sum = new double[6],
                probe = new double[6];
        var labels = new String[6];
        for (int i : lab.progress("encoders", 6)) {
            var learner = learner(BOTH.withAlignmentWeight(1).withUniformityWeight(weights[i]), 16, lab);
            learner.fit(train.x(), views, trainer, lab.rng(5), lab.progress());
            Tensor one = unit(learner, views.of(test.x(), lab.rng(6))), two = unit(learner, views.of(test.x(), lab.rng(7)));
            align[i] = BOTH.alignment(one, two).item();
            uniform[i] = BOTH.uniformity(one).item();
            sum[i] = -align[i] - uniform[i];
            probe[i] = ((Representation) x -> unit(learner, x)).probe(few, test);
            labels[i] = String.format(Locale.ROOT, "%.0f%%", 100 * probe[i]);
        }
        lab.figure(Figure.scatter("Six encoders, from alignment alone to ten times the uniformity", align, uniform).labelled(labels)
                .axes("alignment (lower is better)", "uniformity (lower is better)")
                .describedAs("A point an encoder, with the accuracy of a linear probe beside it: best near the lower left corner."));

        Tensor x = unit(learner(BOTH, 16, lab), views.of(train.x().narrow(0, 0, 200), lab.rng(8))),
                y = unit(learner(BOTH, 16, lab), views.of(train.x().narrow(0, 0, 200), lab.rng(9)));
        int[] negatives = {16, 32, 64, 128, 256, 512, 1024, 2048, 4096};
        double[] gaps = AlignmentUniformity.excess(x, y, temperature, negatives, draws, lab.rng(10)), at = new double[9],
                size = new double[9];
        for (int k = 0; k < 9; k++) {
            at[k] = negatives[k];
            size[k] = Math.abs(gaps[k]);
        }
        lab.figure(Figure.line("InfoNCE less log M, off its limit", at, size).logX().logY().axes("negatives M", "gap")
                .describedAs("Gap against the number of negatives, both logarithmic: a line that falls by about one decade a decade."));
        double slope = Math.log(size[8] / size[0]) / Math.log(4096.0 / 16);
        lab.say("Rank correlation of the probe with alignment and uniformity together: %.2f.",
                Correlation.spearman(probe, sum).statistic());
        lab.shows("exponent of the gap from 16 to 4096 negatives", slope, atMost(-0.45));
        lab.shows("uniformity of test digits, both less alignment alone", uniform[3] - uniform[0], below(0));
        lab.shows("best probe of the six", Arrays.stream(probe).max().orElseThrow(), atLeast(epochs < 8 ? 0.1 : 0.5));
    }

    private static Tensor unit(TwoViewLearner learner, Tensor x) { return Similarity.normalise(learner.project(x, 500)); }

    private static TwoViewLearner learner(ViewObjective objective, int width, LabContext lab) {
        return new TwoViewLearner(new Mlp(MlpConfig.regressor(64, 32, 64), lab.rng(3)), 32, objective, ViewHeads.of(width), lab.rng(4));
    }
}
