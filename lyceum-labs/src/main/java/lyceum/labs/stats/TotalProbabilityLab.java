package lyceum.labs.stats;

import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Edge;
import lyceum.plot.Figure;
import lyceum.plot.Node;
import lyceum.plot.Series;
import lyceum.prob.ConditionalTable;
import lyceum.prob.Event;
import lyceum.prob.Event.Outcome;
import lyceum.prob.JointTable;
import lyceum.tensor.Tensor;

/** Requests by server: rates that add up by share, and an estimate that needs fewer draws for knowing its cases. */
@Lab(topics = "total-probability", title = "Adding up the cases")
final class TotalProbabilityLab implements LabBody {
    @Override public void run(LabContext lab) {
        double first = lab.param("share of the first server", 0.5, 0.05, 0.8), failsFirst = lab.param("its failures", 0.01, 0.0, 0.5);
        double failsSecond = lab.param("failures of the second", 0.02, 0.0, 0.5),
                failsThird = lab.param("failures of the third", 0.06, 0.0, 0.5);
        int draws = lab.param("draws", 100, 10, 500), runs = lab.param("runs", 1_000, 100, 3_000);
        double[] shares = {first, 0.6 * (1 - first), 0.4 * (1 - first)}, fails = {failsFirst, failsSecond, failsThird};
        var rows = new double[3][];
        for (int s = 0; s < 3; s++) rows[s] = new double[] {1 - fails[s], fails[s]};
        var requests = JointTable.of(List.of("server"), Tensor.of(shares))
                .times(ConditionalTable.of(List.of("server"), List.of("failed"), Tensor.of(rows)));
        var cases = requests.partition("server");
        var failed = Event.is("failed", 1);

        var nodes = new ArrayList<Node>(List.of(new Node("all", "all requests", "all")));
        var edges = new ArrayList<Edge>();
        var contributions = new double[3];
        double running = 0, mean = 0;
        for (int s = 0; s < 3; s++) {
            contributions[s] = shares[s] * fails[s];
            running += contributions[s];
            mean += fails[s] / 3;
            nodes.add(new Node("s" + s, "server " + (s + 1), "server"));
            nodes.add(new Node("f" + s, "fails: %.4f".formatted(contributions[s]), "failed"));
            edges.add(new Edge("all", "s" + s, "%.2f".formatted(shares[s])));
            edges.add(new Edge("s" + s, "f" + s, "%.3f".formatted(fails[s])));
        }
        lab.figure(Figure.tree("Shares down the tree", nodes, edges)
                .describedAs("Multiply along each branch, add over the leaves: the share that fails."));
        lab.figure(Figure
                .bars("Where failures come from", new String[] {"all requests"}, Series.of("server 1", contributions[0]),
                        Series.of("server 2", contributions[1]), Series.of("server 3", contributions[2]))
                .stacked().axes("together", "probability of failing")
                .describedAs("Three areas, share times rate, stacked up to the rate of the whole."));
        lab.say("Weighed by share %.4f of the requests fail; the unweighted mean of the three rates says %.4f.", cases.probability(failed),
                mean);
        lab.shows("sum over the cases less the joint's own answer", Math.abs(running - requests.probability(failed)), below(1e-12));

        // Monte Carlo: draw the request, or only its server.
        ToDoubleFunction<Outcome> f = o -> o.get("failed");
        var rng = lab.rng(1);
        double[] plain = new double[runs], casewise = cases.estimates(f, runs, draws, rng);
        for (int r = 0; r < runs; r++) for (int[] request : requests.sample(rng, draws)) plain[r] += request[1] / (double) draws;
        double within = cases.within(f), between = cases.between(f);
        lab.table("Variance of one draw", List.of("E Var[X|Z]", "Var E[X|Z]", "sum", "Var X"),
                List.of(List.of(within, between, within + between, requests.variance(f))));
        lab.shows("E Var + Var E less Var", Math.abs(within + between - requests.variance(f)), below(1e-10));
        lab.figure(Figure
                .row("Estimates of the failing share", Figure.histogram("drawing requests", plain, 25).axes("estimate", "runs"),
                        Figure.histogram("drawing servers", casewise, 25).axes("estimate", "runs"))
                .describedAs("As many draws each: whoever draws the server and knows its rate scatters less about the same mean."));
        if (within > 0) lab.shows("variance by cases over plain variance", variance(casewise) / variance(plain), below(1));
    }

    private static double variance(double[] x) {
        double sum = 0, square = 0;
        for (double v : x) {
            sum += v;
            square += v * v;
        }
        return square / x.length - sum / x.length * (sum / x.length);
    }
}
