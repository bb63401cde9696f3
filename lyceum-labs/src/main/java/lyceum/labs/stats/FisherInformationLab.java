package lyceum.labs.stats;

import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.between;

import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.optim.Newton;
import lyceum.plot.Figure;
import lyceum.prob.ChiSquare;
import lyceum.prob.Quadrature;
import lyceum.stats.FisherInformation;
import lyceum.stats.ParametricFamily;

/** The likelihood's surface, the ellipse that its curvature draws, and where the estimates of other samples fall. */
@Lab(topics = "fisher-information", title = "How sharp is the peak?")
final class FisherInformationLab implements LabBody {
    @Override public void run(LabContext lab) {
        double shape = lab.param("shape", 3, 0.5, 20.0), rate = lab.param("rate", 2, 0.1, 10.0),
                level = lab.param("level", 0.95, 0.5, 0.99);
        int n = lab.param("observations", 200, 20, 2_000), samples = lab.param("samples", 120, 10, 500);
        double[] truth = {shape, rate};
        var law = ParametricFamily.GAMMA.at(truth);

        var information = FisherInformation.expected(ParametricFamily.GAMMA, truth).times(n);
        double radius = new ChiSquare(2).quantile(level);
        double[][] f = information.matrix();
        double[] errors = information.standardErrors(), as = new double[samples], rates = new double[samples];
        var newton = new Newton().withGradientTolerance(1e-6);
        int inside = 0;
        for (int s : lab.progress("samples", samples)) {
            var l = ParametricFamily.GAMMA.logLikelihood(law.sample(lab.rng(s), n).toDoubleArray());
            double[] estimate = newton.minimize(l.negated(), truth).x();
            as[s] = estimate[0];
            rates[s] = estimate[1];
            if (2 * information.divergence(as[s] - shape, rates[s] - rate) <= radius) inside++;
        }
        double[] ellipseX = new double[121], ellipseY = new double[121];
        double slope = f[0][1] / f[0][0], rest = f[1][1] - f[0][1] * slope;
        for (int k = 0; k <= 120; k++) { // d'Fd = radius, through F = L L'
            double angle = 2 * Math.PI * k / 120, v = Math.sqrt(radius / rest) * Math.sin(angle);
            ellipseX[k] = shape + Math.sqrt(radius / f[0][0]) * Math.cos(angle) - slope * v;
            ellipseY[k] = rate + v;
        }
        int cells = 41;
        double[] xs = new double[cells], ys = new double[cells];
        for (int k = 0; k < cells; k++) {
            double t = 8.0 * k / (cells - 1) - 4;
            xs[k] = Math.max(0.05, shape + t * errors[0]);
            ys[k] = Math.max(0.02, rate + t * errors[1]);
        }
        var surface = ParametricFamily.GAMMA.expected(truth).surface(truth, 0, xs, 1, ys);
        double top = ParametricFamily.GAMMA.expected(truth).at(truth);
        for (double[] row : surface) for (int c = 0; c < row.length; c++) row[c] = Math.max(-12, n * (row[c] - top));
        lab.figure(Figure.contour("Log-likelihood around the truth", xs, ys, surface).measuring("log-likelihood below the top")
                .points("estimates from other samples", as, rates).line("information's ellipse", ellipseX, ellipseY).axes("shape", "rate")
                .describedAs("A long ridge: shape and rate are easily traded for each other, and the estimates of " + samples
                        + " samples scatter along it, most of them inside the ellipse d'Fd."));
        double alone = 1 / Math.sqrt(f[0][0]);
        lab.table("Standard errors of the shape", List.of("from", "error"), List.of(List.of("inverse of the matrix", errors[0]),
                List.of("inverse of its diagonal: the rate taken as known", alone), List.of("spread of the estimates", deviation(as))));
        lab.say("%d of %d estimates lie inside the %.0f%% ellipse. Forgetting the rate would make the shape's error %.1f times too small.",
                inside, samples, 100 * level, errors[0] / alone);

        double[] lengths = {0.3, 0.1, 0.03, 0.01, 0.003}, relative = new double[5];
        var one = information.times(1.0 / n);
        for (int k = 0; k < 5; k++) {
            var moved = ParametricFamily.GAMMA.at(shape + lengths[k] * shape, rate);
            double kl = Quadrature.expectation(law, x -> law.logDensity(x) - moved.logDensity(x), 1e-15);
            relative[k] = Math.abs(one.divergence(lengths[k] * shape, 0) / kl - 1);
        }
        lab.figure(Figure.line("d'Fd / 2 as a stand-in for KL divergence", lengths, relative)
                .axes("relative step of the shape", "relative error").logX().logY()
                .describedAs("The error of the quadratic form falls in proportion to the step: near the truth information is divergence."));
        lab.shows("share of estimates inside the ellipse", (double) inside / samples, between(level - 0.12, Math.min(1, level + 0.08)));
        lab.shows("relative error of the quadratic form at the shortest step", relative[4], below(0.01));
    }

    private static double deviation(double[] v) {
        double mean = 0, square = 0;
        for (double x : v) mean += x / v.length;
        for (double x : v) square += (x - mean) * (x - mean) / (v.length - 1);
        return Math.sqrt(square);
    }
}
