package lyceum.labs.core;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import lyceum.autograd.Differentiable;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Edge;
import lyceum.plot.Figure;
import lyceum.plot.Node;
import lyceum.tensor.Tensor;

/** Two machines in a row: what goes in, what comes out, and what happens when they change places. */
@Lab(topics = "composite-function", title = "Two machines in a row")
final class CompositionLab implements LabBody {
    private static final String[] MACHINES = {"x + 1", "2x", "x / 2", "sin x", "tanh x", "asinh x", "|x|"};

    private static Differentiable machine(String name) {
        return switch (name) {
            case "x + 1" -> line(1, 1);
            case "2x" -> line(2, 0);
            case "x / 2" -> line(0.5, 0);
            case "sin x" -> Differentiable.elementwise(1, Tensor::sin, 1);
            case "tanh x" -> Differentiable.elementwise(1, Tensor::tanh, 1);
            case "asinh x" -> Differentiable.elementwise(1, x -> x.square().add(1).sqrt().add(x.abs()).log().mul(x.sign()), 1)
                    .withInverse(Tensor::sinh, Double.POSITIVE_INFINITY);
            default -> Differentiable.elementwise(1, Tensor::abs, 1);
        };
    }

    private static Differentiable line(double slope, double offset) {
        return Differentiable.affine(Tensor.of(new double[][] {{slope}}), Tensor.of(new double[] {offset}));
    }

    @Override public void run(LabContext lab) {
        String first = lab.choice("first", "2x", MACHINES), second = lab.choice("second", "sin x", MACHINES);
        int rounds = lab.param("rounds", 1, 1, 5);
        double at = lab.param("x", 0.8, -4, 4);
        Differentiable inner = machine(first), outer = machine(second), once = inner.andThen(outer),
                swapped = outer.andThen(inner).iterated(rounds);
        var whole = once.iterated(rounds);
        lab.figure(Figure.plot("Inner, outer, composed").line(first, -4, 4, x -> value(inner, x)).line(second, -4, 4, x -> value(outer, x))
                .line(first + ", then " + second, -4, 4, x -> value(whole, x))
                .line(second + ", then " + first, -4, 4, x -> value(swapped, x)).axes("x", "value")
                .describedAs("Two curves and their compositions in both orders: only rarely do these agree."));

        var nodes = new ArrayList<Node>(List.of(Node.of("x0", "x|" + number(at))));
        var edges = new ArrayList<Edge>();
        var rows = new ArrayList<List<?>>();
        double x = at, slope = 1, bound = 1;
        for (int i = 0; i < 2 * rounds; i++) {
            var part = i % 2 == 0 ? inner : outer;
            double local = part.jacobian(Tensor.of(new double[] {x})).item(), next = value(part, x);
            slope *= local;
            bound *= part.lipschitz();
            nodes.add(new Node("x" + (i + 1), (i % 2 == 0 ? first : second) + "|" + number(next), "machine"));
            edges.add(new Edge("x" + i, "x" + (i + 1), "slope " + number(local)));
            rows.add(List.of(i % 2 == 0 ? first : second, x, next, local, slope, bound));
            x = next;
        }
        lab.figure(Figure.graph("The machines", nodes, edges).describedAs(
                "Boxes in the order in which they work, with the value that leaves each and its slope at the value that came in."));
        lab.table("One input on its way", List.of("machine", "in", "out", "slope", "product of slopes", "product of bounds"), rows);

        var point = Tensor.of(new double[] {at});
        lab.say("At x = %.2f the slopes multiply to %.4f, and no two inputs are driven apart by more than a factor of %.4g.%s", at, slope,
                whole.lipschitz(), whole.isInvertible() ? " Every machine can be undone, so the row can: last on, first off."
                        : " A machine here cannot be undone everywhere.");
        lab.shows("slope of the whole against the product", Math.abs(whole.jacobian(point).item() - slope), below(1e-10));
        double steepest = 0;
        for (double a = -4; a < 4; a += 0.01) steepest = Math.max(steepest, Math.abs(value(whole, a + 0.01) - value(whole, a)) / 0.01);
        lab.shows("steepest chord over the product of bounds", steepest / whole.lipschitz(), atMost(1 + 1e-9));
    }

    private static double value(Differentiable f, double x) { return f.apply(Tensor.of(new double[] {x})).item(); }

    private static String number(double value) { return String.format(Locale.ROOT, "%.2f", value); }
}
