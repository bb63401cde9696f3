package lyceum.labs.stats;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.between;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.random.Rng;
import lyceum.stats.ConfidenceInterval;
import lyceum.stats.Interval;
import lyceum.stats.ProportionInterval;

/** A hundred intervals and the truth that some of them miss; what each recipe for a proportion really covers. */
@Lab(topics = "confidence-interval", title = "A hundred intervals")
final class IntervalLab implements LabBody {
    @Override public void run(LabContext lab) {
        int n = lab.param("n", 10, 2, 100), trials = lab.param("trials", 20, 2, 200);
        double level = lab.param("level", 0.95, 0.5, 0.99);
        String recipe = lab.choice("recipe", "Student's t", "Student's t", "normal z", "one standard error");

        double[][] hits = new double[3][0], misses = new double[3][0];
        for (int i = 0; i < 100; i++) {
            var interval = interval(recipe, lab.rng(i), n, level);
            boolean hit = interval.contains(0);
            double[] row = {i, interval.low(), interval.high()};
            var side = hit ? hits : misses;
            for (int k = 0; k < 3; k++) {
                side[k] = Arrays.copyOf(side[k], side[k].length + 1);
                side[k][side[k].length - 1] = row[k];
            }
        }
        lab.figure(Figure.plot("One hundred samples of " + n).errorBars("contains the mean", hits[0], hits[1], hits[2])
                .errorBars("misses it", misses[0], misses[1], misses[2]).horizontalLine(0, "true mean")
                .axes("sample", "interval for the mean")
                .describedAs("Each bar is the interval of one sample; " + misses[0].length + " of the hundred miss the true mean."));

        var rows = new ArrayList<List<?>>();
        for (var name : List.of("Student's t", "normal z", "one standard error"))
            rows.add(List.of(name, ConfidenceInterval.coverage(rng -> interval(name, rng, n, level), 0, 20_000, lab.rng(1_000))));
        lab.table("Coverage over 20,000 samples of " + n, List.of("recipe", "coverage"), rows);
        double student = (double) rows.getFirst().get(1);
        lab.shows("coverage of Student's interval", student, between(level - 0.01, level + 0.01));

        var grid = new double[399];
        for (int i = 0; i < grid.length; i++) grid[i] = (i + 1) / 400.0;
        var plot = Figure.plot("What intervals for a proportion cover, " + trials + " trials");
        double least = 1;
        for (var kind : List.of(ProportionInterval.CLOPPER_PEARSON, ProportionInterval.WILSON, ProportionInterval.WALD)) {
            double[] coverage = ConfidenceInterval.coverage(kind, trials, level, grid);
            if (kind == ProportionInterval.CLOPPER_PEARSON) least = Arrays.stream(coverage).min().orElseThrow();
            plot = plot.line(kind.name().toLowerCase(Locale.ROOT).replace('_', '-'), grid, coverage);
        }
        lab.figure(plot.horizontalLine(level, "promised").axes("true proportion", "coverage").limitY(Math.max(0, level - 0.3), 1)
                .describedAs("Clopper-Pearson stays above the promise, Wilson swings about it, and Wald collapses towards both ends."));
        lab.shows("least coverage of Clopper-Pearson", least, atLeast(level));
    }

    private static Interval interval(String recipe, Rng rng, int n, double level) {
        var x = new double[n];
        double sum = 0, squares = 0;
        for (int i = 0; i < n; i++) {
            x[i] = rng.nextGaussian();
            sum += x[i];
        }
        if (recipe.equals("Student's t")) return ConfidenceInterval.mean(x, level);
        for (double v : x) squares += (v - sum / n) * (v - sum / n);
        double s = Math.sqrt(squares / (n - 1));
        if (recipe.equals("normal z")) return ConfidenceInterval.meanZ(x, s, level);
        return new Interval(sum / n - s / Math.sqrt(n), sum / n + s / Math.sqrt(n));
    }
}
