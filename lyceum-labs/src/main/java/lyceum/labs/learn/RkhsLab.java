package lyceum.labs.learn;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import lyceum.DType;
import lyceum.kernel.KernelFunction;
import lyceum.kernel.Laplacian;
import lyceum.kernel.Matern;
import lyceum.kernel.Rbf;
import lyceum.kernel.RkhsFunction;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.svm.KernelMachine;
import lyceum.learn.svm.MachineLoss;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;

/** A fit is a sum of bumps, one at each point; extra bumps elsewhere are of no use. */
@Lab(topics = "rkhs", title = "Bumps that add up")
final class RkhsLab implements LabBody {
    @Override public void run(LabContext lab) {
        String name = lab.choice("kernel", "RBF", "RBF", "Matern 3/2", "Laplacian"),
                price = lab.choice("loss", "squared", "squared", "quantile", "tube");
        double length = lab.param("length scale", 0.8, 0.1, 4.0), lambda = lab.param("lambda", 0.1, 0.001, 30.0),
                noise = lab.param("noise", 0.2, 0.0, 1.0);
        int n = lab.param("n", 14, 4, 60);
        KernelFunction kernel = switch (name) {
            case "Matern 3/2" -> new Matern(1.5, length);
            case "Laplacian" -> new Laplacian(1 / length);
            default -> new Rbf(length);
        };
        MachineLoss loss = switch (price) {
            case "quantile" -> new MachineLoss.Quantile(0.8);
            case "tube" -> new MachineLoss.EpsilonInsensitive(0.2);
            default -> new MachineLoss.Squared();
        };
        Tensor x = Tensor.rand(lab.rng(1), DType.F64, n, 1).mul(7).compute(), grid = Tensor.linspace(-1, 8, 181).to(DType.F64).unsqueeze(1);
        var y = x.select(1, 0).sin().add(Tensor.randn(lab.rng(2), DType.F64, n).mul(noise)).compute();
        var machine = new KernelMachine(kernel, loss, lambda);
        var model = machine.fit(x, y);
        RkhsFunction f = model.function();
        double[] at = grid.toDoubleArray(), a = f.coefficients().toDoubleArray();
        double[][] bumps = kernel.gram(x, grid).toRows();
        Plot plot = Figure.plot("Bumps and their sum");
        int used = 0;
        for (int i = 0; i < n; i++) {
            if (Math.abs(a[i]) < 1e-6) continue;
            used++;
            if (used > 20) continue;
            var bump = bumps[i].clone();
            for (int j = 0; j < bump.length; j++) bump[j] *= a[i];
            plot = plot.line("at " + String.format(Locale.ROOT, "%.2f", x.item(i, 0)), at, bump).dashed();
        }
        lab.figure(plot.line("f", at, f.at(grid).toDoubleArray()).points("data", x.select(1, 0), y).axes("x", "y")
                .describedAs("Each point carries a bump of the kernel's shape, up or down; the fit is their sum and falls to 0 far off."));
        lab.say("%d of %d points carry a bump. The norm is %.3f, the objective %.4f.", used, n, f.norm(), model.objective());

        var extra = Tensor.linspace(-1, 8, 40).to(DType.F64).unsqueeze(1);
        var wide = machine.fit(x, y, null, extra);
        lab.shows("what 40 more centres gain", model.objective() - wide.objective(), atMost(1e-6));
        double worst = 0;
        for (double t : at) worst = Math.max(worst, Math.abs(f.at(t)) - f.norm());
        lab.shows("largest |f(x)| less the norm, as k(x, x) = 1", worst, atMost(0));
        lab.shows("<f, k(3, .)> less f(3)", Math.abs(f.inner(RkhsFunction.evaluation(kernel, 3)) - f.at(3.0)), below(1e-10));

        double[] strengths = {0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30}, norms = new double[10], losses = new double[10];
        var rows = new ArrayList<List<Object>>();
        for (int k = 0; k < 10; k++) {
            var fit = machine.withLambda(strengths[k]).fit(x, y);
            norms[k] = fit.function().norm();
            losses[k] = (fit.objective() - 0.5 * strengths[k] * fit.function().squaredNorm()) / n;
            rows.add(List.of(strengths[k], norms[k], losses[k]));
        }
        lab.figure(Figure.plot("The price of a norm").line("norm of f", strengths, norms).line("mean loss", strengths, losses).logX().logY()
                .axes("lambda", "norm, loss").describedAs("A stronger penalty buys a smaller norm with a larger loss."));
        lab.table("Strengths", List.of("lambda", "norm", "mean loss"), rows);

        var raised = machine.fit(x, y.add(10)).function().at(grid).sub(10);
        lab.figure(Figure.line("The same with 10 added to y", at, raised.toDoubleArray()).axes("x", "f(x) - 10")
                .describedAs("Without an intercept the norm has to hold the mean up, and f sags between and beyond the data: centre y."));
    }
}
