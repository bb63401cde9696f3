package lyceum.labs.core;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atLeast;

import java.util.List;
import java.util.stream.IntStream;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.optim.Adam;
import lyceum.optim.GradientSurgery;
import lyceum.optim.GradientSurgery.Method;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** Two tasks that pull apart: what surgery makes of their gradients, and where each method ends in two curved valleys. */
@Lab(topics = "pcgrad", title = "Two tasks, one step")
final class MultiTaskLab implements LabBody {
    private static final int POINTS = 201;

    @Override public void run(LabContext lab) {
        double angle = lab.param("angle", 135, 0.0, 180.0), ratio = lab.param("ratio", 0.5, 0.05, 2.0);
        double a = lab.param("a", -3, -6.0, 6.0), b = lab.param("b", -2, -4.0, 4.0), rate = lab.param("learningRate", 0.02, 0.005, 0.1);
        int steps = lab.param("steps", 4_000, 500, 20_000);
        arrows(lab, Math.toRadians(angle), ratio);

        var floor = Landscape.of("Two valleys: where the sum and surgery go", -6.1, 6, -4, 4, "sum of the losses",
                (x, y) -> loss(x, y, 0) + loss(x, y, 1));
        double[] worse = new double[2];
        var methods = List.of(Method.SUM, Method.PCGRAD);
        for (var method : methods) {
            double[][] way = walk(lab, method, a, b, rate, steps);
            double[] last = {way[0][way[0].length - 1], way[1][way[0].length - 1]};
            worse[methods.indexOf(method)] = Math.max(loss(last[0], last[1], 0), loss(last[0], last[1], 1));
            floor = floor.line(method == Method.SUM ? "the sum" : "PCGrad", way[0], way[1]);
            lab.say("%s ends at (%.2f, %.2f) with losses %.1f and %.1f.", method, last[0], last[1], loss(last[0], last[1], 0),
                    loss(last[0], last[1], 1));
        }
        lab.figure(floor.axes("a", "b").describedAs(
                "The sum follows the steeper task into one valley's floor and stays there, far from the other; PCGrad goes on along it to where the valleys meet."));
        lab.shows("the worse loss: the sum's less PCGrad's", worse[0] - worse[1], above(5));
    }

    private static void arrows(LabContext lab, double angle, double ratio) {
        double[] g1 = {3, 0}, g2 = {3 * ratio * Math.cos(angle), 3 * ratio * Math.sin(angle)};
        var gradients = Tensor.of(new double[][] {g1, g2});
        var combined = new GradientSurgery(Method.PCGRAD).combine(gradients, lab.rng(1));
        var projected = Tensor.of(combined.shares()).matmul(gradients).toRows();
        double[] update = combined.update().toDoubleArray();
        var plot = Figure.plot("Gradients before and after surgery");
        String[] names = {"task 1", "task 2", "task 1, projected", "task 2, projected", "PCGrad's step", "the plain sum"};
        double[][] tips = {g1, g2, projected[0], projected[1], update, {g1[0] + g2[0], g1[1] + g2[1]}};
        for (int i = 0; i < tips.length; i++)
            plot = plot.arrows(names[i], new double[1], new double[1], new double[] {tips[i][0]}, new double[] {tips[i][1]});
        lab.figure(plot.axes("first parameter", "second parameter").equalScales().describedAs(
                "Beyond 90 degrees each gradient loses its part against the other: the projected ones stand at right angles to the other task's, and their sum helps both."));
        var conflicts = combined.conflicts();
        lab.table("The conflict", List.of("cosine", "similarity of lengths", "curvature bound"),
                List.of(List.of(conflicts.cosines()[0][1], conflicts.similarities()[0][1], conflicts.curvatureBounds()[0][1])));
        double least = IntStream.range(0, 2).mapToDouble(k -> update[0] * tips[k][0] + update[1] * tips[k][1]).min().getAsDouble();
        lab.shows("least product of the step with a task's gradient", least, atLeast(-1e-12));
    }

    /** Figure 1 of Yu and others (2020). */
    private static Tensor task(Tensor x, int task) {
        Tensor a = x.narrow(0, 0, 1).div(2), b = x.narrow(0, 1, 1).tanh(), valley = task == 0 ? a.add(b) : a.sub(b).add(2);
        return valley.abs().maximum(5e-6).log().mul(task == 0 ? 20 : 25).sum();
    }

    private static double loss(double a, double b, int task) { return task(Tensor.of(a, b), task).item(); }

    /** Points of the way for each axis, evenly spaced in steps. */
    private static double[][] walk(LabContext lab, Method method, double a, double b, double rate, int steps) {
        var x = Tensor.of(a, b).requiresGrad();
        var optimizer = new Adam(rate).over(x);
        var surgery = new GradientSurgery(method);
        int every = steps / (POINTS - 1);
        var way = new double[2][POINTS];
        var rng = lab.rng(2);
        for (int t = 0; t <= steps; t++) {
            for (int i = 0; i < 2; i++) if (t % every == 0) way[i][Math.min(t / every, POINTS - 1)] = x.item(i);
            if (t < steps) optimizer.step(surgery.gradients(optimizer.parameters(), rng, task(x, 0), task(x, 1)));
        }
        return way;
    }
}
