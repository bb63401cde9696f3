package lyceum.labs.stats;

import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lyceum.bayes.BayesianNetwork;
import lyceum.causal.DoCalculus;
import lyceum.causal.DoQuery;
import lyceum.causal.Estimand;
import lyceum.causal.MixedGraph;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Edge;
import lyceum.plot.Figure;
import lyceum.plot.Node;
import lyceum.prob.ConditionalTable;
import lyceum.prob.JointTable;
import lyceum.tensor.Tensor;

/** Smoking, tar and cancer with a hidden gene: the effect by rules, by formula, from data, and what seeing alone would say. */
@Lab(topics = "do-calculus", title = "Through the front door")
final class DoCalculusLab implements LabBody {
    @Override public void run(LabContext lab) {
        double gene = lab.param("how much the hidden cause drives x", 0.6, 0.0, 0.9), harm = lab.param("and y", 0.4, 0.0, 0.5);
        double tar = lab.param("what x does to m", 0.6, 0.0, 0.9), effect = lab.param("what m does to y", 0.3, 0.0, 0.4);
        int rows = lab.param("rows of data", 20_000, 200, 100_000);
        boolean leak = lab.flag("the hidden cause also drives m", false);

        var graph = leak ? MixedGraph.of("x -> m -> y", "x <-> y", "m <-> y") : MixedGraph.of("x -> m -> y", "x <-> y");
        var nodes = new ArrayList<>(graph.names().stream().map(n -> new Node(n, n, "measured")).toList());
        nodes.add(new Node("u", "u", "hidden"));
        var edges = new ArrayList<>(graph.arrows().edges().stream().map(e -> Edge.of(e.split(" -> ")[0], e.split(" -> ")[1])).toList());
        for (String child : leak ? List.of("x", "m", "y") : List.of("x", "y")) edges.add(Edge.of("u", child));
        lab.figure(Figure.graph("The diagram", nodes, edges)
                .describedAs("x acts on y through m; a hidden u drives " + (leak ? "all three." : "x and y.")));

        // Three rules, each checked on the diagram.
        Set<String> x = Set.of("x"), m = Set.of("m"), y = Set.of("y");
        var steps = new ArrayList<List<?>>();
        step(steps, "2", new DoQuery(graph, m, x, Set.of()), new DoQuery(graph, m, x, Set.of()).canTurnToObservation(x), "P(m | x)");
        var given = new DoQuery(graph, y, x, m);
        step(steps, "2 backwards", given, new DoQuery(graph, y, Set.of("x", "m"), Set.of()).canTurnToObservation(m), "P(y | do(m), do(x))");
        step(steps, "3", new DoQuery(graph, y, Set.of("x", "m"), Set.of()),
                new DoQuery(graph, y, Set.of("x", "m"), Set.of()).canDropAction(x), "P(y | do(m))");
        step(steps, "2", new DoQuery(graph, y, m, x), new DoQuery(graph, y, m, x).canTurnToObservation(m), "P(y | m, x)");
        step(steps, "3", new DoQuery(graph, x, m, Set.of()), new DoQuery(graph, x, m, Set.of()).canDropAction(m), "P(x)");
        lab.table("P(y | do(x)) = sum_m P(m | do(x)) P(y | do(x), m), rule by rule", List.of("rule", "from", "applies", "to"), steps);

        var net = network(gene, harm, tar, effect, leak);
        double[] truth = new double[2], seen = new double[2], plug = new double[2], error = new double[2];
        var result = new DoCalculus(graph).identify(y, x);
        int[][] sample = net.sample(lab.rng(1), rows);
        var observed = new int[rows][];
        for (int i = 0; i < rows; i++) observed[i] = new int[] {sample[i][1], sample[i][2], sample[i][3]};
        var table = JointTable.observed(List.of("x", "m", "y"), new int[] {2, 2, 2}, observed);
        for (int v = 0; v < 2; v++) {
            var at = Map.of("x", v, "y", 1);
            for (int u = 0; u < 2; u++) for (int w = 0; w < 2; w++) {
                double pm = net.table("m").row(u, v)[w];
                truth[v] += 0.5 * pm * net.table("y").row(u, w)[1];
            }
            seen[v] = net.query(List.of("y"), Map.of("x", v)).probability(1);
            if (!result.isIdentified()) continue;
            var estimate = result.estimand().plugIn(table, rows, at);
            plug[v] = estimate.estimate();
            error[v] = estimate.standardError();
        }
        String[] names = {"truth, by intervening", "seeing only", "formula on " + rows + " rows"};
        double[] differences = {truth[1] - truth[0], seen[1] - seen[0], plug[1] - plug[0]};
        lab.figure(Figure.bar("What x does to y", names, differences).axes("how it was found", "P(y = 1) at x = 1 less that at x = 0")
                .limitY(-0.2, 1)
                .describedAs("Those who have x differ in y for two reasons; the formula leaves one of them out without ever seeing u."));
        if (!result.isIdentified()) {
            lab.say("No formula: %s are tied together by hidden causes, and inside them %s with the same root. Two models agree in all data and differ here.",
                    result.hedge().forest(), result.hedge().inner());
            return;
        }
        lab.say("P(y | do(x)) = %s. At x = 1: truth %.4f, seen %.4f, formula %.4f with standard error %.4f.", result.estimand().text(),
                truth[1], seen[1], plug[1], error[1]);
        double exact = result.estimand().value(net.joint().marginal("x", "m", "y"), Map.of("x", 1, "y", 1));
        lab.shows("formula on the exact table less the truth", Math.abs(exact - truth[1]), below(1e-12));
        lab.shows("from data, distance in standard errors", Math.abs(plug[1] - truth[1]) / error[1], below(4));
        var naive = Estimand.probability(y, x).value(table, Map.of("x", 1, "y", 1));
        lab.say("Conditioning on the same rows gives %.4f.", naive);
    }

    private static void step(List<List<?>> steps, String rule, DoQuery from, boolean applies, String to) {
        steps.add(List.of(rule, from.toString(), applies, applies ? to : "not " + to));
    }

    private static BayesianNetwork network(double gene, double harm, double tar, double effect, boolean leak) {
        double low = 0.5 - gene / 2, base = 0.05, shift = leak ? 0.3 : 0;
        double[] m = {0.05, 0.05 + tar * 0.7, 0.05 + shift, 0.05 + shift + tar * 0.7},
                y = {base, base + effect, base + harm, base + harm + effect};
        return BayesianNetwork.of(ConditionalTable.of(List.of(), List.of("u"), Tensor.of(0.5, 0.5)),
                ConditionalTable.of(List.of("u"), List.of("x"), Tensor.of(new double[][] {{1 - low, low}, {low, 1 - low}})),
                ConditionalTable.of(List.of("u", "x"), List.of("m"), rows(m)),
                ConditionalTable.of(List.of("u", "m"), List.of("y"), rows(y)));
    }

    private static Tensor rows(double[] one) {
        return Tensor.of(new double[] {1 - one[0], one[0], 1 - one[1], one[1], 1 - one[2], one[2], 1 - one[3], one[3]}, 2, 2, 2);
    }
}
