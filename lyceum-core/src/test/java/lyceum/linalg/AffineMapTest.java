package lyceum.linalg;

import static lyceum.linalg.LinalgInputs.*;
import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Test;

class AffineMapTest {
    private static AffineMap random(Rng rng, int m, int n) {
        return new AffineMap(gaussian(rng, m, n).compute(), Tensor.randn(rng, DType.F64, m).compute());
    }

    /** A map of the plane made of the builders, and far from singular. */
    private static AffineMap built(Rng rng) {
        return AffineMap.translation(rng.nextGaussian(), rng.nextGaussian()).after(AffineMap.shear(rng.nextGaussian()))
                .after(AffineMap.rotation(6 * rng.nextDouble()).about(rng.nextGaussian(), rng.nextGaussian()))
                .after(AffineMap.scaling(0.5 + rng.nextDouble(), rng.nextDouble() < 0.5 ? -0.7 : 1.3));
    }

    private static double[] point(Rng rng) { return new double[] {3 * rng.nextGaussian(), 3 * rng.nextGaussian()}; }

    private static double[] image(AffineMap f, double... x) { return f.apply(Tensor.of(x)).toDoubleArray(); }

    /** {@code A x + b} by loops over what was given. */
    private static double[] byHand(double[][] a, double[] b, double[] x) {
        return IntStream.range(0, b.length).mapToDouble(i -> {
            double sum = b[i];
            for (int j = 0; j < x.length; j++) sum += a[i][j] * x[j];
            return sum;
        }).toArray();
    }

    @Test
    @Acceptance(topic = "affine-transformation", clause = 1) void mixturesAreKeptAndSumsAreNot() {
        var rng = Rng.of(731);
        Gap mixtures = Gap.absolute(), value = Gap.absolute(), batch = Gap.absolute();
        double least = Double.POSITIVE_INFINITY;
        int draws = 0;
        for (; draws < 1_000; draws++) {
            int m = 1 + rng.nextInt(6), n = 1 + rng.nextInt(6);
            var f = random(rng, m, n);
            Tensor x = Tensor.randn(rng, DType.F64, n).compute(), y = Tensor.randn(rng, DType.F64, n).compute();
            double alpha = 3 * rng.nextGaussian();
            Tensor fx = f.apply(x), fy = f.apply(y);
            mixtures.see("mixture", f.apply(x.mul(alpha).add(y.mul(1 - alpha))).toDoubleArray(),
                    fx.mul(alpha).add(fy.mul(1 - alpha)).toDoubleArray());
            least = Math.min(least, maxDifference(f.apply(x.add(y)), fx.add(fy)));
            value.see("f(x)", fx.toDoubleArray(), byHand(f.matrix().toRows(), f.offset().toDoubleArray(), x.toDoubleArray()));
            batch.see("rows", f.apply(Tensor.stack(0, x, y)).reshape(-1).toDoubleArray(), Tensor.concat(0, fx, fy).toDoubleArray());
        }
        Evidence.of("draws", draws, exactly(1_000));
        Evidence.of("largest gap of f(a x + (1 - a) y)", mixtures, atMost(1e-12));
        Evidence.of("gap to A x + b by loops", value, atMost(1e-12));
        Evidence.of("gap of a batch to its points", batch, atMost(1e-12));
        Evidence.of("least |f(x + y) - f(x) - f(y)| with an offset", least, above(1e-4));
    }

    @Test
    @Acceptance(topic = "affine-transformation", clause = 2) void composingMultipliesHomogeneousMatricesAndInversesComeBack() {
        var rng = Rng.of(732);
        Gap product = Gap.absolute(), back = Gap.absolute(), order = Gap.absolute();
        for (int draw = 0; draw < 300; draw++) {
            AffineMap f = built(rng), g = built(rng);
            double[][] a = f.homogeneous().toRows(), b = g.homogeneous().toRows(), found = f.after(g).homogeneous().toRows();
            for (int i = 0; i < 3; i++) {
                var row = new double[3];
                for (int j = 0; j < 3; j++) for (int k = 0; k < 3; k++) row[j] += a[i][k] * b[k][j];
                product.see("row " + i, found[i], row);
            }
            double[] x = point(rng);
            order.see("first g, then f", image(f.after(g), x), image(f, image(g, x)));
            back.see("f^-1(f(x))", image(f.inverse(), image(f, x)), x).see("f(f^-1(x))", image(f, image(f.inverse(), x)), x);
            order.see("from its homogeneous form", image(AffineMap.ofHomogeneous(f.homogeneous()), x), image(f, x));
        }
        Evidence.of("gap to the 3 x 3 product by loops", product, atMost(1e-12));
        Evidence.of("gap to one map after the other", order, atMost(1e-10));
        Evidence.of("gap of the round trips", back, atMost(1e-10));
    }

    private static double[] minus(double[] x, double[] y) { return new double[] {x[0] - y[0], x[1] - y[1]}; }

    private static double cross(double[] x, double[] y) { return x[0] * y[1] - x[1] * y[0]; }

    private static double length(double[] x) { return Math.hypot(x[0], x[1]); }

