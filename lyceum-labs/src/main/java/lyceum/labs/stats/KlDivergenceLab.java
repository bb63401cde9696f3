package lyceum.labs.stats;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import lyceum.info.Divergences;
import lyceum.info.Family;
import lyceum.info.Projection;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.labs.Worst;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.prob.Categorical;
import lyceum.prob.Mixture;
import lyceum.prob.Normal;
import lyceum.prob.UnivariateDistribution;
import lyceum.random.Rng;

/** One Gaussian fitted to two bumps in both directions of the divergence: one covers, the other chooses. */
@Lab(topics = "kl-divergence", title = "Cover both bumps, or choose one")
final class KlDivergenceLab implements LabBody {
    private static final int FRAMES = 12;

    @Override public void run(LabContext lab) {
        double distance = lab.param("distance", 6.0, 5.5, 10.0);
        double left = lab.param("left", 0.4, 0.1, 0.9);
        double start = lab.param("start", 0.0, -6.0, 6.0);
        var bumps = new Mixture(new Categorical(left, 1 - left), List.of(new Normal(-distance / 2, 0.7), new Normal(distance / 2, 0.9)));

        var forward = Projection.forward(bumps, Family.NORMAL);
        var reverse = Projection.reverse(bumps, Family.NORMAL);
        var search = Projection.reverseFrom(bumps, Family.NORMAL, new Normal(start, 1.5));

        var frames = new ArrayList<Plot>();
        var names = new ArrayList<String>();
        for (int f = 0; f <= FRAMES; f++) {
            int step = f * (search.path().size() - 1) / FRAMES;
            frames.add(curve(drawn("Minimising KL(q || p)", bumps, distance), "q", search.path().get(step), distance));
            names.add("step " + step);
        }
        lab.figure(Figure.frames("The reverse search from your start", "search step", frames).labelled(names.toArray(String[]::new))
                .describedAs(
                        "Step by step a wide Gaussian walks to the nearest local minimum, as a rule one of the bumps, and shrinks until it fits that bump alone."));
        var both = curve(drawn("Both projections", bumps, distance), "forward: min KL(p || q)", forward.distribution(), distance);
        lab.figure(curve(both, "reverse: min KL(q || p)", reverse.distribution(), distance).describedAs(
                "The forward fit is a low wide bell over both bumps and the gap between them, the reverse one a narrow bell on the better bump."));
        lab.table("Nats lost each way", List.of("fit", "mean", "deviation", "KL(p || q)", "KL(q || p)"),
                List.of(row("forward", forward.distribution(), bumps), row("reverse", reverse.distribution(), bumps),
                        row("reverse from your start", search.distribution(), bumps)));
        lab.figure(estimates(lab.rng(1)).describedAs(
                "Three Monte Carlo estimates settle on the exact value as draws grow: k1 and k3 without bias, k2 slightly beside it."));

        var q = forward.distribution();
        lab.say("The forward fit has the mixture's mean %.3f and deviation %.3f. The reverse one sits at %.3f.", q.mean(),
                q.standardDeviation(), reverse.distribution().mean());
        lab.shows("gap of the forward fit's moments",
                new Worst().see(Math.abs(q.mean() - bumps.mean())).see(Math.abs(q.variance() - bumps.variance())).value(), below(1e-4));
        lab.shows("distance of the reverse fit from a mode", Math.abs(Math.abs(reverse.distribution().mean()) - distance / 2), below(0.1));
        double exact = Divergences.kl(P, Q);
        var sampled = Divergences.klBySampling(P, Q, 20_000, lab.rng(2));
        lab.shows("k1 error in standard errors", Math.abs(sampled.k1() - exact) / sampled.k1Error(), below(3));
        lab.shows("k3 error in standard errors", Math.abs(sampled.k3() - exact) / sampled.k3Error(), below(3));
        lab.shows("least term of k3", sampled.least(), atLeast(0));
        lab.shows("formula against quadrature", Math.abs(exact - Divergences.klByIntegration(P, Q)), below(1e-8));
    }

    private static final Normal P = new Normal(0, 1), Q = new Normal(0.4, 1.3);

    private static Plot curve(Plot plot, String name, UnivariateDistribution d, double distance) {
        return plot.line(name, -distance / 2 - 4, distance / 2 + 4, d::density);
    }

    private static Plot drawn(String title, UnivariateDistribution p, double distance) {
        return curve(Figure.plot(title), "p", p, distance).axes("x", "density").limitY(0, 0.6);
    }

    private static List<Object> row(String name, Normal q, Mixture p) {
        return List.of(name, q.mean(), q.standardDeviation(), Divergences.kl(p, q), Divergences.kl(q, p));
    }

    private static Plot estimates(Rng rng) {
        double[] draws = {30, 100, 300, 1000, 3000, 10_000, 30_000};
        double[] k1 = new double[draws.length], k2 = new double[draws.length], k3 = new double[draws.length];
        for (int i = 0; i < draws.length; i++) {
            var s = Divergences.klBySampling(P, Q, (int) draws[i], rng.split(i));
            k1[i] = s.k1();
            k2[i] = s.k2();
            k3[i] = s.k3();
        }
        return Figure.line("Three estimates of one divergence", draws, k1).named("k1").line("k2", draws, k2).line("k3", draws, k3)
                .axes("draws", "KL (nats)").logX().horizontalLine(Divergences.kl(P, Q), "exact");
    }
}
