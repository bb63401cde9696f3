package lyceum.labs.learn;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.atMost;

import java.util.ArrayList;
import java.util.List;
import lyceum.data.Datasets;
import lyceum.kernel.RandomFourierFeatures;
import lyceum.kernel.Rbf;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.svm.OneClassSgd;
import lyceum.learn.svm.OneClassSvm;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** A fence round a crescent: tight or wide, and how many of its own it shuts out. */
@Lab(topics = "one-class-svm", title = "A fence round the crescent")
final class OneClassLab implements LabBody {
    @Override public void run(LabContext lab) {
        double nu = lab.param("nu", 0.1, 0.01, 0.9), gamma = lab.param("gamma", 3.0, 0.1, 100.0),
                noise = lab.param("noise", 0.1, 0.01, 0.3);
        int n = lab.param("n", 250, 50, 1000);
        Tensor x = crescent(lab, 1, n, noise), held = crescent(lab, 2, n, noise);
        var kernel = Rbf.ofGamma(gamma);
        var panels = new ArrayList<Figure>();
        var rows = new ArrayList<List<Object>>();
        for (double share : new double[] {0.01, 0.1, 0.5}) panels.add(fence(kernel, share, x, rows, held));
        lab.figure(Figure.row("Three values of nu", panels.toArray(Figure[]::new)).describedAs(
                "The fence at 0 round the same points for three values of nu: the larger it is, the more points stay outside."));
        lab.figure(fence(kernel, nu, x, rows, held));
        lab.table("Shares in %", List.of("nu", "rejected here", "support vectors", "rejected of new normal points"), rows);

        var model = new OneClassSvm(kernel, nu).withTolerance(1e-6).fit(x);
        double rejected = 0;
        for (double f : model.decisionFunction(x).toDoubleArray()) if (f < -1e-6) rejected++;
        lab.shows("share rejected", rejected / n, atMost(nu + 1.0 / n));
        lab.shows("share of support vectors", model.support().count() / (double) n, atLeast(nu - 1.0 / n));

        double[] gammas = {0.1, 0.3, 1, 3, 10, 30, 100, 300}, here = new double[8], fresh = new double[8];
        for (int i = 0; i < 8; i++) {
            var other = new OneClassSvm(Rbf.ofGamma(gammas[i]), nu).fit(x);
            here[i] = share(other.decisionFunction(x));
            fresh[i] = share(other.decisionFunction(held));
        }
        lab.figure(Figure.plot("What gamma hides").line("the points it was fitted on", gammas, here)
                .line("new normal points", gammas, fresh).horizontalLine(100 * nu, "nu").logX().axes("gamma", "rejected in %")
                .describedAs("A narrow kernel keeps its promise on the training points and refuses everything new."));

        var sgd = new OneClassSgd(new RandomFourierFeatures(kernel, 300, lab.seed()), nu).fit(x);
        Tensor a = model.decisionFunction(held), b = sgd.decisionFunction(held);
        a = a.sub(a.mean());
        b = b.sub(b.mean());
        double correlation = a.mul(b).sum().item() / Math.sqrt(a.square().sum().item() * b.square().sum().item());
        lab.say("Gradient descent on 300 random cosines gives scores that correlate with the exact ones at %.3f.", correlation);
    }

    private static Figure fence(Rbf kernel, double nu, Tensor x, List<List<Object>> rows, Tensor held) {
        var model = new OneClassSvm(kernel, nu).fit(x);
        double[] f = model.decisionFunction(x).toDoubleArray();
        var outside = new int[f.length];
        for (int i = 0; i < f.length; i++) outside[i] = f[i] < -1e-3 ? 1 : 0;
        rows.add(List.of(nu, share(model.decisionFunction(x)), 100.0 * model.support().count() / f.length,
                share(model.decisionFunction(held))));
        return Figure.plot("nu = " + nu).surface(-1.6, 1.6, -0.8, 1.6, t -> model.decisionFunction(t).div(model.mass())).contours(0)
                .points(x, outside, "inside", "outside").axes("x1", "x2").equalScales()
                .describedAs("The score, its zero line and the points that lie outside it.");
    }

    /** Rows below 0 by more than the solver's tolerance, in %. */
    private static double share(Tensor decisions) {
        double[] f = decisions.toDoubleArray();
        int count = 0;
        for (double v : f) if (v < -1e-3) count++;
        return 100.0 * count / f.length;
    }

    private static Tensor crescent(LabContext lab, int stream, int n, double noise) {
        var moons = Datasets.moons(lab.rng(stream), 2 * n, noise);
        var chosen = new ArrayList<Integer>();
        for (int i = 0; i < 2 * n; i++) if (moons.labels()[i] == 0) chosen.add(i);
        return moons.x().rows(chosen.stream().mapToInt(i -> i).toArray());
    }
}
