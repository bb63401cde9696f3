package lyceum.labs.stats;

import static lyceum.labs.Bounds.below;

import java.util.List;
import lyceum.bayes.GaussianBelief;
import lyceum.bayes.NonlinearKalmanFilter;
import lyceum.bayes.ParticleFilter;
import lyceum.bayes.ResamplingScheme;
import lyceum.bayes.StateSpaceModel;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.random.Rng;

/** Only the square of the state is seen: two places fit, a cloud of guesses holds both, one bell takes the wrong one. */
@Lab(topics = "particle-filter", title = "A cloud that keeps both answers")
final class ParticleLab implements LabBody {
    private static final int STEPS = 50;

    @Override public void run(LabContext lab) {
        int particles = lab.param("particles", 500, 10, 5_000);
        double threshold = lab.param("resample below", 0.5, 0.0, 1.0);
        double noise = lab.param("measurement noise", 1.0, 0.2, 5.0), jumps = lab.param("state noise", 3.16, 0.5, 6.0);
        int seed = lab.param("seed", 3, 1, 99), look = lab.param("look at step", 12, 0, STEPS - 1);

        // Gordon, Salmond and Smith (1993)
        var model = new StateSpaceModel<double[]>() {
            @Override public double[] start(Rng rng) { return new double[] {0.1 + Math.sqrt(2) * rng.nextGaussian()}; }

            @Override public double[] move(int t, double[] x, Rng rng) {
                return new double[] {drift(t, x[0]) + jumps * rng.nextGaussian()};
            }

            @Override public double logObservation(int t, double[] x, double[] y) {
                double z = (y[0] - x[0] * x[0] / 20) / noise;
                return -0.5 * z * z - Math.log(noise * Math.sqrt(2 * Math.PI));
            }
        };
        var rng = lab.rng(seed);
        double[][] y = new double[STEPS][1];
        double[] truth = new double[STEPS], x = model.start(rng);
        for (int t = 0; t < STEPS; t++) {
            if (t > 0) x = model.move(t, x, rng);
            truth[t] = x[0];
            y[t][0] = x[0] * x[0] / 20 + noise * rng.nextGaussian();
        }
        var run = new ParticleFilter(particles, threshold, ResamplingScheme.SYSTEMATIC).run(model, y, lab.rng(1_000 + seed));
        var never = new ParticleFilter(particles, 0, ResamplingScheme.SYSTEMATIC).run(model, y, lab.rng(1_000 + seed));
        var tangent = NonlinearKalmanFilter.extended(GaussianBelief.of(new double[] {0.1}, new double[][] {{2}}),
                (t, s) -> new double[] {drift(t + 1, s[0])},
                (t, s) -> new double[][] {{0.5 + 25 * (1 - s[0] * s[0]) / Math.pow(1 + s[0] * s[0], 2)}}, new double[][] {{jumps * jumps}},
                (t, s) -> new double[] {s[0] * s[0] / 20}, (t, s) -> new double[][] {{s[0] / 10}}, new double[][] {{noise * noise}})
                .filter(y).corrections();

        int shown = 40;
        double[] mean = new double[STEPS], extended = new double[STEPS], size = new double[STEPS], alone = new double[STEPS];
        double[] xs = new double[shown * STEPS], ys = new double[shown * STEPS];
        double cloud = 0, bell = 0;
        for (int t = 0; t < STEPS; t++) {
            mean[t] = run.mean(t)[0];
            extended[t] = tangent.get(t).belief().mean()[0];
            size[t] = run.step(t).effectiveSize() / particles;
            alone[t] = never.step(t).effectiveSize() / particles;
            int[] some = ResamplingScheme.SYSTEMATIC.draw(run.step(t).weights(), shown, lab.rng(t));
            for (int i = 0; i < shown; i++) {
                xs[t * shown + i] = t;
                ys[t * shown + i] = run.step(t).particles().get(some[i])[0];
            }
            cloud += (mean[t] - truth[t]) * (mean[t] - truth[t]) / STEPS;
            bell += (extended[t] - truth[t]) * (extended[t] - truth[t]) / STEPS;
        }
        lab.figure(Figure.plot("Forty of the particles at each step").points("particles", xs, ys).line("truth", 0, truth)
                .line("extended Kalman filter", 0, extended).dashed().axes("step", "state").describedAs(
                        "The particles follow the truth and split into two groups where its sign is in doubt; the extended filter runs away to wrong places."));
        var step = run.step(look);
        double[] grid = new double[81], weight = new double[81], normal = new double[81];
        double[] w = step.weights();
        double m = extended[look], sd = tangent.get(look).belief().standardDeviations()[0];
        for (int b = 0; b < 81; b++) grid[b] = -30 + 0.75 * b;
        for (int i = 0; i < particles; i++) {
            int b = (int) Math.rint((step.particles().get(i)[0] + 30) / 0.75);
            if (b >= 0 && b < 81) weight[b] += w[i] / 0.75;
        }
        for (int b = 0; b < 81; b++) normal[b] = Math.exp(-0.5 * Math.pow((grid[b] - m) / sd, 2)) / (sd * Math.sqrt(2 * Math.PI));
        lab.figure(Figure.plot("What is believed at step " + look).line("particles", grid, weight).line("extended filter", grid, normal)
                .dashed().verticalLine(truth[look], "truth").limitY(0, 1).axes("state", "density").describedAs(
                        "The cloud's weight can have two peaks, one on each side of zero; the extended filter has one narrow bell, often where nothing is."));
        lab.figure(Figure.plot("Particles that count").line("resampled below " + threshold, 0, size).line("never resampled", 0, alone)
                .dashed().limitY(0, 1).axes("step", "effective size over particles")
                .describedAs("Without resampling a single particle soon carries all the weight; drawing anew brings the others back."));
        lab.table("Root mean squared error", List.of("particles", "extended filter"), List.of(List.of(Math.sqrt(cloud), Math.sqrt(bell))));
        lab.shows("effective share at the end without resampling", alone[STEPS - 1], below(0.2));
        if (particles >= 300) lab.shows("RMSE over the extended filter's", Math.sqrt(cloud / bell), below(1));
    }

    private static double drift(int t, double x) { return x / 2 + 25 * x / (1 + x * x) + 8 * Math.cos(1.2 * t); }
}
