package lyceum.labs.linalg;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.equalTo;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.labs.Worst;
import lyceum.linalg.Int8Rows;
import lyceum.linalg.Similarity;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** Two arrows and the angle between them: make one longer, and the cosine does not notice. */
@Lab(topics = "cosine-similarity", title = "Lengths that do not matter")
final class CosineLab implements LabBody {
    @Override public void run(LabContext lab) {
        double x1 = lab.param("x1", 3, -5.0, 5.0), y1 = lab.param("y1", 1, -5.0, 5.0), x2 = lab.param("x2", 1, -5.0, 5.0),
                y2 = lab.param("y2", 2, -5.0, 5.0);
        int d = lab.param("dimensions", 384, 2, 1024);
        Tensor x = Tensor.of(x1, y1), y = Tensor.of(x2, y2);
        double cosine = Similarity.cosine(x, y).item(), angle = Similarity.angle(x, y).item();
        double start = Math.atan2(y1, x1), turn = Math.IEEEremainder(Math.atan2(y2, x2) - start, 2 * Math.PI);
        double[] zero = {0}, arcX = arc(start, turn, Math::cos), arcY = arc(start, turn, Math::sin);
        var arrows = Figure.plot("Two arrows").arrows("x", zero, zero, new double[] {x1}, new double[] {y1})
                .arrows("y", zero, zero, new double[] {x2}, new double[] {y2}).line("angle", arcX, arcY)
                .axes("first coordinate", "second coordinate").limitX(-5.5, 5.5).limitY(-5.5, 5.5).equalScales();
        double[] factors = IntStream.rangeClosed(1, 60).mapToDouble(i -> i / 20.0).toArray(), cosines = new double[60],
                dots = new double[60], distances = new double[60];
        for (int i = 0; i < 60; i++) {
            var longer = y.mul(factors[i]);
            cosines[i] = Similarity.cosine(x, longer).item();
            dots[i] = Similarity.dot(x, longer).item();
            distances[i] = Similarity.euclidean(x, longer).item();
        }
        lab.figure(Figure
                .row("An angle, whatever the lengths", arrows,
                        Figure.plot("as y is made longer").line("cosine", factors, cosines).line("dot product", factors, dots)
                                .line("distance", factors, distances).axes("factor on y", "value"))
                .describedAs(
                        "Two arrows from the origin with the arc between them. Beside it, as the second grows, its dot product and distance change and the cosine is a level line."));
        lab.say("The angle is %.1f degrees and the cosine %.4f, at lengths %.2f and %.2f.", Math.toDegrees(angle), cosine, x.norm().item(),
                y.norm().item());
        lab.shows("change of the cosine while y grows from 0.05 to 3 times",
                new Worst().see(Tensor.of(cosines), Tensor.full(DType.F64, cosine, 60)).value(), below(1e-12));

        var query = Tensor.of(1.0, 1, 0);
        var rows = new ArrayList<List<?>>();
        for (var document : new double[][] {{10, 10, 0}, {1, 0, 1}, {0, 0, 5}}) {
            var t = Tensor.of(document);
            rows.add(List.of("(%.0f, %.0f, %.0f)".formatted(document[0], document[1], document[2]), Similarity.dot(query, t).item(),
                    Similarity.euclidean(query, t).item(), Similarity.cosine(query, t).item(),
                    Math.toDegrees(Similarity.angle(query, t).item())));
        }
        lab.table("Documents for the query (1, 1, 0)", List.of("document", "dot product", "distance", "cosine", "degrees"), rows);
        inManyDimensions(lab, d);
        Tensor a = Tensor.of(1.0, 0), b = Tensor.of(1.0, 1), c = Tensor.of(0.0, 1);
        lab.shows("1 - cos from 0 to 90 degrees, less that by way of 45",
                Similarity.cosine(a, c).rsub(1).sub(Similarity.cosine(a, b).rsub(1)).sub(Similarity.cosine(b, c).rsub(1)).item(),
                above(0.4));
        lab.shows("the same of angles", Similarity.angle(a, c).sub(Similarity.angle(a, b)).sub(Similarity.angle(b, c)).item(),
                atMost(1e-12));
    }

    private static double[] arc(double start, double turn, DoubleUnaryOperator f) {
        return IntStream.rangeClosed(0, 40).mapToDouble(i -> 0.8 * f.applyAsDouble(start + turn * i / 40)).toArray();
    }

    /** What is unrelated there, and what an offset that all share makes of it; then one byte a coordinate. */
    private static void inManyDimensions(LabContext lab, int d) {
        var rng = lab.rng(1);
        Tensor x = Tensor.randn(rng, DType.F32, 60, d).compute(), y = Tensor.randn(rng, DType.F32, 60, d).compute(),
                offset = Tensor.randn(rng, DType.F32, d).compute();
        Tensor plain = Similarity.cosines(x, y), shifted = Similarity.cosines(x.add(offset), y.add(offset));
        lab.figure(Figure
                .row("Cosines of unrelated vectors in " + d + " dimensions",
                        Figure.histogram("around the origin", plain.reshape(-1).toDoubleArray(), 40).axes("cosine", "pairs").limitX(-1, 1),
                        Figure.histogram("with a common offset", shifted.reshape(-1).toDoubleArray(), 40).axes("cosine", "pairs").limitX(-1,
                                1))
                .describedAs(
                        "Random directions are nearly orthogonal, within one over the root of the dimension. An offset that all vectors share moves the heap to one half."));
        double deviation = plain.square().mean().sqrt().item();
        lab.say("Unrelated vectors have cosines of %.3f around 0; with a common offset of their own size, around %.2f.", deviation,
                shifted.mean().item());
        if (d >= 50) lab.shows("their standard deviation times the root of d", deviation * Math.sqrt(d), equalTo(1, 0.05));
        lab.shows("largest error with one byte a coordinate", Worst.gap(Int8Rows.of(x).cosines(Int8Rows.of(y)), plain),
                below(d >= 50 ? 0.01 : 0.05));
    }
}
