package lyceum.labs.learn;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;

import lyceum.DType;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.kernel.KernelFunction;
import lyceum.kernel.LinearKernel;
import lyceum.kernel.PolynomialKernel;
import lyceum.kernel.Rbf;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.svm.Svm;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** A street between two classes, its edges and the points that hold it up. */
@Lab(topics = "svm", title = "The widest street")
final class SvmLab implements LabBody {
    @Override public void run(LabContext lab) {
        String shape = lab.choice("data", "moons", "blobs", "moons", "circles", "spirals"),
                name = lab.choice("kernel", "RBF", "linear", "polynomial", "RBF");
        double logC = lab.param("log10 C", 0.0, -2.0, 4.0), gamma = lab.param("gamma", 1.0, 0.02, 30.0),
                noise = lab.param("noise", 0.2, 0.0, 0.5);
        Dataset train = data(lab, shape, noise, 1), test = data(lab, shape, noise, 2);
        KernelFunction kernel = switch (name) {
            case "linear" -> new LinearKernel();
            case "polynomial" -> new PolynomialKernel(3, gamma, 1);
            default -> Rbf.ofGamma(gamma);
        };
        double c = Math.pow(10, logC);
        var svm = new Svm(kernel, c).withTolerance(1e-6);
        var model = svm.fit(train.x(), train.y());
        Tensor x = train.x(), support = x.rows(model.support().indices());
        double[] f = model.decisionFunction(x).toDoubleArray();
        int inside = 0;
        for (int i = 0; i < f.length; i++) if ((train.labels()[i] == 1 ? f[i] : -f[i]) < 1 - 1e-4) inside++;
        double[][] box = box(x);
        lab.figure(Figure.plot("Street and support vectors")
                .surface(box[0][0], box[0][1], box[1][0], box[1][1], t -> model.decisionFunction(t).clamp(-3, 3)).contours(-1, 0, 1)
                .points(x, train.labels(), "class 0", "class 1").points("support vector", support).crosses().axes("x1", "x2").equalScales()
                .describedAs("The boundary at 0 and the street's edges at -1 and 1; crossed points hold them up, all others could go."));
        lab.say("%d of %d points are support vectors, %d of them inside the street or beyond; accuracy %.1f%% here, %.1f%% on new points.",
                model.support().count(), train.size(), inside, 100 * model.score(x, train.y()), 100 * model.score(test.x(), test.y()));

        double[] prices = {0.01, 0.1, 1, 10, 100, 1000}, here = new double[6], fresh = new double[6], share = new double[6];
        for (int k = 0; k < 6; k++) {
            var other = svm.withC(prices[k]).fit(x, train.y());
            here[k] = 100 * other.score(x, train.y());
            fresh[k] = 100 * other.score(test.x(), test.y());
            share[k] = 100.0 * other.support().count() / train.size();
        }
        lab.figure(Figure.plot("What a violation costs").line("training points", prices, here).line("new points", prices, fresh)
                .line("support vectors", prices, share).dashed().logX().axes("C", "share in %")
                .describedAs("A high price narrows the street: fewer support vectors, and in noise a boundary round single points."));

        var others = svm.fit(support, train.y().rows(model.support().indices()));
        lab.shows("change of decisions when all others are deleted",
                others.decisionFunction(x).sub(model.decisionFunction(x)).abs().max().item(), below(1e-3));
        lab.shows("largest violation of the optimality conditions", model.violations()[0], atMost(1e-6));
        if (name.equals("linear")) {
            double w = model.support().coefficients().matmul(model.support().vectors()).square().sum().sqrt().item();
            lab.say("The street is 2 / |w| = %.3f wide.", 2 / w);
        }
        Dataset rings = Datasets.circles(lab.rng(3), 400, 0.6, 0.06), more = Datasets.circles(lab.rng(4), 400, 0.6, 0.06);
        lab.shows("accuracy of RBF on rings", new Svm(Rbf.ofVariance(rings.x()), 1).fit(rings.x(), rings.y()).score(more.x(), more.y()),
                atLeast(0.99));
        lab.shows("accuracy of a line on rings", new Svm(new LinearKernel(), 1).fit(rings.x(), rings.y()).score(more.x(), more.y()),
                atMost(0.6));
    }

    private static Dataset data(LabContext lab, String shape, double noise, int stream) {
        var rng = lab.rng(stream);
        return switch (shape) {
            case "blobs" -> Datasets.blobs(rng, 120, new double[][] {{-1, -0.7}, {1, 0.7}}, 0.3 + noise);
            case "circles" -> Datasets.circles(rng, 120, 0.5, noise / 2);
            case "spirals" -> Datasets.spirals(rng, 120, 1, noise / 4);
            default -> Datasets.moons(rng, 120, noise);
        };
    }

    /** What shows all points, with room around. */
    private static double[][] box(Tensor x) {
        var box = new double[2][2];
        for (int j = 0; j < 2; j++) {
            double low = x.select(1, j).to(DType.F64).min().item(), high = x.select(1, j).to(DType.F64).max().item(),
                    room = 0.15 * (high - low);
            box[j] = new double[] {low - room, high + room};
        }
        return box;
    }
}
