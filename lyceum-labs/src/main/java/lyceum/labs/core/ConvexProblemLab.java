package lyceum.labs.core;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.optim.ConvexProblem;
import lyceum.optim.Expression;
import lyceum.optim.GradientDescent;
import lyceum.optim.StopReason;
import lyceum.plot.Figure;
import lyceum.plot.Plot;

/** Every start meets at one point of a bowl, and at two of a double well; a linear program whose answer proves itself. */
@Lab(topics = "convex-optimization", title = "All roads lead to one minimum")
final class ConvexProblemLab implements LabBody {

    @Override public void run(LabContext lab) {
        double modulus = lab.param("modulus", 0.3, 0.1, 2.0), slant = lab.param("slant", 0.8, -2.0, 2.0);
        int starts = lab.param("starts", 24, 2, 100);
        double least = lab.param("least", 4, -2.0, 12.0), most = lab.param("most", 6, 0.0, 12.0);
        Expression x = Expression.variable(0), y = Expression.variable(1);
        var bowl = x.square().plus(y.square()).times(modulus / 2).plus(x.plus(y.times(slant)).softplus()).plus(y.minus(x).softplus());
        var wells = x.square().minus(1).square().plus(y.square().times(0.5));
        lab.figure(Figure.grid("Descent from everywhere", 2, paths(lab, "a strongly convex bowl", bowl, starts),
                paths(lab, "a double well", wells, starts)).describedAs(
                        "On the left every path ends at the same point, wherever it began; on the right the start decides between two."));

        var problem = ConvexProblem.minimize(bowl).within(-3, 3);
        double spread = 0;
        double[] first = problem.solve().x();
        for (int i = 0; i < starts; i++) {
            double[] end = problem.solve(start(lab, i)).x();
            spread = Math.max(spread, Math.hypot(end[0] - first[0], end[1] - first[1]));
        }
        lab.say("The bowl's minimum is at (%.4f, %.4f); ends of %d starts differ by %.1e.", first[0], first[1], starts, spread);
        lab.shows("largest distance between ends", spread, below(1e-6));
        try {
            ConvexProblem.minimize(wells);
        } catch (IllegalArgumentException refused) {
            lab.say("The double well is refused: %s", refused.getMessage());
        }

        // 3x + 2y with x + y >= least, x + y <= most, x >= 1, y >= 0: drag most below least and the answer is a contradiction.
        var linear = ConvexProblem.minimize(x.times(3).plus(y.times(2))).subjectTo(x.plus(y).times(-1).plus(least), x.times(-1).plus(1),
                y.times(-1), x.plus(y).minus(most));
        var answer = linear.solve();
        double[] multipliers = answer.lambda();
        String[] names = {"x + y >= least", "x >= 1", "y >= 0", "x + y <= most"};
        var rows = new ArrayList<List<?>>();
        for (int i = 0; i < names.length; i++) rows.add(List.of(names[i], multipliers[i]));
        if (answer.stop() == StopReason.INFEASIBLE) {
            lab.table("Add these up: 0 is at least something above 0", List.of("constraint", "times"), rows);
            lab.say("No point satisfies all four, and the multipliers prove it.");
            lab.shows("the contradiction holds", linear.program().provesInfeasible(answer.nu(), multipliers, 1e-6));
        } else {
            lab.table("Add these up: the objective is at least its optimum", List.of("constraint", "multiplier"), rows);
            double bound = linear.program().dualValue(answer.nu(), multipliers);
            lab.say("The optimum is (%.4f, %.4f) with value %.6f; its multipliers prove that nothing lies below %.6f.", answer.x()[0],
                    answer.x()[1], answer.value(), bound);
            lab.shows("value less the bound that the multipliers prove", Math.abs(answer.value() - bound), atMost(1e-7));
        }
    }

    private static double[] start(LabContext lab, int i) {
        var rng = lab.rng(i);
        return new double[] {6 * rng.nextDouble() - 3, 6 * rng.nextDouble() - 3};
    }

    /** Every start with four arrows along its way down. */
    private static Plot paths(LabContext lab, String title, Expression f, int starts) {
        int quarters = 4;
        double[] fromX = new double[quarters * starts], fromY = fromX.clone(), toX = fromX.clone(), toY = fromX.clone();
        double[] endX = new double[starts], endY = new double[starts];
        for (int i = 0; i < starts; i++) {
            var points = GradientDescent.constant(0.015).withMaxIterations(2_000).withStepTolerance(1e-4).trace(f, start(lab, i)).points();
            for (int k = 0; k < quarters; k++) {
                double[] from = points.get(half(points.size(), k)), to = points.get(half(points.size(), k + 1));
                fromX[quarters * i + k] = from[0];
                fromY[quarters * i + k] = from[1];
                toX[quarters * i + k] = to[0];
                toY[quarters * i + k] = to[1];
            }
            endX[i] = points.getLast()[0];
            endY[i] = points.getLast()[1];
        }
        return Landscape.of(title, -3, 3, -3, 3, "root of f", (a, b) -> Math.sqrt(Math.max(0, f.at(a, b))))
                .arrows("descent", fromX, fromY, toX, toY).points("ends", endX, endY).axes("x", "y");
    }

    /** Steps shorten on the way down, so that the first of them are shown most finely. */
    private static int half(int points, int k) { return k == 4 ? points - 1 : k * points / 32; }
}
