package lyceum.labs.stats;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;

import java.util.Arrays;
import java.util.List;
import lyceum.bayes.GaussianBelief;
import lyceum.bayes.HiddenMarkovModel;
import lyceum.bayes.KalmanFilter;
import lyceum.bayes.LinearGaussian;
import lyceum.bayes.NonlinearKalmanFilter;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.plot.Plot;

/** A river's level under a century of noisy years, and a satellite that is lost behind its planet. */
@Lab(topics = "kalman-filter", title = "The Nile, and an orbit")
final class KalmanLab implements LabBody {
    private static final double[] NILE = {1120, 1160, 963, 1210, 1160, 1160, 813, 1230, 1370, 1140, 995, 935, 1110, 994, 1020, 960, 1180,
            799, 958, 1140, 1100, 1210, 1150, 1250, 1260, 1220, 1030, 1100, 774, 840, 874, 694, 940, 833, 701, 916, 692, 1020, 1050, 969,
            831, 726, 456, 824, 702, 1120, 1100, 832, 764, 821, 768, 845, 864, 862, 698, 845, 744, 796, 1040, 759, 781, 865, 845, 944, 984,
            897, 822, 1010, 771, 676, 649, 846, 812, 742, 801, 1040, 860, 874, 848, 890, 744, 749, 838, 1050, 918, 986, 797, 923, 975, 815,
            1020, 906, 901, 1170, 912, 746, 919, 718, 714, 740};

    @Override public void run(LabContext lab) {
        int from = lab.param("years lost from", 1900, 1872, 1965), lost = lab.param("years lost", 15, 0, 40);
        double trust = lab.param("measurement variance times", 1.0, 0.01, 30.0);
        double noise = lab.param("orbit noise", 0.08, 0.01, 0.5);
        int seed = lab.param("seed", 1, 1, 50);

        var unknown = GaussianBelief.of(new double[] {0}, new double[][] {{1e9}});
        double[][] all = HiddenMarkovModel.series(NILE);
        var fit = KalmanFilter.maximumLikelihood(v -> new KalmanFilter(unknown, LinearGaussian.localLevel(Math.exp(v[0]), Math.exp(v[1]))),
                new double[] {7, 9}, all);
        double level = Math.exp(fit.parameters()[0]), measurement = Math.exp(fit.parameters()[1]);
        var steady = KalmanFilter.steadyState(LinearGaussian.localLevel(level, measurement));
        lab.say("Maximum likelihood: R = %.0f, Q = %.0f. The gain settles at %.3f, the filtered standard deviation at %.1f.", measurement,
                level, steady.gain()[0][0], Math.sqrt(steady.filtered()[0][0]));
        double[] flow = NILE.clone();
        for (int year = from; year < Math.min(from + lost, 1971); year++) flow[year - 1871] = Double.NaN;
        var run = new KalmanFilter(unknown, LinearGaussian.localLevel(level, measurement * trust)).filter(HiddenMarkovModel.series(flow));
        lab.figure(Figure.row("Yearly flow of the Nile at Aswan", river("Filtered: the past only", flow, run.filtered()),
                river("Smoothed: past and future", flow, run.smooth().beliefs()))
                .describedAs("The level follows the measurements with a band of two standard deviations, which opens where years are lost; "
                        + "given the future as well the band is narrower and closes from both sides."));
        double squares = 0, seen = 0, product = 0, last = Double.NaN;
        for (var c : run.corrections().subList(1, 100)) {
            double z = c.innovation()[0] / Math.sqrt(c.covariance()[0][0]);
            if (c.seen() == 1) {
                squares += z * z;
                seen++;
            }
            if (z == z && last == last) product += z * last;
            last = z;
        }
        lab.table("Innovations in standard deviations",
                List.of("mean square, 1 if R and Q are right", "correlation with the next, 0 if right"),
                List.of(List.of(squares / seen, product / squares)));
        lab.shows("R over 15,099 and Q over 1,469, farther from 1",
                Math.max(Math.abs(measurement / 15_099 - 1), Math.abs(level / 1_469 - 1)), below(0.005));

        // A circle of radius 1 and period 2 pi around a planet of radius 0.45; a station 3 to the left measures range and bearing
        double[][] r = {{noise * noise, 0}, {0, noise * noise / 9}}, q = new double[4][4], p0 = new double[4][4];
        for (int i = 0; i < 4; i++) {
            q[i][i] = i < 2 ? 1e-8 : 1e-5;
            p0[i][i] = 0.09;
        }
        double[][][] turns = Orbit.observed(130, q, r, lab.rng(seed));
        double[][] truth = turns[0], sights = turns[1];
        var start = GaussianBelief.of(new double[] {0.2, 0.8, 0.8, 0.2}, p0);
        var tracked = NonlinearKalmanFilter.unscented(start, (t, x) -> Orbit.step(x), q, (t, x) -> Orbit.sight(x), r).filter(sights);
        double[][] path = new double[2][130], real = new double[2][130], dots = new double[2][130];
        double error = 0, raw = 0, count = 0, width = 0;
        for (int t = 0; t < 130; t++) {
            double[] m = tracked.corrections().get(t).belief().mean();
            double sx = sights[t][0] * Math.cos(sights[t][1]) - 3, sy = sights[t][0] * Math.sin(sights[t][1]);
            for (int i = 0; i < 2; i++) {
                path[i][t] = m[i];
                real[i][t] = truth[t][i];
                dots[i][t] = i == 0 ? sx : sy;
            }
            if (t < 30) continue;
            error += Math.pow(m[0] - truth[t][0], 2) + Math.pow(m[1] - truth[t][1], 2);
            if (sx == sx) raw += Math.pow(sx - truth[t][0], 2) + Math.pow(sy - truth[t][1], 2);
            if (sx == sx) count++;
            width = Math.max(width, tracked.corrections().get(t).belief().standardDeviations()[1]);
        }
        double[][] shown = Arrays.stream(dots).map(d -> Arrays.stream(d).filter(v -> v == v).toArray()).toArray(double[][]::new);
        lab.figure(Figure.plot("Two turns of a satellite, hidden behind its planet on the right").points("sightings", shown[0], shown[1])
                .line("truth", real[0], real[1]).line("unscented filter", path[0], path[1]).equalScales().axes("distance", "distance")
                .describedAs(
                        "From a wrong start the filter finds the orbit among scattered sightings, and carries it on where there are none."));
        lab.say("Error after the first 30 steps %.3f, of single sightings %.3f; largest standard deviation across the line of sight %.3f.",
                Math.sqrt(error / 100), Math.sqrt(raw / count), width);
        lab.shows("filter's error over the sightings'", Math.sqrt(error / 100) / Math.sqrt(raw / count), atMost(1));
    }

    private static Plot river(String title, double[] flow, List<GaussianBelief> level) {
        double[] mean = new double[100], low = new double[100], high = new double[100], year = new double[100];
        for (int t = 0; t < 100; t++) {
            double m = level.get(t).mean()[0], s = level.get(t).standardDeviations()[0];
            year[t] = 1871 + t;
            mean[t] = m;
            low[t] = m - 2 * s;
            high[t] = m + 2 * s;
        }
        double[] known = Arrays.stream(year).filter(y -> flow[(int) y - 1871] == flow[(int) y - 1871]).toArray();
        return Figure.plot(title).band("level, 2 sd", year, low, high).line("level", year, mean)
                .points("flow", known, Arrays.stream(flow).filter(v -> v == v).toArray()).limitY(400, 1_450).axes("year", "flow, 10^8 m^3");
    }
}
