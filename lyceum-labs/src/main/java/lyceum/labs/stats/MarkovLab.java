package lyceum.labs.stats;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.prob.AdditiveSmoothing;
import lyceum.prob.MarkovChain;
import lyceum.prob.MarkovOrder;

/** How much of the past is the state: a chain that needs two symbols, and the test that says so. */
@Lab(topics = "markov-property", title = "What has to be remembered")
final class MarkovLab implements LabBody {
    private static final String[] STATES = {"00", "01", "10", "11"};

    @Override public void run(LabContext lab) {
        double[] toOne = {lab.param("P(1) after 00", 0.2, 0.05, 0.95), lab.param("P(1) after 01", 0.6, 0.05, 0.95),
                lab.param("P(1) after 10", 0.5, 0.05, 0.95), lab.param("P(1) after 11", 0.8, 0.05, 0.95)};
        int length = lab.param("length", 1_000, 50, 20_000);

        // State s_(t-1) s_t as two bits; the next symbol moves in from the right.
        var transition = new double[4][4];
        for (int s = 0; s < 4; s++) {
            transition[s][2 * s % 4] = 1 - toOne[s];
            transition[s][2 * s % 4 + 1] = toOne[s];
        }
        var truth = new MarkovChain(transition);
        double[] law = truth.stationary();
        lab.figure(graph(transition, law));

        var distance = new double[13];
        for (int n = 0; n <= 12; n++) {
            double[] row = truth.after(n)[0];
            for (int s = 0; s < 4; s++) distance[n] += Math.abs(row[s] - law[s]) / 2;
        }
        lab.figure(Figure.plot("Forgetting that it began with 00").line("distance to the stationary law", 0, distance)
                .line("mixing rate", 0.0, 12.0, n -> distance[0] * Math.pow(truth.mixingRate(), n)).dashed()
                .axes("step", "total variation distance")
                .describedAs("The start is forgotten at a constant rate a step, which the second eigenvalue tells."));

        int[] pairs = truth.simulate(lab.rng(1), 0, length), series = new int[length];
        for (int t = 0; t < length; t++) series[t] = pairs[t] % 2;
        var rows = new ArrayList<List<?>>();
        var pValues = new double[4];
        for (int k = 0; k < 4; k++) {
            var test = MarkovOrder.test(2, k, series);
            pValues[k] = test.pValue();
            rows.add(List.of(k == 0 ? "nothing" : k == 1 ? "the last symbol" : "the last " + k, test.statistic(), test.degreesOfFreedom(),
                    test.pValue(), test.bic()));
        }
        lab.table("Does this state suffice?", List.of("state", "statistic", "degrees of freedom", "p value", "BIC"), rows);
        lab.figure(Figure.bar("p value of each candidate state", new String[] {"nothing", "1 symbol", "2 symbols", "3 symbols"}, pValues)
                .axes("what is remembered", "p value").limitY(0, 1)
                .describedAs("A tiny bar says that more of the past matters; two symbols leave nothing to explain."));
        var stacked = MarkovOrder.test(4, 1, MarkovOrder.stack(series, 2, 2));
        lab.say("Stacked in pairs the series has order 1: p value %.3f with %d degrees of freedom. BIC picks order %d.", stacked.pValue(),
                stacked.degreesOfFreedom(), MarkovOrder.best(2, 4, series));
        var fitted = MarkovChain.ofOrder(2, 2, new AdditiveSmoothing(0.5), series);
        double worst = 0;
        for (int s = 0; s < 4; s++) worst = Math.max(worst, Math.abs(fitted.stationary()[s] - law[s]));
        if (length >= 1_000) lab.shows("fitted long-run shares less the true ones", worst, below(0.1));
        lab.shows("p value of two symbols", pValues[2], above(1e-5));
    }

    /** The four pairs in a diamond; an arrow keeps to the right of the one that comes back. */
    private static Plot graph(double[][] transition, double[] law) {
        double[] x = {0, 1, 1, 2}, y = {0, 0.8, -0.8, 0};
        var names = new String[4];
        for (int s = 0; s < 4; s++)
            names[s] = "%s: %.3f%s".formatted(STATES[s], law[s], transition[s][s] > 0 ? ", stays %.2f".formatted(transition[s][s]) : "");
        var plot = Figure.plot("Two symbols as the state, with their long-run shares");
        double[][] ends = new double[4][6];
        int n = 0;
        for (int s = 0; s < 4; s++) for (int to = 0; to < 4; to++) {
            if (s == to || s % 2 != to / 2) continue;
            double dx = x[to] - x[s], dy = y[to] - y[s], length = Math.hypot(dx, dy), aside = s + to == 3 ? 0.06 : 0;
            double right = aside * dy / length, down = -aside * dx / length;
            ends[0][n] = x[s] + 0.15 * dx + right;
            ends[1][n] = y[s] + 0.15 * dy + down;
            ends[2][n] = x[to] - 0.15 * dx + right;
            ends[3][n++] = y[to] - 0.15 * dy + down;
            plot = plot.note(x[s] + 0.4 * dx + 3 * right, y[s] + 0.4 * dy + 3 * down, "%.2f".formatted(transition[s][to]));
        }
        return plot.arrows("may follow", ends[0], ends[1], ends[2], ends[3]).points("pairs", x, y).labelled(names)
                .axes("position in the drawing", "position").limitX(-0.4, 2.8).limitY(-1.1, 1.1)
                .describedAs("From each pair of symbols a chain can reach only two others; 00 and 11 may also stay.");
    }
}
