package lyceum.labs.stats;

import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.stats.Alternative;
import lyceum.stats.Bootstrap;
import lyceum.stats.Descriptive;
import lyceum.stats.HypothesisTest;
import lyceum.stats.ModelComparison;
import lyceum.stats.ModelComparison.Metric;

/** Two models a point apart on the same items: who disagrees, how sure the gap is, and how many items would settle it. */
@Lab(topics = "model-comparison-tests", title = "One point apart")
final class ModelComparisonLab implements LabBody {
    @Override public void run(LabContext lab) {
        int items = lab.param("items", 1_000, 50, 10_000);
        double accuracy = lab.param("accuracy", 0.9, 0.5, 0.99), gap = lab.param("gap", 0.01, 0.0, 0.1),
                correlation = lab.param("correlation", 0.7, 0.0, 0.9);
        double p = 1 - accuracy, q = Math.max(0.001, p - gap);
        double both = Math.min(Math.min(p, q), p * q + correlation * Math.sqrt(p * (1 - p) * q * (1 - q)));

        var rng = lab.rng(1);
        int[] labels = new int[items], first = new int[items], second = new int[items];
        double[] firstRight = new double[items], secondRight = new double[items];
        for (int i = 0; i < items; i++) {
            double u = rng.nextDouble();
            labels[i] = rng.nextInt(2);
            boolean firstWrong = u < p, secondWrong = u < both || u >= p && u < p + q - both;
            first[i] = firstWrong ? 1 - labels[i] : labels[i];
            second[i] = secondWrong ? 1 - labels[i] : labels[i];
            firstRight[i] = firstWrong ? 0 : 1;
            secondRight[i] = secondWrong ? 0 : 1;
        }
        var c = ModelComparison.of(labels, first, second);
        lab.figure(Figure
                .heatmap("Who is right", new double[][] {{c.both(), c.firstOnly()}, {c.secondOnly(), c.neither()}},
                        new String[] {"first right", "first wrong"}, new String[] {"second right", "second wrong"})
                .cellLabels().axes("second model", "first model")
                .describedAs("Only the " + (c.firstOnly() + c.secondOnly()) + " items off the diagonal can tell the models apart."));

        int resamples = 1_000;
        var paired = ModelComparison.bootstrap(labels, first, second, Metric.ACCURACY, resamples, lab.rng(2));
        double[] a = Bootstrap.of(firstRight, Descriptive::mean, resamples, lab.rng(3)).values(),
                b = Bootstrap.of(secondRight, Descriptive::mean, resamples, lab.rng(4)).values(), apart = new double[resamples];
        for (int r = 0; r < resamples; r++) apart[r] = a[r] - b[r];
        var interval = paired.percentile(0.95);
        lab.figure(Figure
                .row("Accuracy of the first less the second",
                        Figure.histogram("same items for both", paired.values(), 30).verticalLine(0, "no difference")
                                .axes("difference", "resamples").describedAs("Paired: narrow."),
                        Figure.histogram("as if they were other items", apart, 30).verticalLine(0, "no difference")
                                .axes("difference", "resamples").describedAs("Unpaired: wide."))
                .describedAs("Errors that the models share cancel in the paired difference and add up in the unpaired one."));

        var tests = List.of(c.mcNemarExact(), c.mcNemar(true), c.mcNemar(false),
                ModelComparison.permutation(labels, first, second, Metric.ACCURACY, 1_000, lab.rng(5)));
        var rows = new ArrayList<List<?>>();
        var names = List.of("McNemar, exact", "McNemar, corrected", "McNemar", "permutation");
        for (int t = 0; t < 4; t++) rows.add(List.of(names.get(t), tests.get(t).statistic(), tests.get(t).pValue()));
        rows.add(List.of("paired bootstrap", paired.estimate(), ModelComparison.pValue(paired)));
        double z = paired.estimate() / Descriptive.standardDeviation(apart);
        rows.add(List.of("two samples (wrong)", z, HypothesisTest.z(new double[] {z}, 0, 1, Alternative.TWO_SIDED).pValue()));
        lab.table("p-values", List.of("test", "statistic", "p"), rows);
        lab.say("Difference %.4f, 95%% interval %.4f to %.4f.", paired.estimate(), interval.low(), interval.high());

        double discordance = p + q - 2 * both, real = p - q;
        if (real > 0 && real <= discordance) {
            double[] differences = new double[30], needed = new double[30];
            for (int i = 0; i < 30; i++) {
                differences[i] = discordance * (i + 2) / 31.5;
                needed[i] = ModelComparison.sampleSize(differences[i], discordance, 0.05, 0.8);
            }
            lab.figure(Figure.plot("Items for 80% power").line("items", differences, needed).verticalLine(real, "true gap").logY()
                    .axes("difference in accuracy", "items").describedAs("Half the gap takes four times the items."));
            lab.say("To find a gap of %.3f with 80%% power McNemar's test needs %d items; here are %d.", real,
                    ModelComparison.sampleSize(real, discordance, 0.05, 0.8), items);
        }
        if (correlation >= 0.3) lab.shows("width of the paired interval over the unpaired one",
                interval.width() / (Descriptive.quantile(apart, 0.975) - Descriptive.quantile(apart, 0.025)), below(1));
    }
}
