package lyceum.labs.stats;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.equalTo;

import java.util.Arrays;
import java.util.List;
import lyceum.bayes.Conditional;
import lyceum.bayes.Gibbs;
import lyceum.bayes.Mcmc;
import lyceum.bayes.PottsLattice;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;

/** Stairs on a tilted ellipse, a vectorising error that no marginal plot shows, and a magnet. */
@Lab(topics = "gibbs", title = "Stairs on a tilted ellipse")
final class GibbsLab implements LabBody {
    @Override public void run(LabContext lab) {
        double rho = lab.param("correlation", 0.9, -0.99, 0.99), temperature = lab.param("temperature", 2.3, 0.8, 6.0);
        int sweeps = lab.param("sweeps", 15, 1, 200), size = lab.param("lattice", 40, 8, 80);

        double[][] covariance = {{1, rho}, {rho, 1}};
        var first = Conditional.normal(new double[2], covariance, 0);
        var second = Conditional.normal(new double[2], covariance, 1);
        double[] x = {-2.5, -2.5}, xs = new double[2 * sweeps + 1], ys = xs.clone();
        xs[0] = ys[0] = -2.5;
        var rng = lab.rng(1);
        for (int t = 1; t < xs.length; t++) {
            (t % 2 == 1 ? first : second).draw(x, rng);
            xs[t] = x[0];
            ys[t] = x[1];
        }
        lab.figure(Figure.plot("The staircase")
                .surface(-3.5, 3.5, -3.5, 3.5, (a, b) -> Math.exp(-(a * a - 2 * rho * a * b + b * b) / (2 - 2 * rho * rho)))
                .line("one coordinate at a time", xs, ys).equalScales().axes("x", "y")
                .describedAs("Each tread redraws x given y, each riser y given x; the narrower the ellipse, the smaller the stairs."));

        var gibbs = new Gibbs(first, second);
        var right = new Mcmc(gibbs).withDraws(5_000).run(lab.rng(2), new double[2]);
        // the old state at once: what a careless vectorisation does
        var atOnce = new Gibbs((state, r) -> {
            double[] old = state.clone();
            first.draw(state, r);
            second.draw(old, r);
            state[1] = old[1];
        });
        var wrong = new Mcmc(atOnce).withDraws(5_000).run(lab.rng(2), new double[2]);
        var block = new Mcmc(new Gibbs(Conditional.normal(new double[2], covariance, 0, 1))).withDraws(5_000).run(lab.rng(2),
                new double[2]);
        double between = right.map(s -> s[0] * s[1]).mean(0), lost = wrong.map(s -> s[0] * s[1]).mean(0);
        lab.table("Three samplers of one ellipse",
                List.of("", "variance of x", "variance of y", "mean of x y", "lag-1 autocorrelation", "ESS of 20,000"),
                List.of(List.of("in turns", right.variance(0), right.variance(1), between, right.autocorrelation(0, 1)[1], right.ess(0)),
                        List.of("both at once", wrong.variance(0), wrong.variance(1), lost, wrong.autocorrelation(0, 1)[1], wrong.ess(0)),
                        List.of("as a block", block.variance(0), block.variance(1), block.map(s -> s[0] * s[1]).mean(0),
                                block.autocorrelation(0, 1)[1], block.ess(0))));
        var clouds = new Figure[2];
        for (int i = 0; i < 2; i++) {
            double[] a = (i == 0 ? right : wrong).trace(0, 0), b = (i == 0 ? right : wrong).trace(0, 1);
            clouds[i] = Figure.scatter(i == 0 ? "In turns" : "Both from the old values", Arrays.copyOf(a, 800), Arrays.copyOf(b, 800))
                    .limitX(-4, 4).limitY(-4, 4).axes("x", "y")
                    .describedAs(i == 0 ? "The ellipse." : "Each coordinate's spread is right, and the tilt is gone.");
        }
        lab.figure(Figure.row("The error that hides from marginals", clouds)
                .describedAs("Drawn in turns the points lie along the tilted ellipse; drawn both from the old values they fill a circle."));

        var magnet = PottsLattice.ising(size, size, temperature, 0);
        var walker = magnet.kernel().start(new double[size * size], 0, lab.rng(3));
        var path = new double[121];
        path[0] = magnet.magnetisation(walker.state());
        for (int t = 1; t < path.length; t++) {
            walker.step();
            path[t] = magnet.magnetisation(walker.state());
        }
        var grid = new double[size][];
        for (int r = 0; r < size; r++) grid[r] = Arrays.copyOfRange(walker.state(), r * size, (r + 1) * size);
        lab.figure(Figure.heatmap("A magnet after 120 sweeps at temperature " + temperature, grid).measuring("spin, down 0 and up 1")
                .axes("column", "row")
                .describedAs("Cold magnets keep one colour, hot ones look like noise; near 2.27 there are patches of all sizes."));
        lab.figure(Figure.line("Its magnetisation", path).axes("sweep", "mean spin").limitY(-1, 1)
                .describedAs("Begun with all spins down it stays there when cold and forgets when hot."));
        lab.say("Lag-1 autocorrelation %.3f; theory says rho squared, %.3f.", right.autocorrelation(0, 1)[1], rho * rho);
        lab.shows("lag-1 autocorrelation", right.autocorrelation(0, 1)[1], equalTo(rho * rho, 0.05));
        lab.shows("mean of x y, both at once", lost, equalTo(0, 0.1));
        lab.shows("ESS of the block over that of the turns", block.ess(0) / right.ess(0), above(3));
    }
}
