package lyceum.labs.learn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.between;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.calibration.CalibrationReport;
import lyceum.learn.calibration.Calibrator;
import lyceum.learn.calibration.TemperatureMap;
import lyceum.learn.metrics.BrierDecomposition;
import lyceum.learn.metrics.ScoringRules;
import lyceum.plot.Figure;
import lyceum.plot.Series;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** A forecaster with right logits shouts them: her reliability diagram, what one temperature mends, and what the Brier score is made of. */
@Lab(topics = {"calibration", "ece", "temperature-scaling", "brier-score"}, title = "A forecaster who exaggerates")
final class CalibrationLab implements LabBody {
    private record Record(double[] logits, boolean[] truth) {
        static Record draw(Rng rng, int n) {
            var z = new double[n];
            var truth = new boolean[n];
            for (int i = 0; i < n; i++) {
                z[i] = 1.5 * rng.nextGaussian();
                truth[i] = rng.nextDouble() < 1 / (1 + Math.exp(-z[i]));
            }
            return new Record(z, truth);
        }

        Tensor sharpened(double factor) { return Tensor.of(logits).mul(factor); }

        TemperatureMap temperature(double factor) { return Calibrator.temperature().fit(sharpened(factor), classes()); }

        Tensor classes() { return Tensor.of(truth).to(DType.I64); }

        CalibrationReport report(TemperatureMap map, double factor, int bins) {
            return CalibrationReport.of(truth, map.apply(sharpened(factor)).select(1, 1).toDoubleArray()).withBins(bins);
        }
    }

    @Override public void run(LabContext lab) {
        double sharpening = lab.param("sharpening", 3.0, 0.3, 6.0);
        int rows = lab.param("rows", 20_000, 200, 100_000), bins = lab.param("bins", 15, 2, 40);
        Record held = Record.draw(lab.rng(0), rows), test = Record.draw(lab.rng(1), rows);
        var plain = new TemperatureMap(1, 1);
        double[] factors = Arrays.stream(new double[] {0.5, 1, 2, 3, 4, sharpening}).sorted().distinct().toArray();
        var frames = new ArrayList<Figure>();
        var table = new ArrayList<List<Object>>();
        for (double factor : factors) {
            var map = held.temperature(factor);
            CalibrationReport before = test.report(plain, factor, bins), after = test.report(map, factor, bins);
            frames.add(Figure.row(String.format(Locale.ROOT, "Logits times %.1f", factor), before.figure("as said"),
                    after.figure(String.format(Locale.ROOT, "divided by T = %.2f", map.temperature()))));
            table.add(List.of(factor, map.temperature(), before.ece(), after.ece(), before.mce(), before.groupedTest(10).pValue(),
                    after.groupedTest(10).pValue()));
        }
        lab.figure(Figure.frames("Reliability before and after temperature scaling", "sharpening", frames)
                .labelled(Arrays.stream(factors).mapToObj(f -> String.format(Locale.ROOT, "%.1f", f)).toArray(String[]::new))
                .startingAt(Arrays.binarySearch(factors, sharpening))
                .describedAs("Exaggerated forecasts lie flatter than the diagonal, timid ones steeper; one division puts either upon it."));
        lab.table("Each sharpening", List.of("factor", "T", "ECE before", "after", "largest gap before", "test p before", "after"), table);

        var map = held.temperature(sharpening);
        double[] ts = Tensor.linspace(0.3, 6, 58).toDoubleArray();
        double[] losses = Arrays.stream(ts)
                .map(t -> ScoringRules.LOG.mean(held.classes(), new TemperatureMap(t, 1).apply(held.sharpened(sharpening)))).toArray();
        lab.figure(Figure.line("Log loss of the held-out rows as T moves", ts, losses).verticalLine(map.temperature(), "fitted T")
                .axes("T", "mean log loss (nats)")
                .describedAs("Steep on the side of small T, where sure forecasts fail, flat on the other; the fitted T is at the bottom."));

        CalibrationReport before = test.report(plain, sharpening, bins), after = test.report(map, sharpening, bins);
        BrierDecomposition a = parts(before, bins), b = parts(after, bins);
        lab.figure(Figure
                .bars("The Brier score in parts", new String[] {"reliability", "resolution", "uncertainty"},
                        Series.of("before", new double[] {a.reliability(), a.resolution(), a.uncertainty()}),
                        Series.of("after", new double[] {b.reliability(), b.resolution(), b.uncertainty()}))
                .axes("part", "probability squared")
                .describedAs("Calibration takes the reliability bar to nearly 0; resolution and uncertainty hardly move."));
        lab.say("With logits times %.1f the fitted temperature is %.3f; it takes the expected calibration error from %.3f to %.3f and the Brier score from %.4f to %.4f.",
                sharpening, map.temperature(), before.ece(), after.ece(), before.brier(), after.brier());

        lab.shows("temperature-scaling", "T over the sharpening", map.temperature() / sharpening, between(0.8, 1.2));
        lab.shows("ece", "error before less after", before.ece() - after.ece(), Math.abs(sharpening - 1) > 0.3 ? above(0) : atLeast(-0.1));
        lab.shows("brier-score", "five parts less the score", Math.abs(a.score() - before.brier()), below(1e-12));
        lab.shows("calibration", "rows called rightly before less after", right(before) - right(after), exactly(0));
    }

    private static long right(CalibrationReport report) {
        return IntStream.range(0, report.truth().length).filter(i -> report.probabilities()[i] > 0.5 == report.truth()[i]).count();
    }

    private static BrierDecomposition parts(CalibrationReport report, int bins) {
        int[] bin = Arrays.stream(report.probabilities()).mapToInt(p -> Math.min(bins - 1, (int) (p * bins))).toArray();
        return BrierDecomposition.of(report.truth(), report.probabilities(), null, bin);
    }
}
