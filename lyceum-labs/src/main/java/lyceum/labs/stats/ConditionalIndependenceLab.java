package lyceum.labs.stats;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.stats.ConditionalIndependence;
import lyceum.stats.Descriptive;
import lyceum.stats.Triple;

/** Three graphs, the same question: what is left between X and Y once Z is held still? */
@Lab(topics = "conditional-independence", title = "Hold the middle still")
final class ConditionalIndependenceLab implements LabBody {
    @Override public void run(LabContext lab) {
        String graph = lab.choice("graph", "collider", "chain", "fork", "collider");
        int n = lab.param("points", 500, 50, 2_000);
        double low = lab.param("Z from", -0.4, -4.0, 3.5), width = lab.param("width of the slice", 0.8, 0.1, 4.0);
        int bins = lab.param("bins of Z", 2, 1, 30);

        var triple = Triple.valueOf(graph.toUpperCase(Locale.ROOT));
        double[][] d = triple.sample(lab.rng(1), n);
        double[] x = d[0], z = d[1], y = d[2];
        var slice = new int[n];
        int inside = 0;
        for (int i = 0; i < n; i++) if (z[i] >= low && z[i] < low + width) {
            slice[i] = 1;
            inside++;
        }
        double[] sx = new double[inside], sy = new double[inside];
        for (int i = 0, k = 0; i < n; i++) if (slice[i] == 1) {
            sx[k] = x[i];
            sy[k++] = y[i];
        }
        lab.figure(Figure.row("A " + graph + ", before and after", scatter("All points", x, y, slice),
                scatter("Z from %.1f to %.1f".formatted(low, low + width), sx, sy, new int[inside])).describedAs(
                        "Left, all points, those in the slice of Z in another colour; right, the slice alone. A chain's or fork's link fades, a collider's appears."));
        double plain = Descriptive.correlation(x, y), partial = ConditionalIndependence.partialCorrelation(x, y, z);
        lab.figure(Figure
                .bar("Correlation of X and Y", new String[] {"nothing known", "in the slice", "given Z (partial)"},
                        new double[] {plain, inside > 2 ? Descriptive.correlation(sx, sy) : 0, partial})
                .axes("what is held still", "correlation").limitY(-1, 1)
                .describedAs("Partial correlation takes out all of Z; a slice as much as it is narrow."));
        var before = ConditionalIndependence.fisherZ(x, y);
        var after = ConditionalIndependence.fisherZ(x, y, z);
        lab.table("Fisher's z", List.of("given", "correlation", "z", "p"),
                List.of(List.of("nothing", before.estimate(), before.statistic(), before.pValue()),
                        List.of("Z", after.estimate(), after.statistic(), after.pValue())));

        // How coarse may conditioning be? Fork: correlation within equal bins of Z, averaged.
        double[][] fork = Triple.FORK.sample(lab.rng(2), 40_000);
        var counts = new double[30];
        var left = new double[30];
        for (int k = 1; k <= 30; k++) {
            counts[k - 1] = k;
            left[k - 1] = within(fork, k);
        }
        lab.figure(Figure.plot("A fork, with Z known in bins").line("correlation left within bins", counts, left)
                .horizontalLine(left[bins - 1], bins + " bins").axes("equal bins of Z", "correlation of X and Y").limitY(0, 0.55)
                .describedAs("X and Y are independent given Z, yet in halves of Z more than half of their correlation remains."));
        lab.say("With Z cut into %d equal parts a correlation of %.3f is left on average within a part; without cuts it is %.3f.", bins,
                left[bins - 1], left[0]);
        lab.shows("left in halves of Z", left[1], above(0.25));
        lab.shows("given Z itself", Math.abs(ConditionalIndependence.partialCorrelation(fork[0], fork[2], fork[1])), below(0.02));
        var xor = Triple.noisyXor(0.5, 0.5, 0.1);
        lab.shows("two bits, nothing known: information in nats", ConditionalIndependence.information(xor, "x", "y"), below(1e-12));
        lab.shows("given their noisy sum", ConditionalIndependence.information(xor, "x", "y", "z"), above(0.1));
    }

    private static Plot scatter(String title, double[] x, double[] y, int[] slice) {
        return Figure.scatter(title, x, y, slice, "outside", "in the slice").axes("X", "Y").limitX(-5, 5).limitY(-5, 5)
                .describedAs("One point for each observation.");
    }

    private static double within(double[][] d, int bins) {
        double[] sorted = d[1].clone();
        Arrays.sort(sorted);
        double sum = 0;
        for (int b = 0; b < bins; b++) {
            double from = b == 0 ? Double.NEGATIVE_INFINITY : sorted[b * sorted.length / bins];
            double to = b == bins - 1 ? Double.POSITIVE_INFINITY : sorted[(b + 1) * sorted.length / bins];
            var chosen = new ArrayList<double[]>();
            for (int i = 0; i < sorted.length; i++) if (d[1][i] >= from && d[1][i] < to) chosen.add(new double[] {d[0][i], d[2][i]});
            sum += Descriptive.correlation(chosen.stream().mapToDouble(p -> p[0]).toArray(),
                    chosen.stream().mapToDouble(p -> p[1]).toArray());
        }
        return sum / bins;
    }
}
