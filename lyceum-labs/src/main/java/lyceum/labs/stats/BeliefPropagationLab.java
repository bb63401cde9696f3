package lyceum.labs.stats;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.bayes.Beliefs;
import lyceum.bayes.Factor;
import lyceum.bayes.FactorGraph;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Edge;
import lyceum.plot.Figure;
import lyceum.plot.Node;
import lyceum.plot.Series;
import lyceum.tensor.Tensor;

/** News of one leaning spin travels a tree once and is right; on a grid it comes back and is believed again. */
@Lab(topics = "belief-propagation", title = "Messages on a tree and round a loop")
final class BeliefPropagationLab implements LabBody {
    private static final int[][] TREE = {{0, 1}, {1, 2}, {1, 3}, {3, 4}, {4, 5}, {4, 6}, {6, 7}};
    private static final int[][] GRID = {{0, 1}, {1, 2}, {3, 4}, {4, 5}, {6, 7}, {7, 8}, {0, 3}, {1, 4}, {2, 5}, {3, 6}, {4, 7}, {5, 8}};

    @Override public void run(LabContext lab) {
        double coupling = lab.param("coupling J", 0.8, 0.0, 2.0), push = lab.param("field on the first spin", 1.0, -2.0, 2.0);
        double field = lab.param("field on the grid", 0.1, 0.0, 0.5), damping = lab.param("damping", 0.5, 0.0, 0.9);
        int rounds = lab.param("rounds", 1_000, 10, 2_000);

        var tree = graph(8, TREE, coupling, new double[] {push, 0, 0, 0, 0, 0, 0, 0});
        var exact = tree.sumProduct();
        var frames = new ArrayList<Figure>();
        for (int round = 0; round <= 7; round++) {
            var nodes = new ArrayList<Node>();
            for (int i = 0; i < 8; i++) {
                double up = round == 0 ? 0.5 : tree.loopySumProduct(0, 0, round).of("s" + i)[1];
                boolean settled = Math.abs(up - exact.of("s" + i)[1]) < 1e-12;
                nodes.add(new Node("s" + i, "s%d|%.3f".formatted(i, up), settled ? "has its exact belief" : "waits for news"));
            }
            var edges = Arrays.stream(TREE).map(e -> Edge.of("s" + e[0], "s" + e[1])).toList();
            frames.add(Figure.tree("P(spin up) after round " + round, nodes, edges)
                    .describedAs("Eight spins in a tree, of which only the top one is pushed; each round the news goes one edge further."));
        }
        lab.figure(Figure.frames("News travels down a tree", "round of messages", frames).describedAs(
                "Each round brings the news one spin further; where it has been, the belief is exact and never changes again."));
        lab.say("On the tree %d messages gave every marginal: two for each of its %d edges between a factor and a variable. log Z = %.4f.",
                exact.messages(), tree.edges(), exact.logPartition());
        lab.shows("messages on the tree less 2 |E|", exact.messages() - 2.0 * tree.edges(), exactly(0));
        lab.shows("beliefs on the tree against enumeration", gap(tree, exact), below(1e-10));

        var fields = new double[9];
        var rng = lab.rng(1);
        for (int i = 0; i < 9; i++) fields[i] = field * (2 * rng.nextDouble() - 1);
        var grid = graph(9, GRID, coupling, fields);
        var loopy = grid.loopySumProduct(damping, 1e-12, rounds);
        double[] approximate = new double[9], spins = marginals(grid);
        var names = new String[9];
        for (int i = 0; i < 9; i++) {
            approximate[i] = loopy.of("s" + i)[1];
            names[i] = "row " + (i / 3 + 1) + ", column " + (i % 3 + 1);
        }
        lab.figure(Figure.bars("A 3 by 3 grid at J = " + coupling, names, Series.of("exact", spins), Series.of("loopy belief", approximate))
                .axes("spin", "P(spin up)").limitY(0, 1).describedAs(
                        "Weak coupling: beliefs are nearly right. Strong coupling: a slight lean comes back round the loops and becomes certainty."));
        lab.say("After %d rounds the messages on the grid %s.", loopy.rounds(),
                loopy.converged() ? "had settled" : "had not settled: damp more");
        double[] js = new double[17], errors = new double[17], free = new double[17];
        for (int k : lab.progress("couplings", 17)) {
            js[k] = 0.1 * k;
            var at = graph(9, GRID, js[k], fields);
            var beliefs = at.loopySumProduct(0.5, 1e-12, 2_000);
            errors[k] = gap(at, beliefs);
            free[k] = beliefs.logPartition() - Math.log(product(at).sum());
        }
        lab.figure(Figure.plot("Where loops begin to lie").line("largest error of a marginal", js, errors)
                .line("Bethe log Z less log Z", js, free).dashed().axes("coupling J", "error")
                .describedAs("The error is small up to a coupling near 0.6 and then jumps: past it the beliefs pick a side."));
        lab.shows("error at J = 1.5 over that at 0.2", errors[15] / errors[2], above(5));
    }

    private static FactorGraph graph(int n, int[][] edges, double j, double[] field) {
        var factors = new ArrayList<Factor>();
        for (int i = 0; i < n; i++) factors.add(Factor.of(List.of("s" + i), Tensor.of(Math.exp(-field[i]), Math.exp(field[i]))));
        var pair = Tensor.of(new double[][] {{Math.exp(j), Math.exp(-j)}, {Math.exp(-j), Math.exp(j)}});
        for (int[] e : edges) factors.add(Factor.of(List.of("s" + e[0], "s" + e[1]), pair));
        return new FactorGraph(factors);
    }

    private static double gap(FactorGraph graph, Beliefs beliefs) {
        double worst = 0;
        var truth = marginals(graph);
        for (int i = 0; i < truth.length; i++) worst = Math.max(worst, Math.abs(truth[i] - beliefs.of("s" + i)[1]));
        return worst;
    }

    private static Factor product(FactorGraph graph) { return graph.factors().stream().reduce(Factor::times).orElseThrow(); }

    private static double[] marginals(FactorGraph graph) {
        var joint = product(graph);
        var up = new double[graph.variables().size()];
        for (int i = 0; i < up.length; i++) {
            var one = joint;
            for (String other : graph.variables()) if (!other.equals("s" + i)) one = one.sumOut(other);
            up[i] = one.values()[1] / one.sum();
        }
        return up;
    }
}
