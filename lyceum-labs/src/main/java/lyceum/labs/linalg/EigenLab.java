package lyceum.labs.linalg;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.equalTo;

import java.util.ArrayList;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.linalg.Eigen;
import lyceum.linalg.GeneralEigen;
import lyceum.linalg.LinearMap;
import lyceum.linalg.Lu;
import lyceum.linalg.Norms;
import lyceum.linalg.PowerIteration;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;

/** A 2 x 2 map bends the unit circle into an ellipse; two lines keep their direction, unless the map turns. */
@Lab(topics = "eigen", title = "The directions that stay")
final class EigenLab implements LabBody {
    private static final int POINTS = 241;

    @Override public void run(LabContext lab) {
        double a = lab.param("a11", 2, -3.0, 3.0), b = lab.param("a12", 0.8, -3.0, 3.0), c = lab.param("a21", 0.5, -3.0, 3.0),
                d = lab.param("a22", 1, -3.0, 3.0);
        var matrix = Tensor.of(new double[] {a, b, c, d}, 2, 2);
        var eigen = Eigen.general(matrix);
        lab.figure(circleAndImage(matrix, eigen));

        double[] re = eigen.real().toDoubleArray(), im = eigen.imaginary().toDoubleArray();
        if (eigen.isReal()) lab.say("Along its own two lines the map only stretches: by %.4f and by %.4f.", re[0], re[1]);
        else lab.say("No real direction survives: the eigenvalues are %.4f plus and minus %.4f i, a turn by %.1f degrees.", re[0], im[0],
                Math.toDegrees(Math.atan2(im[0], re[0])));
        lab.shows("residual over the norm of A", residual(matrix, eigen), atMost(1e-10));
        lab.shows("trace against the sum of eigenvalues", Math.abs(re[0] + re[1] - (a + d)), below(1e-8));
        double product = eigen.isReal() ? re[0] * re[1] : re[0] * re[0] + im[0] * im[0];
        lab.shows("determinant against their product", Math.abs(product - Lu.of(matrix).det()), below(1e-8));
        if (eigen.isReal()) powerIteration(lab, matrix, eigen);
    }

    private static Figure circleAndImage(Tensor matrix, GeneralEigen eigen) {
        var angle = Tensor.linspace(0, 2 * Math.PI, POINTS);
        Tensor x = angle.cos(), y = angle.sin(), image = matrix.matmul(Tensor.stack(0, x, y));
        Plot plot = Figure.line("The unit circle and what becomes of it", x, y).named("unit circle").dashed()
                .line("its image", image.select(0, 0), image.select(0, 1)).equalScales().axes("x", "y");
        for (int j = 0; j < 2 && eigen.isReal(); j++) {
            double l = eigen.real().item(j), u = eigen.vectors().item(0, j), v = eigen.vectors().item(1, j);
            plot = plot.line("direction " + (j + 1), new double[] {-u, u}, new double[] {-v, v}).arrows("direction " + (j + 1),
                    new double[] {u}, new double[] {v}, new double[] {l * u}, new double[] {l * v});
        }
        double reach = 1.1 * Math.max(1, Norms.spectral(matrix));
        return plot.limitX(-reach, reach).limitY(-reach, reach).describedAs(
                "A dashed circle, the ellipse that the map makes of it, and the two lines whose points move only along themselves.");
    }

    private static double residual(Tensor a, GeneralEigen e) {
        Tensor x = e.vectors(), y = e.imaginaryVectors(), re = e.real().unsqueeze(0), im = e.imaginary().unsqueeze(0);
        double real = Norms.frobenius(a.matmul(x).sub(x.mul(re)).add(y.mul(im))),
                imaginary = Norms.frobenius(a.matmul(y).sub(y.mul(re)).sub(x.mul(im)));
        return Math.hypot(real, imaginary) / Math.max(Norms.frobenius(a), Double.MIN_NORMAL);
    }

    /** Repeated multiplication turns any start towards the stronger direction, by the ratio of the eigenvalues a step. */
    private static void powerIteration(LabContext lab, Tensor matrix, GeneralEigen eigen) {
        double[] l = eigen.real().toDoubleArray();
        int strong = Math.abs(l[0]) >= Math.abs(l[1]) ? 0 : 1;
        double ratio = Math.abs(l[1 - strong] / l[strong]);
        if (!(ratio > 0.02 && ratio < 0.98)) return;
        Tensor target = eigen.vectors().select(1, strong);
        var errors = new ArrayList<Double>();
        new PowerIteration(0, 40).run(LinearMap.of(matrix), lab.rng(1),
                (step, value, v) -> errors.add(v.sub(target.mul(v.dot(target).item())).norm().item() / Math.abs(v.dot(target).item())));
        double[] e = errors.stream().mapToDouble(v -> v).toArray();
        lab.figure(Figure.line("Power iteration", 1, e).logY().axes("step", "tangent of the angle to the eigenvector")
                .describedAs("The angle falls along a straight line on a logarithmic scale until rounding stops it."));
        int last = 0;
        while (last < e.length - 1 && e[last] > 1e-9) last++;
        int first = last / 2;
        lab.shows("measured rate over |l2 / l1|", Math.pow(e[last] / e[first], 1.0 / (last - first)) / ratio, equalTo(1, 0.05));
    }
}