    private static double[] along(double[] p, double t, double[] direction) {
        return new double[] {p[0] + t * direction[0], p[1] + t * direction[1]};
    }

    @Test
    @Acceptance(topic = "affine-transformation", clause = 3) void linesParallelsAndRatiosAreKept() {
        var rng = Rng.of(733);
        Gap line = Gap.absolute(), parallel = Gap.absolute(), ratio = Gap.absolute();
        for (int draw = 0; draw < 500; draw++) {
            var f = built(rng);
            double[] p = point(rng), q = point(rng), d = {Math.cos(draw), Math.sin(draw)};
            double s = 0.5 + rng.nextDouble(), t = 1 + rng.nextDouble(), u = 0.5 + 2 * rng.nextDouble();
            // p, a, b on one line; q to c on a parallel one
            double[] fp = image(f, p), fa = image(f, along(p, s, d)), fb = image(f, along(p, s + t, d)), fq = image(f, q),
                    fc = image(f, along(q, u, d));
            double[] first = minus(fa, fp), second = minus(fb, fa), other = minus(fc, fq);
            line.see("sine between p, a, b", cross(first, second) / length(first) / length(second), 0);
            parallel.see("sine between the lines", cross(first, other) / length(first) / length(other), 0);
            ratio.see("on one line", length(second) / length(first), t / s).see("on parallel lines", length(other) / length(first), u / s);
        }
        Evidence.of("collinear points, from a line", line, atMost(1e-10));
        Evidence.of("parallel segments, from parallel", parallel, atMost(1e-10));
        Evidence.of("ratios of lengths on the same or parallel lines", ratio, atMost(1e-10));
        // A shear by 1 leaves (1, 0) and takes (0, 1) to (1, 1): their ratio goes from 1 to the root of 2.
        var shear = AffineMap.shear(1);
        double[] o = image(shear, 0, 0), across = minus(image(shear, 1, 0), o), up = minus(image(shear, 0, 1), o);
        Evidence.of("ratio of a square's sides after a shear, over before", length(up) / length(across), above(1.41));
    }

    @Test
    @Acceptance(topic = "affine-transformation", clause = 4) void threePairsOrMoreGiveTheMapBackAndALineDoesNot() {
        var rng = Rng.of(734);
        var gap = Gap.absolute();
        int fits = 0, thin = 0, refused = 0, lines = 0;
        while (fits < 500) {
            int k = 3 + (fits % 4 == 0 ? 0 : rng.nextInt(8));
            double far = fits % 5 == 0 ? 100 : 1;
            var points = new double[k][];
            for (int i = 0; i < k; i++)
                points[i] = new double[] {far + rng.nextGaussian(), rng.nextGaussian() * (fits % 3 == 0 ? 0.02 : 1)};
            double diameter = 0, area = 0;
            for (int i = 0; i < k; i++) for (int j = 0; j < i; j++) {
                diameter = Math.max(diameter, length(minus(points[i], points[j])));
                for (int l = 0; l < j; l++)
                    area = Math.max(area, Math.abs(cross(minus(points[i], points[l]), minus(points[j], points[l]))) / 2);
            }
            if (area < 0.01 * diameter * diameter) continue;
            if (area < 0.02 * diameter * diameter) thin++;
            var f = built(rng);
            var images = new double[k][];
            for (int i = 0; i < k; i++) images[i] = byHand(f.matrix().toRows(), f.offset().toDoubleArray(), points[i]);
            var found = AffineMap.fit(tensor(points), tensor(images));
            gap.see("A", found.matrix().reshape(-1).toDoubleArray(), f.matrix().reshape(-1).toDoubleArray()).see("b",
                    found.offset().toDoubleArray(), f.offset().toDoubleArray());
            fits++;
        }
        for (; lines < 100; lines++) {
            double far = lines % 5 == 1 ? 1e8 : lines == 0 ? 0 : 100; // where coordinates have 8 digits left, and at the origin itself
            double[] p = {far * rng.nextGaussian(), Math.min(1, far) * rng.nextGaussian()}, d = {Math.cos(lines), Math.sin(lines)};
            int k = 3 + rng.nextInt(5);
            var points = new double[k][];
            for (int i = 0; i < k; i++) points[i] = along(p, lines % 10 == 0 ? 0 : rng.nextGaussian(), d);
            try {
                AffineMap.fit(tensor(points), tensor(points));
            } catch (IllegalArgumentException e) {
                if (e.getMessage().contains("flat of dimension " + (lines % 10 == 0 ? 0 : 1))) refused++;
            }
        }
        Evidence.of("fits", fits, exactly(500));
        Evidence.of("of them with an area of 1% to 2% of the squared diameter", thin, above(10));
        Evidence.of("largest gap to the map", gap, atMost(1e-10));
        Evidence.of("fits to points on a line or at one place that are refused, of 100", refused, exactly(100));
        // With noise, what least squares promises: no map near has a smaller sum.
        Tensor x = gaussian(rng, 20, 2).compute(), y = gaussian(rng, 20, 2).compute();
        var best = AffineMap.fit(x, y);
        double least = best.apply(x).sub(y).square().sum().item();
        for (int i = 0; i < 50; i++) {
            var near = new AffineMap(best.matrix().add(gaussian(rng, 2, 2).mul(1e-3)),
                    best.offset().add(Tensor.randn(rng, DType.F64, 2).mul(1e-3)));
            assertThat(near.apply(x).sub(y).square().sum().item()).isGreaterThan(least);
        }
        assertThatThrownBy(() -> AffineMap.fit(x.narrow(0, 0, 2), y.narrow(0, 0, 2))).hasMessageContaining("at least 3 are needed");
    }

