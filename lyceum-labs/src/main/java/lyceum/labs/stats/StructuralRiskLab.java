package lyceum.labs.stats;

import static lyceum.labs.Bounds.atMost;

import java.util.List;
import java.util.stream.IntStream;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.theory.IntervalUnion;
import lyceum.theory.StructuralRiskMinimization;

/** How many intervals? Training error always says more; with a price on each it says enough. */
@Lab(topics = "srm", title = "The price of an interval")
final class StructuralRiskLab implements LabBody {
    private static final int LEVELS = 20;
    private static final IntervalUnion TARGET = new IntervalUnion(new double[] {0.15, 0.4, 0.6, 0.85});

    @Override public void run(LabContext lab) {
        int n = lab.param("n", 200, 20, 1_000);
        double noise = lab.param("noise", 0.2, 0.0, 0.5), weight = lab.param("weight", 1.0, 0.0, 6.0);
        String price = lab.choice("price", "mild", "mild", "VC bound");

        var rng = lab.rng(1);
        double[] x = rng.doubles(n).toArray(), level = IntStream.rangeClosed(1, LEVELS).asDoubleStream().toArray();
        var yes = new boolean[n];
        for (int i = 0; i < n; i++) yes[i] = TARGET.test(x[i]) != rng.nextDouble() < noise;
        var unions = IntervalUnion.fit(x, yes, LEVELS);
        var penalty = price.equals("mild") ? StructuralRiskMinimization.root(k -> 2 * k, n)
                : StructuralRiskMinimization.vc(k -> 2 * k, n, 0.05);
        var choice = StructuralRiskMinimization.choose(LEVELS, k -> unions.get(k - 1), h -> h.error(x, yes),
                k -> weight * penalty.applyAsDouble(k));

        double[] truth = new double[LEVELS], sum = new double[LEVELS];
        int best = 0;
        for (int k = 0; k < LEVELS; k++) {
            truth[k] = trueRisk(unions.get(k), noise);
            sum[k] = choice.risks()[k] + choice.penalties()[k];
            if (truth[k] < truth[best]) best = k;
        }
        lab.figure(Figure.plot("Training risk falls, the price rises").line("training risk", level, choice.risks())
                .line("price", level, choice.penalties()).dashed().line("their sum", level, sum).line("true risk", level, truth)
                .verticalLine(choice.level(), "chosen").axes("intervals allowed", "risk").describedAs(
                        "The sum has its minimum where another interval gains less than it costs, near the minimum of the true risk."));
        lab.say("Chosen: %d intervals with a true risk of %.3f. The best level here is %d with %.3f; level 20 has %.3f.", choice.level(),
                truth[choice.level() - 1], best + 1, truth[best], truth[LEVELS - 1]);
        if (weight >= 1)
            lab.shows("true risk of the choice less that of level 20", truth[choice.level() - 1] - truth[LEVELS - 1], atMost(0.05));

        double[] grid = IntStream.range(0, 400).mapToDouble(i -> (i + 0.5) / 400).toArray();
        lab.figure(Figure.plot("What is said where").line("target", grid, said(TARGET, grid, 0)).step()
                .line("chosen", grid, said(choice.model(), grid, 1.5)).step()
                .line("20 intervals", grid, said(unions.get(LEVELS - 1), grid, 3)).step().axes("x", "no or yes, one above the other")
                .describedAs("Twenty intervals follow the flipped labels; the choice follows the target."));

        double[] weights = IntStream.rangeClosed(0, 24).mapToDouble(i -> i / 4.0).toArray(), chosen = new double[25];
        for (int i = 0; i < 25; i++) {
            double times = weights[i];
            chosen[i] = StructuralRiskMinimization.choose(LEVELS, k -> k, k -> choice.risks()[k - 1], k -> times * penalty.applyAsDouble(k))
                    .level();
        }
        lab.figure(Figure.plot("Level chosen, by the weight of the price").line("", weights, chosen).step().axes("weight", "intervals")
                .describedAs("A heavier price never buys more intervals."));
        lab.table("Prices at level 2", List.of("price", "value"),
                List.of(List.of("mild", StructuralRiskMinimization.root(k -> 2 * k, n).applyAsDouble(2)),
                        List.of("VC bound", StructuralRiskMinimization.vc(k -> 2 * k, n, 0.05).applyAsDouble(2))));
    }

    private static double[] said(IntervalUnion h, double[] grid, double base) {
        return IntStream.range(0, grid.length).mapToDouble(i -> base + (h.test(grid[i]) ? 1 : 0)).toArray();
    }

    private static double trueRisk(IntervalUnion h, double noise) {
        int apart = 0;
        for (int i = 0; i < 10_000; i++) if (h.test((i + 0.5) / 10_000) != TARGET.test((i + 0.5) / 10_000)) apart++;
        return noise + (1 - 2 * noise) * apart / 10_000;
    }
}
