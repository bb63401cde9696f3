package lyceum.labs.linalg;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.below;

import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.labs.Worst;
import lyceum.linalg.LeastSquares;
import lyceum.linalg.LeastSquares.Method;
import lyceum.linalg.NotPositiveDefiniteException;
import lyceum.linalg.Qr;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** Least squares drops a perpendicular onto the plane of the columns; three ways to compute it differ in the digits they keep. */
@Lab(topics = "ols", title = "A perpendicular, computed three ways")
final class LeastSquaresLab implements LabBody {
    private static final Method[] METHODS = {Method.NORMAL, Method.QR, Method.SVD};

    @Override public void run(LabContext lab) {
        double angle = lab.param("angle", 75, 5, 90.0);
        int systems = lab.param("systems", 100, 10, 300);
        lab.figure(projection(angle));
        errorAgainstCondition(lab);

        Worst disagreement = new Worst(), projection = new Worst(), trace = new Worst();
        for (int i : lab.progress("random systems", systems)) {
            var rng = lab.rng(i);
            int n = 1 + rng.nextInt(10), m = 2 * n + 2 + rng.nextInt(20);
            Tensor a = Tensor.randn(rng, DType.F64, m, n), y = Tensor.randn(rng, DType.F64, m);
            var byQr = new LeastSquares(Method.QR).fit(a, y);
            for (var method : METHODS) disagreement.see(new LeastSquares(method).fit(a, y).coefficients(), byQr.coefficients());
            var h = byQr.hat();
            projection.see(h.matmul(h), h).see(h.transpose(), h);
            trace.see(Math.abs(h.trace().item() - byQr.rank()));
        }
        lab.check(2, "largest difference between the three methods", disagreement.value(), below(1e-9));
        lab.check(3, "H against H' and HH", projection.value(), below(1e-10));
        lab.check(3, "trace of H against the rank", trace.value(), below(1e-10));
        double qr = Longley.fewestDigits(Method.QR), normal = Longley.fewestDigits(Method.NORMAL);
        lab.say("On Longley's data QR keeps %.1f digits and the normal equations %.1f.", qr, normal);
        lab.check(1, "fewest correct digits by QR", qr, atLeast(9));
        lab.check(1, "digits that the normal equations lose", qr - normal, atLeast(2));
    }

    /** Two columns in space, the parallelogram they span, y above it and its shadow, seen from the side. */
    private static Figure projection(double degrees) {
        double angle = Math.toRadians(degrees);
        var columns = Tensor.of(new double[][] {{1, Math.cos(angle)}, {0, Math.sin(angle)}, {0, 0}});
        var y = Tensor.of(0.9, 0.5, 1.1);
        var fit = LeastSquares.solve(columns, y);
        Tensor shadow = fit.fitted(), first = columns.select(1, 0).mul(1.6), second = columns.select(1, 1).mul(1.6), zero = y.zerosLike();
        double[][] plane = seen(zero, first, first.add(second), second, zero), drop = seen(y, shadow);
        return Figure.line("y, and its shadow on the column space", plane[0], plane[1]).named("column space")
                .arrows("columns", new double[] {0, 0}, new double[] {0, 0}, new double[] {seen(first)[0][0], seen(second)[0][0]},
                        new double[] {seen(first)[1][0], seen(second)[1][0]})
                .arrows("y", new double[] {0}, new double[] {0}, seen(y)[0], seen(y)[1])
                .arrows("fitted values", new double[] {0}, new double[] {0}, seen(shadow)[0], seen(shadow)[1])
                .line("residual", drop[0], drop[1]).dashed().axes("across", "up").limitX(-0.6, 2.9).limitY(-1.2, 2.3).equalScales()
                .describedAs(
                        "An arrow y stands above a parallelogram; its shadow in the plane is the fitted vector, and the dashed residual is perpendicular to the plane.");
    }

    /** An oblique view of points in space. */
    private static double[][] seen(Tensor... points) {
        double[] across = new double[points.length], up = new double[points.length];
        for (int i = 0; i < points.length; i++) {
            across[i] = points[i].item(0) + 0.45 * points[i].item(1);
            up[i] = points[i].item(2) + 0.35 * points[i].item(1) - 0.1 * points[i].item(0);
        }
        return new double[][] {across, up};
    }

    private static void errorAgainstCondition(LabContext lab) {
        int n = 6, m = 30, places = 14;
        double[] conditions = Tensor.logspace(0, places - 1, places).toDoubleArray();
        double[][] errors = new double[METHODS.length][places];
        var rng = lab.rng(-1);
        for (int p = 0; p < places; p++) {
            var s = Tensor.linspace(0, -p, n).mul(Math.log(10)).exp();
            var a = Qr.of(Tensor.randn(rng, DType.F64, m, n)).q().mul(s.unsqueeze(0)).matmul(Qr.of(Tensor.randn(rng, DType.F64, n, n)).q());
            var truth = Tensor.ones(DType.F64, n);
            for (int k = 0; k < METHODS.length; k++) errors[k][p] = error(METHODS[k], a, truth);
        }
        lab.figure(Figure.line("What conditioning costs", conditions, errors[0]).named("normal equations").line("QR", conditions, errors[1])
                .line("SVD", conditions, errors[2]).dashed().logX().logY().axes("condition number", "relative error").describedAs(
                        "The error of QR and SVD grows in proportion to the condition number, that of the normal equations with its square, until they break down near 1e8."));
    }

    /** Relative error on a consistent system; NaN (a gap in the line) where the Gram matrix is no longer positive definite. */
    private static double error(Method method, Tensor a, Tensor truth) {
        try {
            var x = new LeastSquares(method).withRcond(0).fit(a, a.matmul(truth)).coefficients();
            return Math.max(x.sub(truth).norm().item() / truth.norm().item(), 1e-17);
        } catch (NotPositiveDefiniteException e) {
            return Double.NaN;
        }
    }
}
