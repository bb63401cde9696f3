package lyceum.labs.linalg;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.equalTo;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.labs.Worst;
import lyceum.linalg.Eigen;
import lyceum.linalg.Inertia;
import lyceum.linalg.NearestCorrelation;
import lyceum.linalg.PositiveDefinite;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;

/** Bowl, trough, saddle or dome: two eigenvalues decide. And a correlation matrix that nobody can have measured, mended in three ways. */
@Lab(topics = "psd-matrices", title = "Bowls and saddles")
final class DefinitenessLab implements LabBody {
    private static final int GRID = 61;

    @Override public void run(LabContext lab) {
        double first = lab.param("eigenvalue1", 2, -3.0, 3.0), second = lab.param("eigenvalue2", -1, -3.0, 3.0);
        double angle = Math.toRadians(lab.param("degrees", 30, 0.0, 180.0)), beside = lab.param("correlation", 1, -1.0, 1.0);
        double c = Math.cos(angle), s = Math.sin(angle);
        var a = Tensor.of(new double[][] {{first * c * c + second * s * s, (first - second) * c * s},
                {(first - second) * c * s, first * s * s + second * c * c}});
        var inertia = PositiveDefinite.inertia(a);
        lab.figure(Figure.row(kind(inertia), surface("v'Av", a, c, s),
                surface("of the nearest semidefinite matrix", PositiveDefinite.nearest(a), c, s)).describedAs(
                        "Contours of the quadratic form with its two axes: closed rings for a bowl, straight lines for a trough, hyperbolas for a saddle. "
                                + "On the right the negative direction has become flat."));
        lab.say("%s: %d directions up, %d flat, %d down. %s", kind(inertia), inertia.positive(), inertia.zero(), inertia.negative(),
                PositiveDefinite.witness(a).map(v -> String.format(Locale.ROOT, "Along (%.2f, %.2f) the form is %.2f.", v.item(0),
                        v.item(1), v.dot(a.matmul(v)).item())).orElse("No direction goes down."));
        int agree = 0;
        for (var method : PositiveDefinite.Method.values())
            if (PositiveDefinite.isSemidefinite(a, method, 1e-12) == inertia.isPositiveSemidefinite()) agree++;
        lab.shows("tests that agree, of four", agree, exactly(4));
        var p = PositiveDefinite.nearest(a);
        lab.shows("|tr(P (P - A))| of the nearest", Math.abs(p.matmul(p.sub(a)).trace().item()), below(1e-10));
        var root = PositiveDefinite.sqrt(p);
        lab.shows("root squared against it", new Worst().see(root.matmul(root), p).value(), below(1e-10));
        repairs(lab, beside);
    }

    private static String kind(Inertia i) {
        return i.isPositiveDefinite() ? "A bowl" : i.isNegativeDefinite() ? "A dome" : i.isIndefinite() ? "A saddle"
                : i.isPositiveSemidefinite() ? i.isNegativeSemidefinite() ? "A plain" : "A trough" : "A ridge";
    }

    private static Plot surface(String title, Tensor a, double c, double s) {
        double[] axis = Tensor.linspace(-2, 2, GRID).toDoubleArray(), zero = {0, 0};
        var values = new double[GRID][GRID];
        double[][] m = a.toRows();
        for (int r = 0; r < GRID; r++) for (int k = 0; k < GRID; k++) {
            double x = axis[k], y = axis[r];
            values[r][k] = Math.rint(1e4 * (m[0][0] * x * x + 2 * m[0][1] * x * y + m[1][1] * y * y)) / 1e4;
        }
        return Figure.contour(title, axis, axis, values).measuring("v'Av")
                .arrows("eigenvectors", zero, zero, new double[] {c, -s}, new double[] {s, c}).axes("first coordinate", "second coordinate")
                .limitX(-2, 2).limitY(-2, 2).equalScales();
    }

    /** X goes with Y, Y with Z, X and Z are unrelated: beyond 0.707 that cannot be. */
    private static void repairs(LabContext lab, double r) {
        var wish = Tensor.of(new double[][] {{1, r, 0}, {r, 1, r}, {0, r, 1}});
        Tensor clipped = PositiveDefinite.nearest(wish), scale = clipped.diagonal().sqrt(),
                rescaled = clipped.div(scale.unsqueeze(0)).div(scale.unsqueeze(1)), nearest = NearestCorrelation.of(wish);
        var rows = new ArrayList<List<?>>();
        var names = List.of("as wished", "negative eigenvalues clipped", "clipped and rescaled", "nearest correlation matrix");
        var panels = new ArrayList<Figure>();
        for (var m : List.of(wish, clipped, rescaled, nearest)) {
            var name = names.get(panels.size());
            rows.add(List.of(name, Eigen.symmetricValues(m).item(0), m.item(0, 0), m.item(0, 1), m.item(0, 2), m.sub(wish).norm().item()));
            panels.add(
                    Figure.heatmap(name, m.mul(1e4).round().div(1e4).toRows(), new String[] {"X", "Y", "Z"}, new String[] {"X", "Y", "Z"})
                            .cellLabels().axes("with", "variable").measuring("correlation"));
        }
        lab.figure(Figure.grid("A correlation matrix mended", 2, panels.toArray(Figure[]::new)).describedAs(
                "Clipping spoils the diagonal, rescaling goes farther than it must, and alternating projections end at the nearest matrix of ones on the diagonal."));
        lab.table("Repairs", List.of("matrix", "least eigenvalue", "diagonal", "X with Y", "X with Z", "distance"), rows);
        lab.shows("least eigenvalue of the nearest", Eigen.symmetricValues(nearest).item(0), atLeast(-1e-13));
        if (r == 1) lab.shows("its X with Y, published", nearest.item(0, 1), equalTo(0.7607, 5e-5));
    }
}
