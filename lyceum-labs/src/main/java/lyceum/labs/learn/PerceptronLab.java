package lyceum.labs.learn;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.List;
import lyceum.data.Dataset;
import lyceum.kernel.PolynomialKernel;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.labs.Worst;
import lyceum.learn.linear.Perceptron;
import lyceum.learn.linear.PerceptronModel;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** The line jumps at each mistake, and geometry alone says how often it can: at most the square of the radius over the margin. */
@Lab(topics = "perceptron", title = "Every mistake is paid for")
final class PerceptronLab implements LabBody {

    @Override public void run(LabContext lab) {
        int n = lab.param("rows", 40, 10, 200);
        double gap = lab.param("gap", 0.4, 0.1, 2);
        var planted = apart(lab.rng(0), n, gap);
        var data = planted.data;
        var learner = new Perceptron().withShuffle(false).withPasses(1_000);
        var model = learner.fit(data.x(), data.y());

        var frames = new ArrayList<Plot>();
        var online = learner.start(2, 0, 1);
        int[] mistakes = model.mistakes().row();
        frames.add(line(data, online, -1));
        for (int row : mistakes) {
            online = online.partialFit(data.x().narrow(0, row, 1), data.y().narrow(0, row, 1));
            if (frames.size() < 40) frames.add(line(data, online, row));
        }
        lab.figure(Figure.frames("The line after each mistake", "mistakes", frames).describedAs(
                "Two groups of points and a line that jumps each time a marked point is on its wrong side, until it lies between the groups and no mistake is left."));
        lab.shows("mistakes replayed one by one end at the same weights", Worst.gap(online.coefficients(), model.coefficients()),
                exactly(0));

        double radius = Math.sqrt(data.x().square().sum(1).add(1).max().item()), margin = planted.margin;
        double bound = radius * radius / (margin * margin);
        lab.table("Novikoff's bound", List.of("radius R", "margin gamma", "(R / gamma)^2", "mistakes made"),
                List.of(List.of(radius, margin, bound, model.mistakes().total())));
        var worst = new Worst();
        for (int s : lab.progress("separable sets", 100)) {
            var other = apart(lab.rng(s + 1), n, gap);
            var set = other.data;
            double r = set.x().square().sum(1).add(1).max().item();
            worst.see(learner.fit(set.x(), set.y()).mistakes().total() * other.margin * other.margin / r);
        }
        lab.say("%d mistakes were made and %.0f were allowed. Over 100 other data sets the worst used %.0f%% of its allowance.",
                model.mistakes().total(), bound, 100 * worst.value());
        lab.shows("mistakes over the bound, worst of 100 sets", worst.value(), atMost(1));
        xor(lab);
    }

    /** Two groups on either side of a random line that leaves a strip free, and the margin that this line has among rows (x, 1). */
    private record Apart(Dataset data, double margin) {}

    private static Apart apart(Rng rng, int n, double gap) {
        double angle = 2 * Math.PI * rng.nextDouble(), offset = rng.nextDouble() - 0.5, least = Double.POSITIVE_INFINITY;
        var x = new double[n][2];
        var y = new long[n];
        for (int i = 0; i < n; i++) {
            double side;
            do {
                x[i][0] = 1.5 * rng.nextGaussian();
                x[i][1] = 1.5 * rng.nextGaussian();
                side = Math.cos(angle) * x[i][0] + Math.sin(angle) * x[i][1] + offset;
            } while (Math.abs(side) < gap / 2 || side > 0 != (i % 2 == 0));
            y[i] = i % 2 == 0 ? 1 : 0;
            least = Math.min(least, Math.abs(side));
        }
        return new Apart(Dataset.of(Tensor.of(x), Tensor.of(y)), least / Math.sqrt(1 + offset * offset));
    }

    private static Plot line(Dataset data, PerceptronModel model, int row) {
        Plot plot = Figure.scatter(row < 0 ? "At the start" : "After row " + row, data.x(), data.labels(), "minus", "plus").axes("x1", "x2")
                .limitX(-5, 5).limitY(-5, 5);
        if (row >= 0) plot = plot.points("mistaken", data.x().narrow(0, row, 1));
        double a = model.coefficients().item(0), b = model.coefficients().item(1), c = model.intercept().item(), square = a * a + b * b;
        if (square == 0) return plot;
        // From the foot of the perpendicular, far along the line both ways.
        double x = -c * a / square, y = -c * b / square, reach = 8 / Math.sqrt(square);
        return plot.line("boundary", new double[] {x - reach * b, x + reach * b}, new double[] {y + reach * a, y - reach * a});
    }

    private static void xor(LabContext lab) {
        var x = Tensor.of(new double[][] {{0, 0}, {0, 1}, {1, 0}, {1, 1}});
        var y = Tensor.of(new long[] {0, 1, 1, 0});
        var pocket = new Perceptron().withPasses(10_000).withVariant(Perceptron.Variant.POCKET).fit(x, y);
        lab.check(3, "XOR: no pass of 10,000 is clean", !pocket.mistakes().hasCleanPass());
        lab.check(3, "XOR: share that the pocket has right", pocket.score(x, y), exactly(0.75));
        lab.check(5, "XOR: share right with a kernel of degree 2",
                new Perceptron().withKernel(new PolynomialKernel(2)).withPasses(1_000).fit(x, y).score(x, y), exactly(1));
    }
}
