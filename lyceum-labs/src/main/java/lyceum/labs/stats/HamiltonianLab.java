package lyceum.labs.stats;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.Arrays;
import java.util.List;
import lyceum.bayes.Chains;
import lyceum.bayes.Hmc;
import lyceum.bayes.InverseMass;
import lyceum.bayes.Leapfrog;
import lyceum.bayes.LogDensity;
import lyceum.bayes.Mcmc;
import lyceum.bayes.MetropolisHastings;
import lyceum.bayes.Nuts;
import lyceum.bayes.Proposal;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.plot.Series;

/** A puck on a banana: flick it, watch its energy, and let the sampler find out how far. */
@Lab(topics = "hmc-nuts", title = "A puck on a banana")
final class HamiltonianLab implements LabBody {
    @Override public void run(LabContext lab) {
        double step = lab.param("step", 0.15, 0.01, 1.5), bend = lab.param("bend", 0.15, 0.0, 0.6);
        int leapfrogs = lab.param("leapfrogs", 30, 1, 200), draws = lab.param("draws", 1_000, 50, 3_000),
                flicks = lab.param("flicks", 4, 1, 8);

        LogDensity banana = LogDensity.of(x -> log(bend, x), (x, g) -> {
            double v = x[1] - bend * (x[0] * x[0] - 4);
            g[0] = -x[0] / 4 + 2 * bend * x[0] * v;
            g[1] = -v;
            return log(bend, x);
        });
        var motion = new Leapfrog(banana, InverseMass.unit(2));
        var map = Figure.plot("Trajectories").surface(-7, 7, -5, 9, (a, b) -> Math.exp(log(bend, a, b)));
        var energies = Figure.plot("Energy along them");
        double[] at = {-2, 0};
        var rng = lab.rng(1);
        for (int f = 1; f <= flicks; f++) {
            var point = motion.at(at, new double[] {1.2 * rng.nextGaussian(), 1.2 * rng.nextGaussian()});
            double first = point.energy();
            double[] xs = new double[leapfrogs + 1], ys = new double[leapfrogs + 1], error = new double[leapfrogs + 1];
            for (int t = 0; t <= leapfrogs; t++) {
                xs[t] = Math.clamp(point.position()[0], -7, 7);
                ys[t] = Math.clamp(point.position()[1], -5, 9);
                error[t] = Math.clamp(point.energy() - first, -5, 5);
                if (t < leapfrogs) point = motion.step(point, step);
            }
            map = map.line("flick " + f, xs, ys);
            energies = energies.line("flick " + f, 0, error);
            if (Math.abs(point.energy() - first) < 2) at = point.position();
        }
        lab.figure(map.limitX(-7, 7).limitY(-5, 9).axes("x", "y").describedAs(
                "Each flick glides along the banana in leapfrog steps; too long a step jumps out of it (cut off at the frame)."));
        lab.figure(energies.horizontalLine(0, "").axes("leapfrog step", "energy less that at the start (nats)").describedAs(
                "The error swings and does not grow while the step is short enough; e to its negative is the chance of being accepted."));

        var nuts = new Mcmc(new Nuts(banana)).withWarmup(500).withDraws(draws).run(lab.rng(2), new double[] {-2, 0}, new double[] {2, 0},
                new double[] {0, -1}, new double[] {0, 0});
        var fixed = new Mcmc(new Hmc(banana, leapfrogs)).withWarmup(500).withDraws(draws).run(lab.rng(2), new double[] {-2, 0});
        var walk = new Mcmc(new MetropolisHastings(banana::at, Proposal.normal(1)).withTarget(0.3)).withWarmup(500).withDraws(draws)
                .run(lab.rng(2), new double[] {-2, 0}, new double[] {2, 0}, new double[] {0, -1}, new double[] {0, 0});
        lab.table("Four chains of " + draws, List.of("", "mean of x", "MCSE", "ESS", "gradients or densities", "ESS per thousand", "R-hat"),
                List.of(row("NUTS", nuts), row("HMC, " + leapfrogs + " leapfrogs", fixed), row("random walk", walk)));
        Chains[] runs = {nuts, walk};
        String[] names = {"NUTS", "random walk"};
        var traces = new Figure[2];
        var ranks = new Figure[2];
        for (int i = 0; i < 2; i++) {
            var trace = Figure.plot(names[i]);
            var series = new Series[4];
            int[][] counts = runs[i].rankHistogram(0, 10);
            for (int c = 0; c < 4; c++) {
                trace = trace.line("chain " + (c + 1), 0, Arrays.copyOf(runs[i].trace(c, 0), Math.min(draws, 150)));
                var share = new double[10];
                for (int b = 0; b < 10; b++) share[b] = 10.0 * counts[c][b] / draws;
                series[c] = Series.of("chain " + (c + 1), share);
            }
            traces[i] = trace.limitY(-7, 7).axes("draw", "x").describedAs("The first draws of each chain.");
            ranks[i] = Figure.bars(names[i], Figure.numbered(1, 10), series)
                    .axes("tenth of all draws by rank", "draws over their fair share")
                    .describedAs("Flat where all chains sample the same law.");
        }
        lab.figure(Figure.row("Traces", traces).describedAs("NUTS jumps from end to end of the banana, the random walk drifts."));
        lab.figure(Figure.row("Ranks", ranks)
                .describedAs("Each chain's share of every tenth of the draws: flat for NUTS, uneven for the walk."));
        lab.shows("R-hat of NUTS", nuts.rHat(0), below(1.05));
        lab.shows("ESS of NUTS over that of the walk, draw for draw", nuts.ess(0) / walk.ess(0), above(1.5));
    }

    private static double log(double bend, double... x) {
        double v = x[1] - bend * (x[0] * x[0] - 4);
        return -x[0] * x[0] / 8 - v * v / 2;
    }

    private static List<?> row(String name, Chains c) {
        return List.of(name, c.mean(0), c.mcse(0), c.ess(0), c.evaluations(), 1_000 * c.ess(0) / c.evaluations(), c.rHat(0));
    }
}
