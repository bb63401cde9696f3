package lyceum.labs.stats;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.linalg.LinearMap;
import lyceum.optim.NaturalGradient;
import lyceum.optim.Objective;
import lyceum.plot.Figure;
import lyceum.prob.Normal;
import lyceum.stats.FisherInformation;
import lyceum.stats.FisherRao;

/** One Gaussian fitted from one start in two parameterisations: ordinary gradients take two ways, natural ones one. */
@Lab(topics = "natural-gradient", title = "Same start, two parameterisations, one natural path")
final class NaturalGradientLab implements LabBody {
    private static final int STEPS = 120;

    @Override public void run(LabContext lab) {
        double mean = lab.param("start mean", -2, -4.0, 4.0), sd = lab.param("start sd", 1.5, 0.3, 3.0);
        double m = lab.param("data mean", 1, -4.0, 4.0), s = lab.param("data sd", 0.5, 0.3, 3.0), time = lab.param("time", 3, 0.5, 6.0);

        Objective plain = (t, g) -> { // mean negative log-likelihood in (mean, sd)
            double v = t[1] * t[1], square = s * s + (m - t[0]) * (m - t[0]);
            g[0] = (t[0] - m) / v;
            g[1] = 1 / t[1] - square / (v * t[1]);
            return Math.log(t[1]) + square / (2 * v);
        };
        Objective inLog = (t, g) -> { // the same in (mean, log sd)
            double value = plain.at(new double[] {t[0], Math.exp(t[1])}, g);
            g[1] *= Math.exp(t[1]);
            return value;
        };
        NaturalGradient.Metric fisher = t -> FisherInformation.of(new double[][] {{1 / (t[1] * t[1]), 0}, {0, 2 / (t[1] * t[1])}});
        NaturalGradient.Metric fisherInLog = t -> FisherInformation.of(new double[][] {{Math.exp(-2 * t[1]), 0}, {0, 2}});
        NaturalGradient.Metric flat = t -> LinearMap.symmetricArray(2, double[]::clone);
        double[] start = {mean, sd}, startInLog = {mean, Math.log(sd)};
        var step = new NaturalGradient();
        double[][] natural = step.flow(plain, fisher, start, time, STEPS), euclid = step.flow(plain, flat, start, time, STEPS),
                naturalInLog = back(step.flow(inLog, fisherInLog, startInLog, time, STEPS)),
                euclidInLog = back(step.flow(inLog, flat, startInLog, time, STEPS));

        var geodesic = back(
                FisherRao.geodesic(t -> (FisherInformation) fisherInLog.at(t), startInLog, new double[] {m, Math.log(s)}, 60).points());
        lab.figure(Figure.plot("Ways of a Gaussian to its data").line("gradient in sd", column(euclid, 0), column(euclid, 1))
                .line("gradient in log sd", column(euclidInLog, 0), column(euclidInLog, 1))
                .line("natural, in sd", column(natural, 0), column(natural, 1))
                .line("natural, in log sd", column(naturalInLog, 0), column(naturalInLog, 1)).dashed()
                .line("shortest path", column(geodesic, 0), column(geodesic, 1)).points("data", new double[] {m}, new double[] {s})
                .axes("mean", "standard deviation").describedAs(
                        "The two ordinary gradient flows part at once; the two natural ones lie on each other, whatever the deviation is called."));

        double[] apart = new double[STEPS + 1], apartNatural = new double[STEPS + 1];
        for (int k = 0; k <= STEPS; k++) {
            apart[k] = distance(euclid[k], euclidInLog[k]);
            apartNatural[k] = Math.max(1e-16, distance(natural[k], naturalInLog[k]));
        }
        double[] times = new double[STEPS + 1];
        for (int k = 0; k <= STEPS; k++) times[k] = time * k / STEPS;
        lab.figure(Figure.plot("How far the two parameterisations are apart").line("ordinary gradient", times, apart)
                .line("natural gradient", times, apartNatural).axes("time", "Fisher-Rao distance").logY()
                .describedAs("What is left between the natural flows is the error of integration."));

        double all = FisherRao.distance(new Normal(mean, sd), new Normal(m, s));
        lab.table("Distances", List.of("from", "to", "Fisher-Rao"),
                List.of(List.of("start", "data", all),
                        List.of("N(0, 1)", "N(1, 1)", FisherRao.distance(new Normal(0, 1), new Normal(1, 1))),
                        List.of("N(0, 100)", "N(1, 100)", FisherRao.distance(new Normal(0, 100), new Normal(1, 100))),
                        List.of("coin of 0.50", "coin of 0.51", FisherRao.bernoulli(0.5, 0.51)),
                        List.of("coin of 0.01", "coin of 0.02", FisherRao.bernoulli(0.01, 0.02))));
        double worst = 0, parted = 0;
        for (int k = 0; k <= STEPS; k++) {
            worst = Math.max(worst, apartNatural[k]);
            parted = Math.max(parted, apart[k]);
        }
        lab.say("The ordinary flows part by up to %.2f, the natural ones by %.1e.", parted, worst);
        lab.shows("largest distance of the natural flows", worst, below(1e-3));
        lab.shows("largest distance of the ordinary ones", parted, above(worst));
    }

    private static double[][] back(double[][] path) {
        for (double[] point : path) point[1] = Math.exp(point[1]);
        return path;
    }

    private static double distance(double[] a, double[] b) { return FisherRao.distance(new Normal(a[0], a[1]), new Normal(b[0], b[1])); }

    private static double[] column(double[][] rows, int j) {
        var c = new double[rows.length];
        for (int k = 0; k < c.length; k++) c[k] = rows[k][j];
        return c;
    }
}
