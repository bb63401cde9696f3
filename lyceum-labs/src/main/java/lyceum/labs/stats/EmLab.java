package lyceum.labs.stats;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import lyceum.bayes.ExpectationMaximization;
import lyceum.bayes.FiniteMixture;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** Two coins, sets of tosses, and nobody wrote down which coin was tossed. */
@Lab(topics = "em", title = "Two coins and a lost label")
final class EmLab implements LabBody {
    @Override public void run(LabContext lab) {
        double first = lab.param("firstCoin", 0.8, 0.05, 0.95), second = lab.param("secondCoin", 0.45, 0.05, 0.95);
        int sets = lab.param("sets", 12, 4, 60), tosses = lab.param("tosses", 10, 2, 50);
        double apart = lab.param("meansApart", 1.5, 0.5, 5.0);

        var rng = lab.rng(1);
        var heads = new double[sets][2];
        var truth = new int[sets];
        for (int i = 0; i < sets; i++) {
            truth[i] = rng.nextInt(2);
            for (int t = 0; t < tosses; t++) heads[i][rng.nextDouble() < (truth[i] == 0 ? first : second) ? 0 : 1]++;
        }
        var coins = FiniteMixture.multinomial(Tensor.of(heads), 2);
        double[] theta = {0.5, 0.5, 0.6, 0.4, 0.5, 0.5};
        var rows = new ArrayList<List<?>>();
        double[] a = new double[21], b = new double[21], likelihood = new double[21], touch = new double[21];
        for (int round = 0; round <= 20; round++) {
            a[round] = theta[2];
            b[round] = theta[4];
            likelihood[round] = coins.objective(theta);
            double[] next = coins.maximisation(coins.expectation(theta, 0, sets));
            touch[round] = coins.bound(next, theta);
            if (round < 4 || round == 20)
                rows.add(List.of(round, a[round], b[round], likelihood[round], coins.bound(theta, theta), touch[round]));
            theta = next;
        }
        lab.figure(Figure.plot("Heads of two coins, round by round").line("one coin", 0, a).line("the other", 0, b)
                .horizontalLine(first, "first coin").horizontalLine(second, "second coin").axes("round", "probability of heads")
                .limitY(0, 1).describedAs("From a guess in the middle the two estimates part and settle near the coins that were tossed."));
        lab.figure(Figure.plot("The log-likelihood climbs").line("log-likelihood", 0, likelihood).line("bound after the M step", 0, touch)
                .dashed().axes("round", "log-likelihood").describedAs(
                        "Each M step raises a bound that touched the likelihood before it, and the likelihood stays above the bound: it cannot fall. "
                                + "(The likelihood of the tosses in their order: no binomial coefficients.)"));
        lab.table("Rounds", List.of("round", "one coin", "the other", "log-likelihood", "bound at once", "bound after the M step"), rows);
        double[][] whose = coins.responsibilities(theta);
        var shares = new double[sets];
        var names = new String[sets];
        for (int i = 0; i < sets; i++) {
            shares[i] = whose[i][0];
            names[i] = (int) heads[i][0] + " of " + tosses + (truth[i] == 0 ? " (first)" : " (second)");
        }
        lab.figure(Figure.bar("Whose set was it?", names, shares).axes("heads, and the coin in truth", "probability of the first coin")
                .describedAs("Sets with many heads are given to one coin, with few to the other, and those between are shared."));
        double fall = 0;
        for (int i = 1; i <= 20; i++) fall = Math.max(fall, likelihood[i - 1] - likelihood[i]);
        lab.shows("largest fall of the log-likelihood", fall, atMost(1e-10));

        var points = new double[400][1];
        for (var row : points) row[0] = (rng.nextDouble() < 0.5 ? 0 : apart) + rng.nextGaussian();
        var bumps = FiniteMixture.gaussian(Tensor.of(points), 2);
        double[] start = {0.5, 0.5, -0.5, 1, apart + 0.5, 1};
        var em = new ExpectationMaximization().withTolerance(1e-8).withMaxIterations(20_000);
        var slow = em.fit(bumps, start);
        var fast = em.withAcceleration(true).fit(bumps, start);
        lab.table("Two bumps " + apart + " deviations apart", List.of("", "EM steps", "log-likelihood"),
                List.of(List.of("EM", slow.evaluations(), slow.objective()), List.of("SQUAREM", fast.evaluations(), fast.objective())));
        lab.shows("SQUAREM's steps over EM's", (double) fast.evaluations() / slow.evaluations(), below(1));
    }
}
