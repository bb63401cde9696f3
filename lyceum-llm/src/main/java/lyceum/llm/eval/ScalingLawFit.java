package lyceum.llm.eval;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import lyceum.backend.Parallel;
import lyceum.optim.Lbfgs;
import lyceum.optim.Minimum;
import lyceum.optim.Objective;
import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * Fits laws of loss to runs: the least sum of Huber losses of {@code log L_fit - log L}, by L-BFGS from many starts, since the surface has poor local minima.
 *
 * {@snippet :
 * var fit = new ScalingLawFit();
 * ScalingLaw law = fit.fit(runs);
 * var band = fit.bootstrap(runs, 200, Rng.of(1)).interval(l -> l.allocation(1e21).parameters(), 0.9);
 * PowerLaw sizes = fit.power(parameters, losses);
 * }
 *
 * <p>What is minimised is {@code sum H(logsumexp(e, log A - a log N, log B - b log D) - log L)} over e, log A, log B, a and b; the logarithms of N and D are centred for it.
 * Starts are a grid of exponents and floors, each with the scales that least squares give it; all are first fitted by least squares of the logarithms, the best few
 * then by what is asked for. Deterministic.
 *
 * @param huber residuals of the logarithm beyond it count linearly: 1e-3 makes it nearly the least sum of absolute values; infinite for least squares
 * @param finalists starts that are fitted to the end, at least 1
 * @param maxIterations of L-BFGS for each
 * @see <a href="https://arxiv.org/abs/2203.15556">Hoffmann et al. (2022), section D.2</a>
 */
@Withers
public record ScalingLawFit(double huber, int finalists, int maxIterations) implements ScalingLawFitWithers {
    private static final double[] EXPONENTS = {0.1, 0.3, 0.6, 1.2}, FLOORS = {0, 0.5, 0.8, 0.95};

    public ScalingLawFit {
        if (!(huber > 0) || finalists < 1 || maxIterations < 1) throw new IllegalArgumentException("ScalingLawFit: huber " + huber + ", "
                + finalists + " finalists, " + maxIterations + " iterations; huber is positive, the others are at least 1");
    }

    /** Huber 1e-3 as in the paper, 3 finalists, 300 iterations. */
    public ScalingLawFit() { this(1e-3, 3, 300); }

    /** E, A, B, a and b. @throws IllegalArgumentException with fewer than 5 runs, or if size or text never differs */
    public ScalingLaw fit(List<ScalingRun> runs) {
        var points = points(runs);
        return law(points, points.fit());
    }

    private Points points(List<ScalingRun> runs) {
        return new Points(runs.stream().mapToDouble(ScalingRun::loss).toArray(),
                runs.stream().mapToDouble(ScalingRun::parameters).toArray(), runs.stream().mapToDouble(ScalingRun::tokens).toArray());
    }

    private static ScalingLaw law(Points points, double[] x) {
        double[] c = points.uncentred(x);
        return new ScalingLaw(Math.exp(c[0]), Math.exp(c[1]), Math.exp(c[3]), c[2], c[4]);
    }

    /** E, A and a of a loss that was measured by one thing alone, the rest fixed. @throws IllegalArgumentException with fewer than 3 points */
    public PowerLaw power(double[] x, double[] losses) {
        var points = new Points(losses, x);
        double[] c = points.uncentred(points.fit());
        return new PowerLaw(Math.exp(c[0]), Math.exp(c[1]), c[2]);
    }

    /**
     * The fit of runs drawn again with replacement, each from the fit of all. What a run owes to the seed and the recipe is in it; that the law itself may be wrong is not.
     *
     * @param resamples some 200 for an interval. Those whose fit is no law are left out and {@linkplain ScalingLawBootstrap#refused counted}
     * @throws IllegalArgumentException as {@link #fit}, or if no resample gives a law
     */
    public ScalingLawBootstrap bootstrap(List<ScalingRun> runs, int resamples, Rng rng) {
        if (resamples < 2) throw new IllegalArgumentException("ScalingLawFit.bootstrap: " + resamples + " resamples; at least 2");
        var points = points(runs);
        double[] x = points.fit();
        var laws = new ScalingLaw[resamples];
        var causes = new IllegalArgumentException[resamples];
        Parallel.range(resamples, 4, 1e5, (from, to) -> {
            for (int b = (int) from; b < to; b++) {
                var draw = rng.split(b);
                var drawn = points.at(IntStream.range(0, runs.size()).map(_ -> draw.nextInt(runs.size())).toArray());
                double[] found = drawn.minimum(x, huber).x();
                try {
                    laws[b] = law(drawn, found);
                } catch (IllegalArgumentException e) {
                    causes[b] = e;
                }
            }
        });
        var found = Arrays.stream(laws).filter(Objects::nonNull).toList();
        if (found.isEmpty()) throw new IllegalArgumentException(
                "ScalingLawFit.bootstrap: none of " + resamples + " resamples gives a law; the first: " + causes[0].getMessage(),
                causes[0]);
        return new ScalingLawBootstrap(law(points, x), found, resamples - found.size());
    }

    /** Coefficient of determination of losses by a law: 1 less the share of their variance that it leaves. */
    public static double rSquared(ScalingLaw law, List<ScalingRun> runs) {
        double mean = runs.stream().mapToDouble(ScalingRun::loss).average().orElseThrow(), left = 0, all = 0;
        for (var run : runs) {
            left += Math.pow(run.loss() - law.loss(run.parameters(), run.tokens()), 2);
            all += Math.pow(run.loss() - mean, 2);
        }
        return 1 - left / all;
    }

