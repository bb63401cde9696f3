package lyceum.labs.linalg;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;

import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.linalg.Norms;
import lyceum.linalg.ProximalMaps;
import lyceum.linalg.Svd;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** One matrix under three rulers: its longest stretch, its energy, the sum of its stretches; and what the third is good for. */
@Lab(topics = "matrix-norms", title = "Three rulers for a matrix")
final class MatrixNormsLab implements LabBody {
    private static final int SIZE = 30;

    @Override public void run(LabContext lab) {
        double a = lab.param("a11", 3, -5.0, 5.0), b = lab.param("a12", 0, -5.0, 5.0), c = lab.param("a21", 4, -5.0, 5.0),
                d = lab.param("a22", 5, -5.0, 5.0), shown = lab.param("shown", 0.75, 0.3, 0.95);
        var matrix = Tensor.of(new double[][] {{a, b}, {c, d}});
        var svd = Svd.of(matrix);
        double s1 = svd.s().item(0), s2 = svd.s().item(1);
        double spectral = Norms.spectral(matrix), frobenius = Norms.frobenius(matrix), nuclear = Norms.nuclear(matrix);

        double[] x = angles(Math::cos), y = angles(Math::sin);
        double[][] image = matrix.matmul(Tensor.of(new double[][] {x, y})).toRows();
        double[] from = {0, 0}, toX = {s1 * svd.u().item(0, 0), s2 * svd.u().item(0, 1)},
                toY = {s1 * svd.u().item(1, 0), s2 * svd.u().item(1, 1)};
        var stretch = Figure.line("What it does to the circle", x, y).named("unit circle").dashed().line("its image", image[0], image[1])
                .arrows("half axes", from, from, toX, toY).axes("x", "y").equalScales();
        double[] square = {1, 1, -1, -1, 1}, side = {-1, 1, 1, -1, -1}, corner = {1, 0, -1, 0, 1}, next = {0, 1, 0, -1, 0};
        double unit = Math.max(spectral, 1e-12);
        var balls = Figure.line("Unit balls of singular values", square, side).named("spectral").line("Frobenius", x, y)
                .line("nuclear", corner, next).points("A over its largest", new double[] {s1 / unit}, new double[] {s2 / unit})
                .axes("s1", "s2").equalScales();
        lab.figure(Figure.row("The matrix and its rulers", stretch, balls).describedAs(
                "The image of the circle is an ellipse with half axes s1 and s2. Seen as a point (s1, s2), the matrix is measured by a square, a circle or a diamond."));
        var kinds = new String[] {"spectral", "Frobenius", "nuclear", "one", "infinity", "sum of sizes"};
        var sizes = new double[] {spectral, frobenius, nuclear, Norms.one(matrix), Norms.infinity(matrix), Norms.p(matrix, 1)};
        lab.figure(Figure.bar("Six sizes of one matrix", kinds, sizes).axes("norm", "size")
                .describedAs("The spectral norm is never above the Frobenius norm, nor that above the nuclear norm."));
        lab.table("Norms", List.of("norm", "of singular values", "value"), List.of(List.of("spectral", "largest", spectral),
                List.of("Frobenius", "root of the sum of squares", frobenius), List.of("nuclear", "sum", nuclear)));
        lab.say("The longest stretch is %.3f, the energy's root %.3f, the sum of stretches %.3f.", spectral, frobenius, nuclear);
        lab.shows("excess over spectral <= Frobenius <= nuclear <= sqrt(2) Frobenius",
                Math.max(spectral - frobenius, Math.max(frobenius - nuclear, nuclear - Math.sqrt(2) * frobenius)), atMost(1e-12));
        lab.shows("Frobenius norm against the singular values", Math.abs(frobenius - Math.hypot(s1, s2)), below(1e-12));
        completion(lab, shown);
    }

    private static double[] angles(DoubleUnaryOperator f) {
        return IntStream.rangeClosed(0, 120).mapToDouble(i -> f.applyAsDouble(Math.PI * i / 60)).toArray();
    }

    /** Entries that nobody saw, from those that were: the smallest nuclear norm that fits. */
    private static void completion(LabContext lab, double shown) {
        var rng = lab.rng(1);
        var truth = Tensor.randn(rng, DType.F64, SIZE, 2).matmul(Tensor.randn(rng, DType.F64, 2, SIZE)).compute();
        var seen = Tensor.rand(rng, DType.F64, SIZE, SIZE).lt(shown).to(DType.F64).compute();
        Tensor known = truth.mul(seen).compute(), hidden = seen.rsub(1).compute(), x = truth.zerosLike();
        double[] levels = {10, 3, 1, 0.3, 0.1, 0.03, 0.01}, errors = new double[levels.length], ranks = new double[levels.length];
        for (int l : lab.progress("levels", levels.length)) {
            for (int step = 0; step < 60; step++) x = ProximalMaps.singularValues(known.add(x.mul(hidden)), levels[l]);
            errors[l] = Norms.frobenius(x.sub(truth)) / Norms.frobenius(truth);
            ranks[l] = Svd.of(x).rank();
        }
        lab.figure(Figure.row("A matrix of rank 2, from " + Math.round(100 * seen.mean().item()) + "% of its entries",
                Figure.heatmap("seen", seen.gt(0.5).where(truth, Tensor.scalar(Double.NaN)).toRows()).diverging().axes("column", "row"),
                Figure.heatmap("completed", x.toRows()).diverging().axes("column", "row"),
                Figure.heatmap("truth", truth.toRows()).diverging().axes("column", "row")).describedAs(
                        "Holes in the left matrix are filled in the middle one, which can hardly be told from the truth on the right."));
        lab.figure(Figure.line("Error as the threshold falls", levels, errors).logX().logY()
                .axes("threshold on singular values", "relative Frobenius error").describedAs(
                        "Each lower threshold starts from the last answer; the error falls until the rest is the threshold's own bias."));
        lab.say("At the last threshold the rank is %.0f and the error %.2e.", ranks[levels.length - 1], errors[levels.length - 1]);
        if (shown >= 0.7) lab.shows("relative error of the completed matrix", errors[levels.length - 1], below(5e-3));
    }
}
