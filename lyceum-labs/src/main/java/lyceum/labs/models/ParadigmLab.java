package lyceum.labs.models;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.models.generative.diffusion.ParadigmComparison;
import lyceum.models.generative.diffusion.ParadigmReport.Paradigm;
import lyceum.models.generative.diffusion.ParadigmReport.Row;
import lyceum.models.generative.diffusion.TokenModelConfig;
import lyceum.plot.Figure;
import lyceum.plot.Series;
import lyceum.prob.MarkovChain;
import lyceum.tensor.Tensor;

/** One source, two ways to write it: token by token from the left, or a few at a time wherever they stand. */
@Lab(topics = "ar-vs-diffusion", title = "L passes against K")
final class ParadigmLab implements LabBody {
    private static final MarkovChain SOURCE = new MarkovChain(
            new double[][] {{0.05, 0.8, 0.1, 0.05}, {0.1, 0.05, 0.75, 0.1}, {0.1, 0.05, 0.3, 0.55}, {0.8, 0.1, 0.05, 0.05}});

    @Override public void run(LabContext lab) {
        int length = lab.param("length", 16, 8, 64), strings = lab.param("strings", 1_024, 64, 20_000),
                epochs = lab.param("epochs", 7, 1, 100), layers = lab.param("layers", 2, 1, 6), gap = lab.param("tokens of a gap", 1, 1, 4);
        boolean brief = lab.testMode(); // the same with less
        if (brief) layers = 1;
        var passes = new ArrayList<Integer>();
        for (int k = 1; k < length; k *= 2) passes.add(k);
        passes.add(length);
        var comparison = new ParadigmComparison(new TokenModelConfig(4, length, layers, 24, 2)).withStrings(strings).withEpochs(epochs)
                .withBatchSize(32).withRate(1e-2).withSamples(300).withPasses(passes).withGap(gap).withContexts(20);
        var tokens = comparison.overTokens(SOURCE, lab.rng(1), lab.progress());
        var report = tokens.report();
        var left = report.of(Paradigm.AUTOREGRESSION).getFirst();
        var diffusion = report.of(Paradigm.DIFFUSION);
        table(lab, "Strings of a Markov source", report.rows());
        lab.say("The source costs %.4f nats a token; the autoregression %.4f; the diffusion's bound is %.4f, with equally many parameters.",
                report.sourceNll(), left.nll(), diffusion.getFirst().nll());
        double[] counts = diffusion.stream().mapToDouble(Row::passes).toArray();
        lab.figure(Figure.plot("Quality against passes")
                .line("masked diffusion", counts, diffusion.stream().mapToDouble(Row::distance).toArray())
                .points("autoregression", new double[] {left.passes()}, new double[] {left.distance()}).logX()
                .axes("passes a sample", "total variation of bigrams").describedAs(
                        "Told all at once, neighbours do not agree; with more passes the diffusion's pairs come near the autoregression's."));

        // A string whose middle is hidden: what may stand between its neighbours.
        var x = comparison.strings(SOURCE, 1, lab.rng(2));
        int middle = length / 2;
        var many = x.expand(400, length);
        var known = Tensor.arange(length).ne((long) middle).to(DType.I64).unsqueeze(0).expand(400, length);
        int[] filled = tokens.diffusion().infill(many, known, 1, lab.rng(3), lab.progress()).select(1, middle).toIntArray();
        double[] fromLeft = tokens.autoregression().forward(x).select(1, middle).softmax(-1).flatten().toDoubleArray(),
                drawn = new double[4];
        for (int token : filled) drawn[token] += 1.0 / filled.length;
        int[] row = x.toIntArray();
        double[][] law = SOURCE.transition();
        int before = row[middle - 1], after = row[middle + 1];
        double[] exact = new double[4];
        double sum = 0;
        for (int t = 0; t < 4; t++) sum += exact[t] = law[before][t] * law[t][after];
        for (int t = 0; t < 4; t++) exact[t] /= sum;
        lab.figure(Figure
                .bars("Between " + before + " and " + after, new String[] {"0", "1", "2", "3"}, Series.of("exact posterior", exact),
                        Series.of("masked diffusion", drawn), Series.of("autoregression, which sees the left alone", fromLeft))
                .axes("token", "probability").describedAs(
                        "The diffusion's filling follows the exact law of the hidden token; the autoregression does not know what follows."));

        int n = brief ? 300 : 1_000;
        var moons = Datasets.moons(lab.rng(4), n + 200, 0.1).x();
        var points = comparison.withBatchSize(100).withEpochs(2 * epochs).withPasses(List.of(2, 8)).overPoints(moons.narrow(0, 0, n),
                moons.narrow(0, n, 200), lab.rng(5), lab.progress());
        table(lab, "Points of two moons", points.report().rows());
        lab.shows("passes of the autoregression", left.passes(), exactly(length));
        lab.shows("passes of the longest diffusion", diffusion.getLast().passes(), exactly(length));
        lab.shows("bigram distance in all passes over that in one", diffusion.getLast().distance() / diffusion.getFirst().distance(),
                below(0.7));
        lab.shows("infilling KL of the autoregression over the diffusion's", left.infilling() / diffusion.getFirst().infilling(), above(1));
    }

    private static void table(LabContext lab, String title, List<Row> rows) {
        lab.table(title, List.of("model", "passes", "nats", "distance", "diversity", "infilling KL", "passes for a wish"),
                rows.stream().map(r -> List.<Object>of(r.paradigm() == Paradigm.DIFFUSION ? "diffusion (bound)" : "autoregression",
                        r.passes(), r.nll(), r.distance(), r.diversity(), r.infilling(), r.wishPasses())).toList());
    }
}
