package lyceum.labs.learn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.between;

import java.util.Arrays;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.decomposition.Pca;
import lyceum.learn.manifold.Isomap;
import lyceum.learn.manifold.LocallyLinearEmbedding;
import lyceum.learn.manifold.LocallyLinearEmbedding.Method;
import lyceum.learn.manifold.Trustworthiness;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.stats.Correlation;
import lyceum.tensor.Tensor;

/** A Swiss roll, flattened in four ways, and the number of neighbours at which it folds. */
@Lab(topics = "isomap-lle", title = "Unrolling the roll")
final class IsomapLab implements LabBody {
    private static final String[] PARTS = {"innermost", "inner", "middle", "outer", "outermost"};

    @Override public void run(LabContext lab) {
        int rows = lab.param("rows", 800, 200, 1500), k = lab.param("neighbors", 10, 3, 60);
        double noise = lab.param("noise", 0.0, 0.0, 1.5);
        var roll = Datasets.swissRoll(lab.rng(1), rows, noise);
        Tensor x = roll.x(), t = roll.y(), root = t.square().add(1).sqrt();
        // The arc length of the spiral is (t sqrt(1 + t^2) + asinh t) / 2.
        Tensor arc = t.mul(root).add(t.add(root).log()).div(2), flat = Tensor.stack(1, arc, x.select(1, 1));
        int[] part = Arrays.stream(t.toDoubleArray()).mapToInt(v -> Math.min(4, (int) ((v / Math.PI - 1.5) / 3 * 5))).toArray();

        var isomap = new Isomap(k, 2).fit(x);
        var lle = new LocallyLinearEmbedding(k, 2).fit(x);
        Tensor pca = new Pca(2).fit(x).transform(x);
        Tensor modified = new LocallyLinearEmbedding(k, 2).withMethod(Method.MODIFIED).fitTransform(x);
        lab.figure(Figure.row("Four flat maps", map("PCA", pca, part), map("Isomap", isomap.embedding(), part),
                map("LLE", lle.embedding(), part), map("modified LLE", modified, part)).describedAs(
                        "PCA keeps the roll folded; Isomap lays it out as a rectangle, LLE flat but bent, the modified LLE straighter."));
        double truth = Correlation.pearson(distances(isomap.embedding()), distances(flat)).estimate();
        double folded = Correlation.pearson(distances(pca), distances(flat)).estimate();
        lab.say("Distances on Isomap's map correlate %.3f with those on the unrolled sheet, PCA's %.3f.", truth, folded);
        lab.shows("correlation of Isomap's distances with the sheet's", truth, atLeast(0.9));
        lab.shows("trustworthiness(12) of Isomap", Trustworthiness.of(x, isomap.embedding(), 12), above(0.98));
        lab.shows("of LLE", Trustworthiness.of(x, lle.embedding(), 12), above(0.9));
        double sums = new LocallyLinearEmbedding(k, 2).weights(x).sum(1).sub(1).abs().max().item();
        lab.shows("sums of LLE's weights, less 1", sums, below(1e-12));

        int[] ks = {4, 5, 6, 8, 12, 18, 26};
        double[] numbers = new double[ks.length], correlation = new double[ks.length];
        Tensor few = x.narrow(0, 0, Math.min(rows, 400)), fewFlat = flat.narrow(0, 0, Math.min(rows, 400));
        for (int i : lab.progress("numbers of neighbours", ks.length)) {
            numbers[i] = ks[i];
            correlation[i] = Correlation.pearson(distances(new Isomap(ks[i], 2).fit(few).embedding()), distances(fewFlat)).estimate();
        }
        lab.figure(Figure.line("One edge too many", numbers, correlation).axes("neighbours", "correlation with the sheet's distances")
                .describedAs("With too many neighbours an edge crosses the gap between turns, paths take it, and the map folds."));
        lab.shows("correlation with 26 neighbours of 400", correlation[ks.length - 1], between(-1, 0.9));
    }

    private static Plot map(String name, Tensor y, int[] part) { return Figure.scatter(name, y, part, PARTS).axes("first", "second"); }

    private static double[] distances(Tensor y) {
        Tensor squares = y.square().sum(1, true), d = squares.add(squares.transpose()).sub(y.matmul(y.transpose()).mul(2)).relu().sqrt();
        return d.to(DType.F64).reshape(-1).toDoubleArray();
    }
}
