package lyceum.labs.core;

import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.optim.InteriorPoint;
import lyceum.optim.QuadraticProgram;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** A ball rolls towards its goal until walls hold it: each wall that touches pushes back, and its push is its price. */
@Lab(topics = "kkt-duality", title = "Walls that push, and what they cost")
final class KktLab implements LabBody {
    private static final double[][] WALLS = {{1, 0}, {0, 1}, {1, 1}, {-1, 0}, {0, -1}};
    private static final String[] NAMES = {"right", "top", "slanted", "left", "bottom"};

    @Override public void run(LabContext lab) {
        double goalX = lab.param("goalX", 3, -1.0, 5.0), goalY = lab.param("goalY", 2.5, -1.0, 5.0);
        double right = lab.param("right", 2, 0.5, 4.0), slanted = lab.param("slanted", 3, 0.5, 8.0),
                bend = lab.param("bend", 0.5, -0.9, 0.9);
        double[][] p = {{2, 2 * bend}, {2 * bend, 2}};
        double[] q = {-2 * goalX - 2 * bend * goalY, -2 * goalY - 2 * bend * goalX}, h = {right, 3, slanted, 0, 0};
        var program = QuadraticProgram.of(p, q).withInequalities(WALLS, h);
        var method = new InteriorPoint().withTolerance(1e-10);
        var optimum = method.minimize(program);
        double[] x = optimum.x(), lambda = optimum.lambda();
        var picture = Landscape.of("Held by its walls", -0.5, 5, -0.5, 4, "f", (a, b) -> program.value(new double[] {a, b}))
                .verticalLine(right, "right").horizontalLine(3, "top").verticalLine(0, "left").horizontalLine(0, "bottom")
                .line("slanted", new double[] {slanted - 4, slanted + 0.5}, new double[] {4, -0.5}).arrows("pull: minus grad f",
                        new double[] {x[0]}, new double[] {x[1]}, new double[] {x[0] - 0.25 * slope(p, q, x, 0)},
                        new double[] {x[1] - 0.25 * slope(p, q, x, 1)});
        var rows = new ArrayList<List<?>>();
        double worst = 0, step = 1e-5;
        for (int i = 0; i < WALLS.length; i++) {
            if (lambda[i] > 1e-6) picture = picture.arrows("push of " + NAMES[i], new double[] {x[0]}, new double[] {x[1]},
                    new double[] {x[0] - 0.25 * lambda[i] * WALLS[i][0]}, new double[] {x[1] - 0.25 * lambda[i] * WALLS[i][1]});
            double[] out = h.clone(), in = h.clone();
            out[i] += step;
            in[i] -= step;
            double price = (method.minimize(program.withInequalities(WALLS, in)).value()
                    - method.minimize(program.withInequalities(WALLS, out)).value()) / (2 * step);
            worst = Math.max(worst, Math.abs(price - lambda[i]));
            rows.add(List.of(NAMES[i], h[i] - WALLS[i][0] * x[0] - WALLS[i][1] * x[1], lambda[i], price));
        }
        lab.figure(picture.points("optimum", new double[] {x[0]}, new double[] {x[1]}).axes("x", "y").describedAs(
                "The pull towards the goal and the pushes of the walls that touch add up to nothing. Move a wall away and its arrow vanishes: slack, or a price, never both."));
        lab.table("Slack and price", List.of("wall", "slack", "multiplier", "fall of f* a unit of room"), rows);
        lab.say("The optimum is (%.3f, %.3f) with %s.", x[0], x[1], optimum.residuals());

        // The dual along the ray through its optimum: a bound everywhere, tight at 1.
        double[] scale = Tensor.arange(0, 81, 1).to(DType.F64).div(40).toDoubleArray(), bound = new double[scale.length];
        for (int i = 0; i < scale.length; i++) {
            var some = lambda.clone();
            for (int j = 0; j < some.length; j++) some[j] *= scale[i];
            bound[i] = program.dualValue(new double[0], some);
        }
        lab.figure(Figure.plot("Every price list bounds the optimum").line("dual function", scale, bound)
                .horizontalLine(optimum.value(), "optimum").axes("multipliers, over the optimal ones", "value of f")
                .describedAs("The dual function never rises above the optimum and touches it at the right prices: no gap."));
        lab.shows("largest of the residuals", optimum.residuals().largest(), below(1e-8));
        lab.shows("duality gap", Math.abs(optimum.value() - program.dualValue(new double[0], lambda)), below(1e-7));
        lab.shows("largest gap of a multiplier to its finite difference", worst, below(1e-4));
    }

    private static double slope(double[][] p, double[] q, double[] x, int i) { return p[i][0] * x[0] + p[i][1] * x[1] + q[i]; }
}
