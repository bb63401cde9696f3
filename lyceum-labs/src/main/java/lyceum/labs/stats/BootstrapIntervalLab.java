package lyceum.labs.stats;

import static lyceum.labs.Bounds.above;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.Function;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.random.Rng;
import lyceum.stats.Bootstrap;
import lyceum.stats.ConfidenceInterval;
import lyceum.stats.Descriptive;
import lyceum.stats.Interval;

/** Five ways from the same resamples to an interval, and how often each contains the mean of a lopsided law. */
@Lab(topics = "bootstrap-ci", title = "Which interval covers")
final class BootstrapIntervalLab implements LabBody {
    @Override public void run(LabContext lab) {
        double level = lab.param("level", 0.95, 0.5, 0.99);
        int samples = lab.param("samples", 150, 60, 1_000), resamples = lab.param("resamples", 400, 100, 2_000);
        String law = lab.choice("law", "exponential", "exponential", "lognormal", "normal"),
                shown = lab.choice("show", "BCa", "percentile", "basic", "normal", "BCa", "studentised");
        double truth = law.equals("lognormal") ? Math.exp(0.5) : law.equals("normal") ? 0 : 1;
        var methods = new LinkedHashMap<String, Function<Bootstrap, Interval>>();
        methods.put("percentile", b -> b.percentile(level));
        methods.put("basic", b -> b.basic(level));
        methods.put("normal", b -> b.normal(level));
        methods.put("BCa", b -> b.bca(level));
        methods.put("studentised", b -> b.studentised(level));

        int[] sizes = {10, 25, 50, 100};
        double[][] covered = new double[methods.size() + 1][sizes.length], bars = new double[60][];
        for (int i = 0; i < sizes.length; i++) {
            for (int s = 0; s < samples; s++) {
                double[] x = draw(law, lab.rng(1_000 * i + s), sizes[i]);
                var boot = Bootstrap.studentised(x, Descriptive::mean, v -> Descriptive.standardDeviation(v) / Math.sqrt(v.length),
                        resamples, lab.rng(10_000 + 1_000 * i + s));
                int m = 0;
                for (var method : methods.entrySet()) {
                    var interval = method.getValue().apply(boot);
                    if (interval.contains(truth)) covered[m][i] += 1.0 / samples;
                    if (i == 0 && s < bars.length && method.getKey().equals(shown))
                        bars[s] = new double[] {s, interval.low(), interval.high(), interval.contains(truth) ? 1 : 0};
                    m++;
                }
                if (ConfidenceInterval.mean(x, level).contains(truth)) covered[m][i] += 1.0 / samples;
            }
        }
        var plot = Figure.plot("Sixty intervals by " + shown + ", samples of " + sizes[0]);
        for (int hit = 1; hit >= 0; hit--) {
            int wanted = hit;
            var some = Arrays.stream(bars).filter(b -> b[3] == wanted).toArray(double[][]::new);
            if (some.length == 0) continue;
            plot = plot.errorBars(hit == 1 ? "contains the mean" : "misses it", column(some, 0), column(some, 1), column(some, 2));
        }
        lab.figure(plot.horizontalLine(truth, "true mean").axes("sample", "interval for the mean").describedAs(
                "Most that miss lie below the truth: a small sample of a lopsided law seldom shows the tail that carries its mean."));

        var names = new ArrayList<>(methods.keySet());
        names.add("Student's t");
        var rows = new ArrayList<List<?>>();
        var curves = Figure.plot("Coverage by sample size");
        double[] at = Arrays.stream(sizes).asDoubleStream().toArray();
        for (int m = 0; m < names.size(); m++) {
            rows.add(List.of(names.get(m), covered[m][0], covered[m][1], covered[m][2], covered[m][3]));
            curves = curves.line(names.get(m), at, covered[m]);
        }
        lab.figure(curves.horizontalLine(level, "promised").logX().axes("sample size", "coverage")
                .describedAs("All climb towards the promise; the studentised interval is there first, basic and percentile last."));
        lab.table("Coverage of " + law + " means", List.of("method", "n = 10", "25", "50", "100"), rows);
        if (law.equals("exponential") && level == 0.95)
            lab.shows("studentised less percentile coverage at n = 10", covered[4][0] - covered[0][0], above(0));

        double[] uniform = new double[30];
        for (int i = 0; i < 30; i++) uniform[i] = lab.rng(99).split(i).nextDouble();
        var maximum = Bootstrap.of(uniform, x -> Arrays.stream(x).max().orElseThrow(), resamples, lab.rng(98));
        lab.say("The maximum of 30 uniform values: percentile interval up to %.4f, truth 1. %s.", maximum.percentile(level).high(),
                String.join("; ", maximum.warnings()));
        lab.shows("warnings about the maximum", maximum.warnings().size(), above(0));
    }

    private static double[] column(double[][] rows, int j) { return Arrays.stream(rows).mapToDouble(r -> r[j]).toArray(); }

    private static double[] draw(String law, Rng rng, int n) {
        var x = new double[n];
        for (int i = 0; i < n; i++) x[i] = switch (law) {
            case "lognormal" -> Math.exp(rng.nextGaussian());
            case "normal" -> rng.nextGaussian();
            default -> -Math.log(rng.nextDoublePositive());
        };
        return x;
    }
}