    /** Logarithms of losses and of what they fall with; x is e and then a centred log scale and an exponent of each of these. */
    private final class Points {
        private final double[] logLoss, centres;
        private final double[][] logs;

        Points(double[] losses, double[]... things) {
            if (losses.length < 1 + 2 * things.length || Arrays.stream(things).anyMatch(t -> t.length != losses.length))
                throw new IllegalArgumentException("ScalingLawFit: " + losses.length + " runs for " + (1 + 2 * things.length)
                        + " unknowns; at least as many, and as many losses as sizes");
            logLoss = logs(losses);
            logs = new double[things.length][];
            centres = new double[things.length];
            for (int t = 0; t < things.length; t++) {
                logs[t] = logs(things[t]);
                centres[t] = Arrays.stream(logs[t]).average().orElseThrow();
                double first = logs[t][0];
                if (Arrays.stream(logs[t]).allMatch(v -> v == first)) throw new IllegalArgumentException("ScalingLawFit: all runs have "
                        + things[t][0] + (t == 0 ? " parameters" : " tokens") + "; what does not change has no exponent");
                for (int i = 0; i < logs[t].length; i++) logs[t][i] -= centres[t];
            }
        }

        private Points(double[] logLoss, double[] centres, double[][] logs) {
            this.logLoss = logLoss;
            this.centres = centres;
            this.logs = logs;
        }

        private static double[] logs(double[] values) {
            return Arrays.stream(values).map(v -> {
                if (v > 0 && v < Double.POSITIVE_INFINITY) return Math.log(v);
                throw new IllegalArgumentException("ScalingLawFit: a value of " + v + "; losses and sizes are positive and finite");
            }).toArray();
        }

        Points at(int... rows) {
            var picked = new double[logs.length][];
            Arrays.setAll(picked, t -> pick(logs[t], rows));
            return new Points(pick(logLoss, rows), centres, picked);
        }

        private static double[] pick(double[] values, int... rows) { return Arrays.stream(rows).mapToDouble(r -> values[r]).toArray(); }

        /** e, and each term's log scale and exponent as they are without centring. */
        double[] uncentred(double[] x) {
            double[] c = x.clone();
            for (int t = 0; t < centres.length; t++) c[1 + 2 * t] += x[2 + 2 * t] * centres[t];
            return c;
        }

        double[] fit() {
            var starts = new ArrayList<Minimum>();
            double least = Math.exp(Arrays.stream(logLoss).min().orElseThrow());
            for (double floor : FLOORS) for (int g = 0; g < Math.pow(EXPONENTS.length, logs.length); g++) {
                var x = new double[1 + 2 * logs.length];
                x[0] = Math.log(Math.max(floor, 1e-3) * least);
                for (int t = 0, rest = g; t < logs.length; t++, rest /= EXPONENTS.length) {
                    x[2 + 2 * t] = EXPONENTS[rest % EXPONENTS.length];
                    x[1 + 2 * t] = Math.log(scale(t, x[2 + 2 * t], Math.exp(x[0])) / logs.length);
                }
                starts.add(minimum(x, Double.POSITIVE_INFINITY));
            }
            return starts.stream().filter(m -> Double.isFinite(m.value())).sorted(Comparator.comparingDouble(Minimum::value))
                    .limit(finalists).map(m -> minimum(m.x(), huber)).min(Comparator.comparingDouble(Minimum::value))
                    .orElseThrow(() -> new IllegalArgumentException("ScalingLawFit: no start led anywhere; look at the losses")).x();
        }

        /** What least squares make of one term alone above the floor. */
        private double scale(int t, double exponent, double floor) {
            double top = 0, bottom = 0;
            for (int i = 0; i < logLoss.length; i++) {
                double w = Math.exp(-exponent * logs[t][i]);
                top += w * (Math.exp(logLoss[i]) - floor);
                bottom += w * w;
            }
            return Math.max(top / bottom, 1e-6);
        }

        Minimum minimum(double[] start, double delta) {
            double unit = Double.isInfinite(delta) ? 1e-3 : delta; // so that tolerances mean the same
            return new Lbfgs().withMaxIterations(maxIterations).withGradientTolerance(1e-5).withValueTolerance(1e-12)
                    .minimize(objective(delta, unit), start);
        }

        private Objective objective(double delta, double unit) {
            int terms = logs.length, n = logLoss.length;
            return (x, gradient) -> {
                var part = new double[terms + 1];
                Arrays.fill(gradient, 0);
                double sum = 0;
                for (int i = 0; i < n; i++) {
                    double most = part[0] = x[0], total = 0;
                    for (int t = 0; t < terms; t++) most = Math.max(most, part[t + 1] = x[1 + 2 * t] - x[2 + 2 * t] * logs[t][i]);
                    for (int t = 0; t <= terms; t++) total += part[t] = Math.exp(part[t] - most);
                    double residual = most + Math.log(total) - logLoss[i], size = Math.abs(residual);
                    sum += size <= delta ? residual * residual / 2 : delta * (size - delta / 2);
                    double slope = (size <= delta ? residual : Math.copySign(delta, residual)) / total;
                    gradient[0] += slope * part[0];
                    for (int t = 0; t < terms; t++) {
                        gradient[1 + 2 * t] += slope * part[t + 1];
                        gradient[2 + 2 * t] -= slope * part[t + 1] * logs[t][i];
                    }
                }
                double scale = 1 / (n * unit * unit);
                for (int j = 0; j < gradient.length; j++) gradient[j] *= scale;
                return sum * scale;
            };
        }
    }
}