    @Test
    @Acceptance(topic = "affine-transformation", clause = 5) void areasAreMultipliedByTheDeterminant() {
        var rng = Rng.of(735);
        var gap = Gap.relative();
        int mirrored = 0;
        for (int draw = 0; draw < 300; draw++) {
            var f = built(rng);
            int corners = 3 + rng.nextInt(6);
            double before = 0, after = 0;
            double[][] p = new double[corners][], q = new double[corners][];
            for (int i = 0; i < corners; i++) { // a star-shaped polygon
                double angle = 2 * Math.PI * i / corners, radius = 0.5 + rng.nextDouble();
                p[i] = new double[] {radius * Math.cos(angle), radius * Math.sin(angle)};
                q[i] = image(f, p[i]);
            }
            for (int i = 0; i < corners; i++) {
                before += cross(p[i], p[(i + 1) % corners]) / 2;
                after += cross(q[i], q[(i + 1) % corners]) / 2;
            }
            gap.see("signed area", after, f.det() * before);
            if (f.det() < 0) mirrored++;
        }
        Evidence.of("shoelace area after over before, against det A", gap, atMost(1e-10));
        Evidence.that("both orientations occurred: " + mirrored + " mirrored", mirrored > 50 && mirrored < 250);
    }

    @Test void buildersMovePointsAsTheirNamesSay() {
        var expected = Gap.absolute();
        expected.see("translation", image(AffineMap.translation(3, -1), 2, 5), new double[] {5, 4})
                .see("scaling", image(AffineMap.scaling(2, 3), 2, 5), new double[] {4, 15})
                .see("rotation", image(AffineMap.rotation(Math.PI / 2), 2, 5), new double[] {-5, 2})
                .see("shear", image(AffineMap.shear(0.5), 2, 5), new double[] {4.5, 5})
                .see("about", image(AffineMap.scaling(2, 2).about(1, 1), 2, 5), new double[] {3, 9})
                .see("rotation in space", image(AffineMap.rotation(3, 1, 2, Math.PI / 2), 1, 2, 3), new double[] {1, -3, 2})
                .see("shear in space", image(AffineMap.shear(3, 2, 0, 2), 1, 2, 3), new double[] {1, 2, 5});
        assertThat(expected.worst()).isLessThan(1e-14);
    }

    @Test void picturesMoveAsTheirPointsDo() {
        var rng = Rng.of(736);
        var image = gaussian(rng, 5, 4).compute();
        double[][] pixels = image.toRows();
        // A half turn about the centre of the pixels reverses both axes; a quarter turn takes (x, y) to (4 - y, x) on a square.
        assertThat(maxDifference(new Resampling().run(image, AffineMap.rotation(Math.PI).about(1.5, 2)), image.flip(0, 1)))
                .isLessThan(1e-12);
        var nearest = new Resampling().withKernel(Resampling.Kernel.NEAREST).withOutside(-7);
        double[][] moved = nearest.run(image, AffineMap.translation(1, 2)).toRows(),
                half = new Resampling().run(image, AffineMap.translation(0.5, 0.25)).toRows();
        for (int r = 0; r < 5; r++) for (int c = 0; c < 4; c++) {
            assertThat(moved[r][c]).isEqualTo(r < 2 || c < 1 ? -7 : pixels[r - 2][c - 1]);
            if (r > 0 && c > 0) assertThat(half[r][c]).isCloseTo(
                    0.75 * (pixels[r][c] + pixels[r][c - 1]) / 2 + 0.25 * (pixels[r - 1][c] + pixels[r - 1][c - 1]) / 2, within(1e-12));
        }
        var quarter = new Resampling().run(Tensor.stack(0, image.narrow(0, 0, 4), image.narrow(0, 1, 4)),
                AffineMap.rotation(Math.PI / 2).about(1.5, 1.5));
        for (int r = 0; r < 4; r++)
            for (int c = 0; c < 4; c++) assertThat(quarter.item(1, c, 3 - r)).isCloseTo(pixels[r + 1][c], within(1e-12));
        assertThatThrownBy(() -> new Resampling().run(image, AffineMap.scaling(0, 1))).isInstanceOf(SingularMatrixException.class);
        assertThatThrownBy(() -> new AffineMap(image, Tensor.of(1.0))).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> AffineMap.ofHomogeneous(Tensor.ones(DType.F64, 3, 3))).hasMessageContaining("0, ..., 0, 1");
    }
}
