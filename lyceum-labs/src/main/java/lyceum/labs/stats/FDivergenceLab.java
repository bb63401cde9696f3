package lyceum.labs.stats;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import lyceum.info.DensityRatio;
import lyceum.info.FDivergence;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.prob.Normal;
import lyceum.random.Rng;

/** One pair of bells and seven opinions of how far they are apart. */
@Lab(topics = "f-divergences", title = "Seven generators, one pair")
final class FDivergenceLab implements LabBody {
    private static final int BINS = 200;

    @Override public void run(LabContext lab) {
        double shift = lab.param("shift of Q", 1.0, 0.0, 6.0), width = lab.param("width of Q", 1.3, 0.8, 3.0),
                order = lab.param("alpha", 0.3, -0.9, 2.0);
        int draws = lab.param("draws", 1_000, 200, 5_000);
        Normal p = new Normal(0, 1), q = new Normal(shift, width);
        var all = new ArrayList<>(FDivergence.NAMED);
        all.add(FDivergence.alpha(order));
        lab.figure(Figure.line("The pair", -4, shift + 4, p::density).named("P").line("Q", -4, shift + 4, q::density).axes("x", "density")
                .describedAs("Two bells: P stays, Q moves and widens as you set it."));

        var generators = Figure.plot("Seven generators");
        var growth = Figure.plot("As Q moves away");
        double[] t = new double[120], shifts = new double[31];
        for (int i = 0; i < t.length; i++) t[i] = 0.05 + i * 0.025;
        for (int i = 0; i < shifts.length; i++) shifts[i] = i * 0.2;
        // Bell curves on a grid: sums are quick, and a grid is a channel, so that they are a hair below the integrals.
        double[] onGridP = grid(p, shift);
        var names = new String[all.size()];
        var values = new double[all.size()];
        double least = Double.POSITIVE_INFINITY;
        for (int d = 0; d < all.size(); d++) {
            var divergence = all.get(d);
            var heights = new double[t.length];
            var apart = new double[shifts.length];
            for (int i = 0; i < t.length; i++) heights[i] = divergence.f().applyAsDouble(t[i]);
            for (int i = 0; i < shifts.length; i++)
                apart[i] = divergence.of(grid(p, shifts[i]), grid(new Normal(shifts[i], width), shifts[i]));
            generators = generators.line(divergence.name(), t, heights);
            for (int i = 0; i < shifts.length; i++) apart[i] = Math.min(3, apart[i]);
            growth = growth.line(divergence.name(), shifts, apart);
            names[d] = divergence.name();
            values[d] = divergence.of(onGridP, grid(q, shift));
            least = Math.min(least, values[d]);
        }
        lab.figure(generators.axes("ratio p / q", "f")
                .describedAs("Seven convex curves through (1, 0): where a curve is steep, that kind of mismatch is dear."));
        lab.figure(growth.axes("shift of Q", "divergence, cut at 3")
                .describedAs("KL and chi-square climb without end; total variation, Hellinger and Jensen-Shannon level out."));

        double[][] fromP = draw(p, draws, lab.rng(1)), fromQ = draw(q, draws, lab.rng(2)), testP = draw(p, draws, lab.rng(3)),
                testQ = draw(q, draws, lab.rng(4));
        var ratio = DensityRatio.fit(fromP, fromQ, DensityRatio.Features.QUADRATIC);
        var rows = new ArrayList<List<Object>>();
        for (int d = 0; d < all.size(); d++) {
            var bound = all.get(d).bound(ratio, testP, testQ);
            rows.add(List.of(names[d], values[d], bound.value(), bound.standardError()));
        }
        lab.table("Seven distances and their bounds from draws", List.of("divergence", "value", "bound by a critic", "standard error"),
                rows);
        double[] xs = new double[81], truth = new double[81], found = new double[81];
        for (int i = 0; i <= 80; i++) {
            xs[i] = -3 + i * (6 + shift) / 80;
            truth[i] = p.logDensity(xs[i]) - q.logDensity(xs[i]);
            found[i] = ratio.log(xs[i]);
        }
        lab.figure(Figure.plot("log p / q, learnt by telling draws apart").line("truth", xs, truth).line("learnt", xs, found).dashed()
                .axes("x", "log ratio")
                .describedAs("A logistic regression with a quadratic logit finds the log ratio of two bells from draws alone."));

        var chain = FDivergence.inequalities(onGridP, grid(q, shift));
        lab.table("The chain of inequalities", List.of("claim", "left", "right"),
                chain.stream().map(i -> List.<Object>of(i.name(), i.left(), i.right())).toList());
        lab.shows("all four inequalities hold", chain.stream().allMatch(FDivergence.Inequality::holds));
        lab.shows("least of the seven", least, atLeast(0));
        var kl = FDivergence.KL;
        double gap = kl.bound(onGridP, grid(q, shift), kl.witness(onGridP, grid(q, shift))) - kl.of(onGridP, grid(q, shift));
        lab.shows("KL's bound at its best witness less KL", Math.abs(gap), below(1e-9));
    }

    /** Probabilities of cells from -6 to shift + 6. */
    private static double[] grid(Normal d, double shift) {
        var cells = new double[BINS];
        for (int i = 0; i < BINS; i++) cells[i] = d.density(-6 + (12 + shift) * (i + 0.5) / BINS);
        return cells;
    }

    private static double[][] draw(Normal d, int n, Rng rng) {
        var x = new double[n][1];
        for (int i = 0; i < n; i++) x[i][0] = d.sample(rng);
        return x;
    }
}
