package lyceum.labs.stats;

import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Edge;
import lyceum.plot.Figure;
import lyceum.plot.Node;
import lyceum.prob.Factorization;
import lyceum.prob.JointTable;
import lyceum.tensor.Tensor;

/** One table, six trees: each order has its own conditionals, and all have the same leaves. */
@Lab(topics = "chain-rule-probability", title = "One joint, any order")
final class ChainRuleLab implements LabBody {
    private static final List<String> ORDERS = List.of("rain, jam, late", "rain, late, jam", "jam, rain, late", "jam, late, rain",
            "late, rain, jam", "late, jam, rain");

    @Override public void run(LabContext lab) {
        String chosen = lab.choice("order", ORDERS.getFirst(), ORDERS.toArray(new String[0]));
        double rain = lab.param("rain", 0.3, 0.01, 0.99), jamInRain = lab.param("jam in rain", 0.7, 0.0, 1.0),
                jamElse = lab.param("jam else", 0.2, 0.0, 1.0);
        double lateInJam = lab.param("late in a jam", 0.6, 0.0, 1.0), lateElse = lab.param("late else", 0.05, 0.0, 1.0);
        var p = new double[2][2][2];
        for (int r = 0; r < 2; r++)
            for (int j = 0; j < 2; j++)
                for (int l = 0; l < 2; l++)
                    p[r][j][l] = of(r, rain) * of(j, r == 1 ? jamInRain : jamElse) * of(l, j == 1 ? lateInJam : lateElse);
        var flat = new double[8];
        for (int c = 0; c < 8; c++) flat[c] = p[c / 4][c / 2 % 2][c % 2];
        var joint = JointTable.of(List.of("rain", "jam", "late"), Tensor.of(flat, 2, 2, 2));

        var chain = joint.factorize(chosen.split(", "));
        var nodes = new ArrayList<Node>(List.of(new Node("", "1", "start")));
        var edges = new ArrayList<Edge>();
        grow(chain, nodes, edges, new double[0]);
        lab.figure(Figure.tree("Unrolled: " + chosen, nodes, edges)
                .describedAs("Each edge carries a conditional, each leaf the product of those above it: one cell of the joint table."));

        var rows = new ArrayList<List<?>>();
        double worst = 0;
        for (var order : ORDERS) {
            var factors = joint.factorize(order.split(", "));
            double[] rebuilt = factors.joint().marginal("rain", "jam", "late").probabilities().toDoubleArray();
            double gap = 0;
            for (int c = 0; c < 8; c++) gap = Math.max(gap, Math.abs(rebuilt[c] - flat[c]));
            worst = Math.max(worst, gap);
            double first = factors.factors().getFirst().row()[1];
            rows.add(List.of(order, "P(%s) = %.4f".formatted(factors.order().getFirst(), first), gap));
        }
        lab.table("Six orders, one joint", List.of("order", "first factor", "largest gap to the table"), rows);
        lab.shows("any order, recombined, less the joint", worst, below(1e-12));

        var rng = lab.rng(1);
        int draws = 20_000;
        var share = new double[8];
        for (int i = 0; i < draws; i++) {
            double[] x = chain.sample(rng, 3);
            int cell = 0;
            for (int t = 0; t < 3; t++) cell += (int) x[t] << 2 - joint.names().indexOf(chain.order().get(t));
            share[cell] += 1.0 / draws;
        }
        String[] cells = {"---", "--L", "-J-", "-JL", "R--", "R-L", "RJ-", "RJL"};
        lab.figure(Figure.bar("Sampled along the order, against the table", cells, flat).named("joint")
                .add("20,000 ancestral samples", share).axes("rain, jam, late", "probability")
                .describedAs("Drawing one variable after another gives back the joint, whichever is drawn first."));
    }

    private static double of(int value, double one) { return value == 1 ? one : 1 - one; }

    private static void grow(Factorization chain, List<Node> nodes, List<Edge> edges, double[] past) {
        if (past.length == 3) return;
        var next = chain.next(past);
        for (int v = 0; v < 2; v++) {
            if (next.density(v) == 0) continue;
            var grown = Arrays.copyOf(past, past.length + 1);
            grown[past.length] = v;
            String id = id(grown), name = (v == 1 ? "" : "no ") + chain.order().get(past.length);
            nodes.add(new Node(id, grown.length < 3 ? name : "%s: %.4f".formatted(name, Math.exp(chain.logDensity(grown))),
                    chain.order().get(past.length)));
            edges.add(new Edge(id(past), id, "%.3f".formatted(next.density(v))));
            grow(chain, nodes, edges, grown);
        }
    }

    private static String id(double[] past) {
        var id = new StringBuilder();
        for (double v : past) id.append((int) v);
        return id.toString();
    }
}
