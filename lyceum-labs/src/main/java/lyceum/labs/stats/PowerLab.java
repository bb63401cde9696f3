package lyceum.labs.stats;

import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.prob.Normal;
import lyceum.random.Rng;
import lyceum.stats.Alternative;
import lyceum.stats.HypothesisTest;
import lyceum.stats.Power;

/** What a test sees when nothing is there and when something is, and how many values it takes to tell these apart. */
@Lab(topics = "hypothesis-testing", title = "Null, alternative, power")
final class PowerLab implements LabBody {
    @Override public void run(LabContext lab) {
        double effect = lab.param("effect", 0.5, 0.05, 2.0), alpha = lab.param("alpha", 0.05, 0.001, 0.3);
        int n = lab.param("n", 64, 3, 400), experiments = lab.param("experiments", 2_000, 100, 10_000);
        var two = Alternative.TWO_SIDED;
        double shift = effect * Math.sqrt(n / 2.0), critical = Normal.STANDARD.upperQuantile(alpha / 2), high = Math.max(4, shift + 4);
        Normal none = Normal.STANDARD, some = new Normal(shift, 1);

        var xs = new double[241];
        double[] zero = new double[241], found = new double[241], alarm = new double[241];
        for (int i = 0; i < xs.length; i++) {
            xs[i] = -4 + (high + 4) * i / 240;
            boolean rejects = Math.abs(xs[i]) >= critical;
            found[i] = rejects ? some.density(xs[i]) : 0;
            alarm[i] = rejects ? none.density(xs[i]) : 0;
        }
        lab.figure(Figure.plot("Two worlds, one threshold").line("nothing is there", -4, high, none::density)
                .line("the effect is there", -4, high, some::density).band("power", xs, zero, found).band("false alarms", xs, zero, alarm)
                .verticalLine(critical, "threshold").verticalLine(-critical, "").axes("difference over its standard error", "density")
                .describedAs(
                        "Beyond the threshold the test rejects: the area under the right curve is its power, that under the left one its false alarms."));

        double power = Power.twoSampleT(effect, n, n, alpha, two);
        int needed = Power.sampleSize(m -> Power.twoSampleT(effect, m, m, alpha, two), 0.8), reach = Math.max(2 * n, needed + 10);
        var sizes = new double[60];
        var powers = new double[60];
        for (int i = 0; i < 60; i++) {
            int m = 2 + (int) Math.round((reach - 2) * i / 59.0);
            sizes[i] = m;
            powers[i] = Power.twoSampleT(effect, m, m, alpha, two);
        }
        lab.figure(Figure.plot("What another subject buys").line("power", sizes, powers).horizontalLine(0.8, "80%")
                .verticalLine(needed, "n = " + needed).axes("values per group", "power").limitY(0, 1)
                .describedAs("Power climbs steeply, then flattens; the line marks the size that gives 80%."));

        double[] p = new double[experiments], nullP = new double[experiments];
        double exaggerated = 0;
        int rejected = 0;
        for (int e = 0; e < experiments; e++) {
            Rng rng = lab.rng(e);
            double[] x = draw(rng, n, effect), y = draw(rng, n, 0);
            var test = HypothesisTest.t(x, y, two);
            p[e] = test.pValue();
            nullP[e] = HypothesisTest.t(draw(rng, n, 0), y, two).pValue();
            if (!test.rejects(alpha)) continue;
            rejected++;
            exaggerated += test.estimate();
        }
        lab.figure(Figure
                .row("p-values of " + experiments + " experiments",
                        Figure.histogram("nothing is there", nullP, 20).axes("p", "experiments").verticalLine(alpha, "alpha")
                                .describedAs("Flat: every p-value is as likely as any other."),
                        Figure.histogram("the effect is there", p, 20).axes("p", "experiments").verticalLine(alpha, "alpha")
                                .describedAs("Piled up near 0."))
                .describedAs(
                        "Without an effect p-values are uniform; with one they gather near 0, and the share left of alpha is the power."));
        double simulated = rejected / (double) experiments;
        lab.table("Power", List.of("n per group", "effect", "analytic", "simulated", "n for 80%", "mean estimate when significant"),
                List.of(List.of(n, effect, power, simulated, needed, rejected == 0 ? Double.NaN : exaggerated / rejected)));
        lab.say("Significant experiments report an effect of %.2f on average; the truth is %.2f.", exaggerated / Math.max(1, rejected),
                effect);
        lab.shows("simulated less analytic power", Math.abs(simulated - power), below(5 * Math.sqrt(0.25 / experiments)));
        if (effect == 0.5 && alpha == 0.05) lab.check(4, "values per group for 80%", needed, exactly(64));
    }

    private static double[] draw(Rng rng, int n, double mean) {
        var x = new double[n];
        for (int i = 0; i < n; i++) x[i] = mean + rng.nextGaussian();
        return x;
    }
}
