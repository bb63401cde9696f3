package lyceum.labs.stats;

import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.prob.Bernoulli;
import lyceum.prob.Binomial;
import lyceum.prob.Categorical;
import lyceum.prob.Multinomial;

/** A square of four laws: from one trial to many, from two outcomes to three; the corners move together. */
@Lab(topics = "discrete-distributions", title = "Four masses, one square")
final class FourMassesLab implements LabBody {
    @Override public void run(LabContext lab) {
        double p = lab.param("probability of A", 0.3, 0.0, 1.0), share = lab.param("share of B in the rest", 0.6, 0.0, 1.0);
        int most = lab.param("trials", 12, 1, 30), atLeast = lab.param("tail from", 7, 0, 30);

        double[] weights = {p, (1 - p) * share, (1 - p) * (1 - share)};
        var one = new Bernoulli(p);
        var outcome = new Categorical(weights);
        String[] abc = {"A", "B", "C"}, coin = {"not A", "A"};
        var frames = new ArrayList<Figure>();
        for (int n = 1; n <= most; n++) {
            var count = new Binomial(n, p);
            var counts = new Multinomial(n, outcome);
            double[] masses = new double[n + 1];
            double[][] plane = new double[n + 1][n + 1];
            for (int a = 0; a <= n; a++) {
                masses[a] = count.density(a);
                for (int b = 0; a + b <= n; b++) plane[b][a] = Math.exp(counts.logDensity(new double[] {a, b, n - a - b}));
            }
            String[] numbers = Figure.numbered(0, n);
            frames.add(Figure.grid("After " + n + (n == 1 ? " trial" : " trials"), 2,
                    Figure.bar("Bernoulli: A in one trial", coin, new double[] {one.density(0), one.density(1)})
                            .axes("outcome", "probability").describedAs("Two outcomes, one trial."),
                    Figure.bar("binomial: how many A", numbers, masses).axes("number of A", "probability")
                            .describedAs("Two outcomes, n trials."),
                    Figure.bar("categorical: one trial", abc, outcome.probabilities()).axes("outcome", "probability")
                            .describedAs("Three outcomes, one trial."),
                    Figure.heatmap("multinomial: how many A, how many B", plane, numbers, numbers).measuring("probability")
                            .axes("number of A", "number of B").describedAs("Three outcomes, n trials; the rest are C.")));
        }
        lab.figure(Figure.frames("Add trials", "trials", frames).labelled(Figure.numbered(1, most))
                .describedAs("With one trial the right column repeats the left; columns of the multinomial add up to the binomial."));

        var count = new Binomial(most, p);
        var counts = new Multinomial(most, outcome);
        double worst = 0;
        for (int a = 0; a <= most; a++) {
            double column = 0;
            for (int b = 0; a + b <= most; b++) column += Math.exp(counts.logDensity(new double[] {a, b, most - a - b}));
            worst = Math.max(worst, Math.abs(column - count.density(a)));
        }
        double[][] s = counts.covariance();
        var rows = new ArrayList<List<?>>();
        for (int i = 0; i < 3; i++) rows.add(List.of(abc[i], counts.mean()[i], s[i][0], s[i][1], s[i][2]));
        lab.table("What one class takes another cannot have", List.of("count of", "mean", "covariance with A", "with B", "with C"), rows);
        lab.say("P(more than %d A in %d) = %.4f, and P(at least %d) = %.4f.", atLeast, most, count.survival(atLeast), atLeast,
                count.survival(atLeast - 1));
        lab.shows("columns of the multinomial less the binomial", worst, below(1e-12));
        lab.shows("binomial of one trial less Bernoulli", Math.abs(new Binomial(1, p).density(1) - one.density(1)), below(1e-15));
    }
}
