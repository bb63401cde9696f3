package lyceum.labs.learn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.kernel.KernelFunction;
import lyceum.kernel.Laplacian;
import lyceum.kernel.LinearKernel;
import lyceum.kernel.Mmd;
import lyceum.kernel.Nystroem;
import lyceum.kernel.PolynomialKernel;
import lyceum.kernel.RandomFourierFeatures;
import lyceum.kernel.Rbf;
import lyceum.kernel.SigmoidKernel;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.linear.Ridge;
import lyceum.learn.svm.KernelRidge;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** Two rings that no line separates, lifted to where a plane does; kernels do it without the lifting. */
@Lab(topics = "kernel-methods", title = "Lifted rings")
final class KernelMethodsLab implements LabBody {
    @Override public void run(LabContext lab) {
        String name = lab.choice("kernel", "polynomial", "linear", "polynomial", "RBF", "Laplacian", "sigmoid");
        double gamma = lab.param("gamma", 1.0, 0.02, 20.0), alpha = lab.param("alpha", 0.1, 0.001, 10.0),
                inner = lab.param("inner radius", 0.4, 0.1, 0.9);
        int features = lab.param("features", 100, 5, 1000);
        KernelFunction kernel = switch (name) {
            case "linear" -> new LinearKernel();
            case "RBF" -> Rbf.ofGamma(gamma);
            case "Laplacian" -> new Laplacian(gamma);
            case "sigmoid" -> new SigmoidKernel(gamma, -1);
            default -> new PolynomialKernel(2, gamma, 1);
        };
        var rings = Datasets.circles(lab.rng(1), 200, inner, 0.08);
        Tensor x = rings.x(), sign = rings.y().to(DType.F64).mul(2).sub(1).compute();
        String[] names = {"ring 0", "ring 1"};
        double[] first = x.select(1, 0).toDoubleArray(), height = x.square().sum(1).toDoubleArray();
        double middle = 0.5 * (1 + inner * inner);
        lab.figure(Figure.scatter("The rings from the side", first, height, rings.labels(), names).horizontalLine(middle, "a plane")
                .axes("x1", "x1 squared + x2 squared")
                .describedAs("Lifted by the squared radius, the rings lie at two heights of a paraboloid, and a flat cut parts them."));

        double least = kernel.leastEigenvalue(x);
        if (!kernel.isValidOn(x)) {
            lab.say("%s is no valid kernel: its Gram matrix has the eigenvalue %.3f, so there is no space in which it is an inner product.",
                    name, least);
        } else {
            var model = new KernelRidge(kernel, alpha).fit(x, sign);
            lab.figure(Figure.regions("What kernel ridge says", -1.4, 1.4, -1.4, 1.4, t -> model.predict(t).gt(0).to(DType.I64), names)
                    .points(x, rings.labels(), names).axes("x1", "x2").equalScales()
                    .describedAs("The sign of a kernel ridge regression on labels of -1 and 1: a flat cut in feature space, curved here."));
            double right = model.predict(x).mul(sign).gt(0).to(DType.F64).mean().item();
            lab.say("With the %s kernel %.1f%% of the points are on their side; the least eigenvalue of the Gram matrix is %.2g.", name,
                    100 * right, least);
            lab.shows("least eigenvalue", least, above(-1e-9));
            if (name.equals("polynomial")) {
                var phi = new PolynomialKernel(2, gamma, 1).features(x);
                lab.shows("explicit features against the kernel", phi.matmul(phi.transpose()).sub(kernel.gram(x)).abs().max().item(),
                        below(1e-9));
                lab.shows("share right", right, atLeast(0.5));
            }
        }

        var rbf = Rbf.ofGamma(Math.min(gamma, 5));
        var exact = new KernelRidge(rbf, alpha).fit(x, sign).predict(x);
        var rows = new ArrayList<List<Object>>();
        for (var map : List.of(new RandomFourierFeatures(rbf, features, lab.seed()), new Nystroem(rbf, features, lab.seed()))) {
            var phi = map.fit(x).transform(x);
            double error = phi.matmul(phi.transpose()).sub(rbf.gram(x)).square().mean().sqrt().item(),
                    off = new Ridge(alpha).withIntercept(false).fit(phi, sign).predict(phi).sub(exact).square().mean().sqrt().item();
            rows.add(List.of(map.name(), phi.size(1), error, off));
        }
        lab.table("The RBF kernel by explicit features", List.of("map", "features", "error of the kernel", "error of ridge's predictions"),
                rows);

        var test = new Mmd(Rbf.ofMedianDistance(x));
        var byClass = new ArrayList<Tensor>();
        for (int c = 0; c < 2; c++) {
            var chosen = new ArrayList<Integer>();
            for (int i = 0; i < 200; i++) if (rings.labels()[i] == c) chosen.add(i);
            byClass.add(x.rows(chosen.stream().mapToInt(i -> i).toArray()));
        }
        double means = byClass.get(0).mean(0).sub(byClass.get(1).mean(0)).square().sum().sqrt().item();
        lab.say("The rings' means are %.3f apart, yet the kernel two-sample test tells them apart: p = %.3f.", means,
                test.test(byClass.get(0), byClass.get(1), 199, lab.rng(2)).pValue());
    }
}
