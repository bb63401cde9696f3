package lyceum.labs.stats;

import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.between;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.kernel.KernelFunction;
import lyceum.kernel.Matern;
import lyceum.kernel.MercerExpansion;
import lyceum.kernel.Periodic;
import lyceum.kernel.RandomFourierFeatures;
import lyceum.kernel.Rbf;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;

/** A kernel taken apart into eigenfunctions and put together again, one term after the other. */
@Lab(topics = "mercer", title = "A kernel, term by term")
final class MercerLab implements LabBody {
    @Override public void run(LabContext lab) {
        String name = lab.choice("kernel", "min(s, t)", "min(s, t)", "RBF", "Matern 1/2", "periodic");
        double length = lab.param("length scale", 0.2, 0.05, 2.0);
        int terms = lab.param("terms", 4, 1, 12);
        KernelFunction kernel = switch (name) {
            case "RBF" -> new Rbf(length);
            case "Matern 1/2" -> new Matern(0.5, length);
            case "periodic" -> new Periodic(0.5, 5 * length);
            default -> (s, t) -> Math.min(s[0], t[0]);
        };
        // Smooth kernels have few eigenvalues above rounding: take what there is.
        int most = terms;
        MercerExpansion expansion = null;
        for (; expansion == null; most--) {
            try {
                expansion = MercerExpansion.midpoint(kernel, 0, 1, 300, most);
            } catch (IllegalArgumentException e) {
                if (most == 1) throw e;
            }
        }
        int shown = expansion.terms();
        var t = Tensor.linspace(0, 1, 81).to(DType.F64).unsqueeze(1);
        double[] at = t.toDoubleArray(), values = expansion.eigenvalues().toDoubleArray();
        var functions = expansion.eigenfunctions(t);
        Plot plot = Figure.plot("Eigenfunctions of " + name);
        for (int j = 0; j < Math.min(shown, 5); j++) plot = plot.line("e" + (j + 1), at, functions.select(1, j).toDoubleArray());
        lab.figure(plot.axes("t", "e(t)")
                .describedAs("The first eigenfunctions under the uniform measure; each crosses zero once more than the one before."));
        lab.figure(
                Figure.plot("What each is worth").points("eigenvalue", IntStream.rangeClosed(1, shown).asDoubleStream().toArray(), values)
                        .logY().axes("j", "eigenvalue").describedAs("The smoother the kernel, the faster its eigenvalues fall."));

        var exact = kernel.gram(t);
        lab.figure(Figure.frames("The kernel rebuilt", "terms", rebuilt(expansion, t, at, exact)).describedAs(
                "Slices of the kernel through three points, and the sum of the first terms: each term sharpens the corner or the bump."));
        var left = exact.sub(expansion.truncated(t, t, shown)).abs().max().item();
        double taken = IntStream.range(0, shown).mapToDouble(j -> values[j]).sum();
        lab.say("%d terms carry %.2f%% of the trace; the largest error anywhere is %.4f.", shown, 100 * taken / expansion.trace(), left);
        double least = exact.sub(expansion.truncated(t, t, shown)).diagonal().min().item();
        lab.shows("truncation never rises above the diagonal", -least, below(1e-9));
        if (name.equals("min(s, t)"))
            lab.shows("first eigenvalue times (pi / 2)^2", values[0] * Math.PI * Math.PI / 4, between(0.999, 1.001));

        double[] sizes = {10, 30, 100, 300, 1000, 3000}, errors = new double[6];
        var rbf = new Rbf(length);
        for (int s = 0; s < 6; s++) {
            for (int draw = 0; draw < 5; draw++) {
                var phi = new RandomFourierFeatures(rbf, (int) sizes[s], 10 * s + draw + lab.seed()).fit(t).transform(t);
                errors[s] += phi.matmul(phi.transpose()).sub(rbf.gram(t)).square().mean().item() / 5;
            }
            errors[s] = Math.sqrt(errors[s]);
        }
        lab.figure(Figure.plot("Random cosines instead").line("RBF kernel, mean of five draws", sizes, errors)
                .line("1 / sqrt(2 D)", 10, 3000, d -> 1 / Math.sqrt(2 * d)).dashed().logX().logY()
                .axes("features D", "root mean square error of the kernel")
                .describedAs("Fourier features need a hundred times as many for one more digit."));
        double slope = Math.log(errors[5] / errors[0]) / Math.log(300);
        lab.shows("slope of the Fourier error", slope, between(-0.65, -0.35));
    }

    private static List<Figure> rebuilt(MercerExpansion expansion, Tensor t, double[] at, Tensor exact) {
        var frames = new ArrayList<Figure>();
        for (int count = 1; count <= expansion.terms(); count++) {
            var sum = expansion.truncated(t, t, count);
            Plot plot = Figure.plot(count + (count == 1 ? " term" : " terms"));
            for (int row : new int[] {16, 40, 64}) {
                plot = plot.line("k(s, " + at[row] + ")", at, exact.select(0, row).toDoubleArray()).dashed().line("terms at " + at[row], at,
                        sum.select(0, row).toDoubleArray());
            }
            frames.add(plot.axes("s", "kernel").describedAs("Kernel slices and their sum of " + count + " terms."));
        }
        return frames;
    }
}
