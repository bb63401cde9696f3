package lyceum.labs.core;

import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.equalTo;

import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.optim.AugmentedLagrangian;
import lyceum.optim.NonlinearProgram;
import lyceum.optim.Objective;
import lyceum.optim.Optimum;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** Where a level curve touches an ellipse both gradients lie on one line; and a loaded die by maximum entropy. */
@Lab(topics = "lagrange-multipliers", title = "Where the curve touches")
final class LagrangeLab implements LabBody {

    @Override public void run(LabContext lab) {
        double radius = lab.param("radius", 2, 0.5, 3.0), stretch = lab.param("stretch", 1.8, 1.0, 3.0),
                tilt = lab.param("tilt", 0.6, -1.0, 1.0);
        double mean = lab.param("mean", 4.5, 1.2, 5.8);
        double[] centre = {2.6, 1.6};
        Objective f = (x, g) -> {
            double u = x[0] - centre[0], v = x[1] - centre[1];
            g[0] = 2 * u + tilt * v;
            g[1] = 2 * v + tilt * u;
            return u * u + v * v + tilt * u * v;
        };
        var optimum = touch(f, radius * radius, stretch);
        double[] x = optimum.x(), up = new double[2], wall = {2 * x[0] / stretch / stretch, 2 * x[1]};
        f.at(x, up);
        double nu = optimum.nu()[0], length = 1 / Math.hypot(up[0], up[1]), wallLength = 0.7 / Math.hypot(wall[0], wall[1]);
        var angle = Tensor.arange(0, 201, 1).to(DType.F64).mul(2 * Math.PI / 200).compute();
        var unused = new double[2];
        lab.figure(Landscape.of("The least value on an ellipse", -5, 5, -3.5, 3.5, "f", (a, b) -> f.at(new double[] {a, b}, unused))
                .line("allowed: h(x) = 0", angle.cos().mul(radius * stretch), angle.sin().mul(radius))
                .arrows("minus grad f", new double[] {x[0]}, new double[] {x[1]}, new double[] {x[0] - up[0] * length},
                        new double[] {x[1] - up[1] * length})
                .arrows("grad h", new double[] {x[0]}, new double[] {x[1]}, new double[] {x[0] + wall[0] * wallLength},
                        new double[] {x[1] + wall[1] * wallLength})
                .points("optimum", new double[] {x[0]}, new double[] {x[1]}).axes("x", "y").equalScales().describedAs(
                        "At the optimum the ellipse touches a level curve of f: both gradients lie on one line, whatever radius and tilt."));
        double sine = Math.abs(up[0] * wall[1] - up[1] * wall[0]) / Math.hypot(up[0], up[1]) / Math.hypot(wall[0], wall[1]);
        double step = 1e-4, price = (touch(f, radius * radius + step, stretch).value() - touch(f, radius * radius - step, stretch).value())
                / (2 * step);
        lab.say("At (%.3f, %.3f) the multiplier is %.4f. Letting r^2 grow by a little changes the least value by %.4f of that.", x[0], x[1],
                nu, price);
        lab.shows("sine of the angle between both gradients", sine, below(1e-6));
        lab.shows("multiplier plus d f* / d r^2", nu + price, equalTo(0, 1e-4));

        Tensor faces = Tensor.arange(1, 7, 1).to(DType.F64);
        var entropy = NonlinearProgram.of(Objective.of(p -> p.mul(p.log()).sum())).withEqualities(Objective.of(p -> p.sum().sub(1)),
                Objective.of(p -> p.mul(faces).sum().sub(mean)));
        var die = new AugmentedLagrangian().minimize(entropy, new double[] {1 / 6., 1 / 6., 1 / 6., 1 / 6., 1 / 6., 1 / 6.});
        double beta = die.nu()[1];
        Tensor weights = faces.mul(-beta).exp(), gibbs = weights.div(weights.sum());
        lab.figure(Figure.bar("The die that says least beyond its mean of " + mean, new String[] {"1", "2", "3", "4", "5", "6"}, die.x())
                .axes("face", "probability")
                .describedAs("Maximum entropy with a given mean makes probabilities geometric; the multiplier of the mean is their rate."));
        lab.say("The multiplier of the mean is %.4f: each face is exp(%.4f) times as likely as the one before.", beta, -beta);
        lab.shows("gap to the Gibbs form with that multiplier", gibbs.sub(Tensor.of(die.x())).abs().max().item(), below(1e-6));
    }

    /** The nearest point by f on {@code (x / stretch)^2 + y^2 = r2}. */
    private static Optimum touch(Objective f, double r2, double stretch) {
        Objective ellipse = (x, g) -> {
            g[0] = 2 * x[0] / stretch / stretch;
            g[1] = 2 * x[1];
            return x[0] * x[0] / stretch / stretch + x[1] * x[1] - r2;
        };
        return new AugmentedLagrangian().minimize(NonlinearProgram.of(f).withEqualities(ellipse), new double[] {1, 1});
    }
}
