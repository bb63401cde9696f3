package lyceum.labs.learn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.atMost;

import java.util.ArrayList;
import java.util.Arrays;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.decomposition.Nmf;
import lyceum.learn.decomposition.NmfModel;
import lyceum.learn.decomposition.NmfStart;
import lyceum.learn.decomposition.Pca;
import lyceum.plot.Figure;
import lyceum.plot.Image;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;

/** Digits as sums of strokes beside digits as sums and differences of ghosts, and one digit put together part by part. */
@Lab(topics = "nmf", title = "Strokes that only add up")
final class NmfLab implements LabBody {
    @Override public void run(LabContext lab) {
        int k = lab.param("parts", 16, 2, 30), digit = lab.param("digit", 8, 0, 9), iterations = lab.param("iterations", 60, 5, 300);
        var loss = Nmf.Loss.valueOf(lab.choice("loss", "FROBENIUS", "FROBENIUS", "KULLBACK_LEIBLER"));
        var digits = Datasets.digits();
        var x = digits.x();
        var learner = (loss == Nmf.Loss.FROBENIUS ? new Nmf(k) : new Nmf(k, loss)).withMaxIterations(iterations).withTolerance(0);
        var model = learner.fit(x);
        var pca = new Pca(k).fit(x);
        lab.figure(Figure.row("What the pictures are made of", pictures("Parts: nothing below zero", "part ", model.h()),
                pictures("Principal components: light adds, dark takes away", "component ", pca.components())).describedAs(
                        "Parts are strokes and dots that only add ink; principal components are whole faint digits that add and take away."));

        int row = 0;
        while (digits.labels()[row] != digit) row++;
        lab.figure(assembly(model, x.narrow(0, row, 1), digit));

        double[] fall = model.history(), bad = learner.withStart(new NmfStart.Random()).withSeed(lab.seed()).fit(x).history();
        lab.figure(Figure.line("Objective by iteration", 0, fall).named("from singular vectors").line("from random factors", 0, bad)
                .axes("iteration", loss == Nmf.Loss.FROBENIUS ? "half the squared error" : "divergence in nats").logY()
                .describedAs("Both starts fall at every step and come down to nearly the same level, in different optima."));

        double rise = Double.NEGATIVE_INFINITY;
        for (int t = 1; t < fall.length; t++) rise = Math.max(rise, (fall[t] - fall[t - 1]) / fall[0]);
        double error = model.inverse(model.w()).sub(x).square().sum().item(), best = pca.reconstructionError(x);
        lab.say("%d parts leave %.1f%% of the squared pixels unexplained, %d principal components %.1f%%; %.0f%% of the parts' pixels are black.",
                k, 100 * error / x.square().sum().item(), k, 100 * best / x.square().sum().item(), 100 * blackShare(model.h()));
        lab.shows("largest rise of the objective over its first value", rise, atMost(1e-13));
        lab.shows("least entry of both factors", Math.min(model.w().min().item(), model.h().min().item()), atLeast(0));
        lab.shows("squared error over that of as many principal components", error / best, above(1));
    }

    private static double blackShare(Tensor h) {
        double most = h.max().item();
        return Arrays.stream(h.toDoubleArray()).filter(v -> v < 0.01 * most).count() / (double) h.count();
    }

    private static Plot pictures(String title, String name, Tensor rows) {
        var images = new ArrayList<Image>();
        for (int c = 0; c < Math.min(16, rows.size(0)); c++) images.add(Image.gray(name + (c + 1), 8, rows.select(0, c)));
        return Figure.images(title, 4, images);
    }

    /** The part that the digit holds most of, the two of which it holds most, and so on. */
    private static Figure assembly(NmfModel model, Tensor row, int digit) {
        double[] w = model.transform(row).toDoubleArray(), norms = model.h().square().sum(1).sqrt().toDoubleArray();
        var order = new Integer[w.length];
        Arrays.setAll(order, c -> c);
        Arrays.sort(order, (a, b) -> Double.compare(w[b] * norms[b], w[a] * norms[a]));
        var some = new double[w.length];
        var images = new ArrayList<Image>();
        for (int c = 0; c < Math.min(7, w.length); c++) {
            some[order[c]] = w[order[c]];
            images.add(Image.gray(c == 0 ? "1 part" : (c + 1) + " parts", 8, model.inverse(Tensor.of(some, 1, w.length)).select(0, 0)));
        }
        images.add(Image.gray("the digit", 8, row.select(0, 0)));
        return Figure.images("The digit " + digit + ", put together", 4, images).pixels(0, 16)
                .describedAs("Part after part is laid down, the heaviest first, until the digit can be read; nothing is ever erased.");
    }
}
