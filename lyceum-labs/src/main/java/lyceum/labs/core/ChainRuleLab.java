package lyceum.labs.core;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.linalg.LinearMapChain;
import lyceum.plot.Edge;
import lyceum.plot.Figure;
import lyceum.plot.Node;
import lyceum.plot.Series;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Four functions in a row: one product of Jacobians, three orders to multiply it in, three very different bills. */
@Lab(topics = "chain-rule", title = "One product, many prices")
final class ChainRuleLab implements LabBody {
    @Override public void run(LabContext lab) {
        int inputs = lab.param("inputs", 40, 1, 100), first = lab.param("first width", 30, 1, 100),
                second = lab.param("second width", 5, 1, 100);
        int third = lab.param("third width", 20, 1, 100), outputs = lab.param("outputs", 10, 1, 100);
        var sizes = new long[] {inputs, first, second, third, outputs};
        var parts = new ArrayList<UnaryOperator<Tensor>>();
        for (int i = 0; i < 4; i++) parts.add(layer(lab.rng(i), (int) sizes[i], (int) sizes[i + 1]));
        UnaryOperator<Tensor> whole = x -> parts.get(3).apply(parts.get(2).apply(parts.get(1).apply(parts.get(0).apply(x))));

        var x = Tensor.randn(lab.rng(10), DType.F64, inputs).compute();
        var jacobians = new ArrayList<Tensor>();
        var at = x;
        for (int i : lab.progress("local Jacobians", 4)) {
            jacobians.add(Autograd.jacobian(parts.get(i), at));
            at = parts.get(i).apply(at).compute();
        }
        lab.figure(boxes(sizes));

        var chain = LinearMapChain.ofSizes(sizes);
        Tensor forward = jacobians.get(0), reverse = jacobians.get(3);
        for (int i = 1; i < 4; i++) forward = jacobians.get(i).matmul(forward);
        for (int i = 2; i >= 0; i--) reverse = reverse.matmul(jacobians.get(i));
        var rows = List.of(List.of("forward", chain.forward().text(), chain.forward().cost()),
                List.of("reverse", chain.reverse().text(), chain.reverse().cost()),
                List.of("cheapest", chain.cheapest().text(), chain.cheapest().cost()));
        lab.table("The same product in three orders", List.of("order", "bracketing", "multiplications"), rows);
        lab.say("Forward order needs %d multiplications, reverse order %d; the cheapest bracketing, %s, needs %d.", chain.forward().cost(),
                chain.reverse().cost(), chain.cheapest().text(), chain.cheapest().cost());
        costs(lab, sizes);

        var product = Autograd.jacobian(whole, x);
        lab.shows("product from the input's side against the whole", forward.sub(product).abs().max().item(), below(1e-10));
        lab.shows("product from the output's side against the whole", reverse.sub(product).abs().max().item(), below(1e-10));
        Tensor v = Tensor.randn(lab.rng(11), DType.F64, inputs).compute(), u = Tensor.randn(lab.rng(12), DType.F64, outputs).compute();
        double ahead = Autograd.jvp(whole, x, v).dot(u).item(), back = Autograd.vjp(whole, x, u).dot(v).item();
        lab.shows("<u, Jv> against <J'u, v>", Math.abs(ahead - back) / Math.max(1, Math.abs(back)), below(1e-10));
        var waist = LinearMapChain.ofSizes(1, 100, 2, 100, 1);
        lab.shows("saving over reverse where the input and a waist are narrow", waist.reverse().cost() - waist.cheapest().cost(), above(0));
    }

    private static UnaryOperator<Tensor> layer(Rng rng, int from, int to) {
        var w = Tensor.randn(rng, DType.F64, to, from).mul(1 / Math.sqrt(from)).compute();
        return x -> w.matmul(x).tanh();
    }

    private static Figure boxes(long[] sizes) {
        var nodes = new ArrayList<Node>(List.of(Node.of("0", "x|" + sizes[0])));
        var edges = new ArrayList<Edge>();
        for (int i = 1; i < sizes.length; i++) {
            nodes.add(new Node(Integer.toString(i), "f" + i + "|" + sizes[i], "function"));
            edges.add(new Edge(Integer.toString(i - 1), Integer.toString(i), "J" + i + ": " + sizes[i] + " x " + sizes[i - 1]));
        }
        return Figure.graph("The chain and its local Jacobians", nodes, edges)
                .describedAs("Four functions in a row; on each edge the shape of the local Jacobian.");
    }

    /** How the bill depends on the number of outputs. */
    private static void costs(LabContext lab, long[] sizes) {
        var names = new String[] {"1", "2", "5", "10", "20", "50", "100"};
        double[] forward = new double[names.length], reverse = new double[names.length], best = new double[names.length];
        for (int i = 0; i < names.length; i++) {
            var widths = sizes.clone();
            widths[4] = Long.parseLong(names[i]);
            var chain = LinearMapChain.ofSizes(widths);
            forward[i] = chain.forward().cost();
            reverse[i] = chain.reverse().cost();
            best[i] = chain.cheapest().cost();
        }
        lab.figure(Figure.bars("Multiplications by number of outputs", names, Series.of("forward", forward), Series.of("reverse", reverse),
                Series.of("cheapest", best)).axes("outputs", "multiplications").describedAs(
                        "Reverse order starts far below forward order for one output and grows with every further one; the best bracketing is never above either."));
    }
}
