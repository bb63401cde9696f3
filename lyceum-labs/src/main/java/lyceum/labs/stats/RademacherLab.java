package lyceum.labs.stats;

import static lyceum.labs.Bounds.atMost;

import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.random.Rng;
import lyceum.theory.RademacherComplexity;
import lyceum.theory.VcDimension;

/** Toss a coin for each input and fit the tosses: what a class can do with noise falls as inputs are added. */
@Lab(topics = "rademacher", title = "Fitting coin tosses")
final class RademacherLab implements LabBody {
    @Override public void run(LabContext lab) {
        int d = lab.param("dimensions", 20, 1, 200), draws = lab.param("draws", 200, 20, 2_000), shown = lab.param("shownInputs", 8, 2, 14);
        double b = lab.param("norm", 1.0, 0.1, 10.0), delta = lab.param("delta", 0.05, 0.001, 0.5);

        int[] sizes = {5, 10, 20, 50, 100, 200, 500, 1_000};
        int count = sizes.length;
        double[] n = new double[count], ball = new double[count], low = new double[count], high = new double[count],
                bound = new double[count], stumps = new double[count], certificate = new double[count], vc = new double[count];
        double worst = -1;
        for (int s = 0; s < count; s++) {
            double[][] x = inputs(lab.rng(s), sizes[s], d);
            n[s] = sizes[s];
            var estimate = RademacherComplexity.monteCarlo(RademacherComplexity.l2Ball(x, b), sizes[s], draws, lab.rng(100 + s));
            ball[s] = estimate.value();
            low[s] = estimate.interval().low();
            high[s] = estimate.interval().high();
            bound[s] = RademacherComplexity.l2Bound(b, 1, sizes[s]);
            stumps[s] = RademacherComplexity.monteCarlo(RademacherComplexity.stumps(x), sizes[s], draws, lab.rng(200 + s)).value();
            certificate[s] = RademacherComplexity.certificate(0, ball[s], sizes[s], delta);
            vc[s] = VcDimension.deviation(d, sizes[s], delta);
            worst = Math.max(worst, ball[s] - 4 * estimate.standardError() - bound[s]);
        }
        lab.figure(Figure.plot("Best fit to random signs, inputs of norm 1 in " + d + " dimensions")
                .band("two standard errors", n, low, high).line("lines with |w| at most " + b, n, ball).line("B R / sqrt(n)", n, bound)
                .dashed().line("stumps", n, stumps).axes("inputs n", "complexity").logX().logY()
                .describedAs("All fall like one over the root of n. The ball's stays below its bound in any number of dimensions."));
        lab.shows("the ball's complexity over its bound, less four standard errors", worst, atMost(0));
        lab.figure(Figure.plot("How far true risk may be above training risk").line("by Rademacher complexity", n, certificate)
                .line("by VC dimension " + d, n, vc).axes("inputs n", "gap").logX().describedAs(
                        "The norm speaks, not the dimension: with many dimensions and small norms the first is far below the second."));

        double[][] few = inputs(lab.rng(7), shown, d);
        var tosses = RademacherComplexity.l2Ball(few, b);
        var fits = new double[1 << shown];
        for (int code = 0; code < fits.length; code++) {
            var signs = new double[shown];
            for (int i = 0; i < shown; i++) signs[i] = (code >> i & 1) == 1 ? 1 : -1;
            fits[code] = tosses.bestFit(signs);
        }
        double exact = RademacherComplexity.exact(tosses, shown);
        lab.figure(Figure.histogram("Best fit to each of the " + fits.length + " sign vectors of " + shown + " inputs", fits, 30)
                .verticalLine(exact, "complexity").axes("best fit", "sign vectors").describedAs("The complexity is the mean of all."));
        lab.table("The same number twice", List.of("all signs", draws + " random ones"),
                List.of(List.of(exact, RademacherComplexity.monteCarlo(tosses, shown, draws, lab.rng(8)).value())));
    }

    private static double[][] inputs(Rng rng, int n, int d) {
        var x = new double[n][d];
        for (var row : x) {
            double square = 0;
            for (int j = 0; j < d; j++) square += (row[j] = rng.nextGaussian()) * row[j];
            for (int j = 0; j < d; j++) row[j] /= Math.sqrt(square);
        }
        return x;
    }
}
