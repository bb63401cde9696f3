package lyceum.labs.learn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.labs.Worst;
import lyceum.learn.decomposition.ComponentCount;
import lyceum.learn.decomposition.Pca;
import lyceum.learn.decomposition.PcaModel;
import lyceum.linalg.Qr;
import lyceum.plot.Figure;
import lyceum.plot.Image;
import lyceum.tensor.Tensor;

/** Handwritten digits on two axes, the pictures that those axes are, and digits rebuilt from a few numbers. */
@Lab(topics = "pca", title = "Sixty-four pixels, a handful of numbers")
final class PcaLab implements LabBody {
    /** Three pixels of the corners are always white, so that 61 directions have any variance. */
    private static final int RANK = 61;

    @Override public void run(LabContext lab) {
        int k = lab.param("components", 12, 1, RANK - 1), rivals = lab.param("rivals", 200, 20, 2000);
        int first = lab.param("horizontal", 1, 1, RANK), second = lab.param("vertical", 2, 1, RANK);
        var digits = Datasets.digits();
        var x = digits.x();
        var all = new Pca(RANK).fit(x);
        var model = new Pca(k).fit(x);
        lab.figure(plane(digits, all.transform(x), first, second));
        lab.figure(eigenImages(all, Math.min(k, 12)));
        lab.figure(rebuilt(x, k));

        var variances = all.explainedVariance();
        var together = all.explainedVarianceRatio().cumsum(0).mul(100);
        double explained = together.item(k - 1);
        int byChance = new Pca(new ComponentCount.ParallelAnalysis(20, 0.95)).withSeed(lab.seed()).fit(x).nOutputs();
        lab.figure(Figure.row("How many components",
                Figure.line("Variance along each", 1, variances).verticalLine(byChance, "parallel analysis").axes("component", "variance"),
                Figure.line("Explained together", 1, together).verticalLine(k, "shown").axes("components", "share of variance in %"))
                .describedAs(
                        "The variance falls steeply and then slowly; parallel analysis marks the place where shuffled pixels would give as much."));
        lab.say("%d components explain %.1f%% of the variance of 64 pixels; %d stand above what shuffled pixels give.", k, explained,
                byChance);

        double error = model.reconstructionError(x), dropped = variances.narrow(0, k, RANK - k).sum().item() * (digits.size() - 1);
        lab.shows("reconstruction error against the dropped variance, relative", Math.abs(error - dropped) / dropped, below(1e-9));
        var centred = x.sub(x.mean(0)).compute();
        double total = centred.square().sum().item();
        int better = 0;
        for (int r : lab.progress("random subspaces", rivals)) {
            var q = Qr.of(Tensor.randn(lab.rng(r), DType.F64, 64, k)).q();
            if (total - centred.matmul(q).square().sum().item() < error) better++;
        }
        lab.shows("random subspaces that lose less", better, exactly(0));
        var white = new Pca(RANK).withWhiten(true).fit(x).transform(x);
        double gap = Worst.gap(white.transpose().matmul(white).div(digits.size() - 1), Tensor.eye(DType.F64, RANK));
        lab.check(3, "covariance of whitened scores against the identity", gap, below(1e-9));
        lab.shows("share of variance explained in %", explained, above(100.0 * k / RANK - 1e-9));
    }

    private static Figure plane(Dataset digits, Tensor scores, int first, int second) {
        var names = digits.classNames().toArray(String[]::new);
        return Figure
                .scatter("1,797 digits on two components", scores.indexSelect(1, Tensor.of(first - 1, second - 1)), digits.labels(), names)
                .axes("component " + first, "component " + second)
                .describedAs("Digits of one kind lie together although the components know no labels; some kinds overlap.");
    }

    private static Figure eigenImages(PcaModel model, int count) {
        var images = new ArrayList<Image>();
        for (int c = 0; c < count; c++) images.add(Image.gray("component " + (c + 1), 8, model.components().select(0, c)));
        return Figure.images("The components as pictures", 6, images).describedAs(
                "Each component adds its light pixels and takes away its dark ones; the first ones are broad strokes, later ones details.");
    }

    private static Figure rebuilt(Tensor x, int k) {
        var images = new ArrayList<Image>();
        for (int c : IntStream.of(1, 5, k, RANK).sorted().distinct().toArray()) {
            var model = new Pca(c).fit(x);
            var back = model.inverse(model.transform(x.narrow(0, 0, 8)));
            for (int i = 0; i < 8; i++) images.add(Image.gray(c + (c == 1 ? " component" : " components"), 8, back.select(0, i)));
        }
        return Figure.images("Eight digits rebuilt", 8, images).pixels(0, 16)
                .describedAs("One component gives blurs, five hints, a dozen readable digits, all of them the originals.");
    }
}
