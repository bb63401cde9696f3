package lyceum.labs.stats;

import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.prob.MultivariateNormal;
import lyceum.prob.Normal;

/** A cut dragged through an ellipse: the bell on it slides along a straight line and never changes its width. */
@Lab(topics = "multivariate-normal", title = "Ellipses, shadows and slices")
final class MultivariateNormalLab implements LabBody {
    private static final int CUTS = 21;

    @Override public void run(LabContext lab) {
        double correlation = lab.param("correlation", 0.8, -0.99, 0.99), sx = lab.param("deviation of x", 1.0, 0.3, 2.0),
                sy = lab.param("deviation of y", 1.0, 0.3, 2.0), at = lab.param("cut at x", 2.0, -3.0, 3.0);

        double[][] covariance = {{sx * sx, correlation * sx * sy}, {correlation * sx * sy, sy * sy}};
        var joint = new MultivariateNormal(new double[2], covariance);
        Normal marginal = bell(joint.marginal(1));
        var frames = new ArrayList<Figure>();
        var labels = new ArrayList<String>();
        int first = 0;
        for (int c = 0; c < CUTS; c++) {
            double x = -3 + 6.0 * c / (CUTS - 1);
            if (Math.abs(x - at) < Math.abs(-3 + 6.0 * first / (CUTS - 1) - at)) first = c;
            frames.add(slice(joint, marginal, x, sx, sy));
            labels.add("%.1f".formatted(x));
        }
        lab.figure(Figure.frames("Drag the cut", "cut at x", frames).labelled(labels.toArray(String[]::new)).startingAt(first)
                .describedAs("The bell on the cut is narrower than the shadow, keeps its width, and its centre moves along a line."));

        var slice = bell(joint.conditional(new int[] {0}, at));
        var rows = new ArrayList<List<?>>();
        rows.add(List.of("y alone (shadow)", marginal.mean(), marginal.variance()));
        rows.add(List.of("y on the cut x = %.2f".formatted(at), slice.mean(), slice.variance()));
        rows.add(List.of("y - x", 0.0, joint.affine(new double[][] {{-1, 1}}, 0).covariance()[0][0]));
        lab.table("Three bells of one ellipse", List.of("of", "mean", "variance"), rows);

        // The ellipse as a low-rank form: a shared cause and what is left of each
        double share = Math.sqrt(Math.abs(correlation));
        var shared = MultivariateNormal.lowRank(new double[2], new double[][] {{share * sx}, {Math.signum(correlation) * share * sy}},
                new double[] {(1 - share * share) * sx * sx, (1 - share * share) * sy * sy});
        double gap = 0, split = 0;
        var rng = lab.rng(1);
        int n = 200;
        double[] xs = new double[n], ys = new double[n];
        for (int i = 0; i < n; i++) {
            double[] point = joint.sample(rng), known = {point[0]};
            xs[i] = point[0];
            ys[i] = point[1];
            gap = Math.max(gap, Math.abs(shared.logDensity(point) - joint.logDensity(point)));
            double parts = joint.marginal(0).logDensity(known)
                    + joint.conditional(new int[] {0}, point[0]).logDensity(new double[] {point[1]});
            split = Math.max(split, Math.abs(parts - joint.logDensity(point)));
        }
        lab.figure(Figure.plot("Draws and their 50%, 90% and 99% ellipses")
                .surface(-3.5 * sx, 3.5 * sx, -3.5 * sy, 3.5 * sy,
                        (x, y) -> 1 - Math.exp(-0.5 * joint.squaredMahalanobis(new double[] {x, y})))
                .contours(0.5, 0.9, 0.99).measuring("share inside").points("draws", xs, ys).axes("x", "y")
                .describedAs("In two dimensions an ellipse of squared distance q holds a share 1 - exp(-q/2) of the draws."));
        lab.shows("log density as marginal and conditional, less the joint", split, below(1e-10));
        lab.shows("low rank plus diagonal against the covariance", gap, below(1e-9));
    }

    private static Normal bell(MultivariateNormal one) { return new Normal(one.mean()[0], Math.sqrt(one.covariance()[0][0])); }

    private static Figure slice(MultivariateNormal joint, Normal marginal, double x, double sx, double sy) {
        var slice = bell(joint.conditional(new int[] {0}, x));
        double slope = joint.conditional(new int[] {0}, 1).mean()[0];
        Plot plane = Figure.plot("joint").line("centres of all slices", -3.5 * sx, 3.5 * sx, u -> slope * u).dashed()
                .line("cut", new double[] {x, x}, new double[] {-3.5 * sy, 3.5 * sy})
                .points("centre", new double[] {x}, new double[] {slice.mean()}).axes("x", "y")
                .describedAs("Ellipses of one, two and three deviations, and a vertical cut.");
        for (int r = 1; r <= 3; r++) {
            double[] us = new double[49], vs = new double[49];
            for (int k = 0; k <= 48; k++) {
                us[k] = r * sx * Math.cos(Math.PI * k / 24);
                vs[k] = slope * us[k] + r * slice.standardDeviation() * Math.sin(Math.PI * k / 24);
            }
            plane = plane.line("distance " + r, us, vs);
        }
        Plot bells = Figure.plot("on the cut, and overall").line("slice", -3.5 * sy, 3.5 * sy, slice::density)
                .line("shadow", -3.5 * sy, 3.5 * sy, marginal::density).dashed().axes("y", "density")
                .describedAs("The conditional density of y on the cut, and its marginal density.");
        return Figure.row("Cut at %.1f".formatted(x), plane, bells).describedAs("The joint density with a cut, and the bell along it.");
    }
}
