package lyceum.labs.stats;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.between;

import java.util.ArrayList;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.theory.HighDimension;

/** Points spread evenly: in many dimensions they are all about as far from each other, and none is near. */
@Lab(topics = "curse-of-dimensionality", title = "Everything is equally far away")
final class HighDimensionLab implements LabBody {
    private static final int[] DIMENSIONS = {2, 10, 100, 1_000};

    @Override public void run(LabContext lab) {
        int n = lab.param("points", 500, 50, 2_000);
        double reach = lab.param("reach", 0.1, 0.01, 0.9), share = lab.param("share", 0.01, 0.001, 0.5);
        int sheet = lab.param("sheetDimensions", 2, 1, 5);

        var plot = Figure.plot("Distances from one point to " + n + " others, over their mean");
        var rows = new ArrayList<List<?>>();
        double first = 0, last = 0;
        for (int d : DIMENSIONS) {
            double[][] points = cube(lab.rng(d), n, d);
            double[] query = cube(lab.rng(-d), 1, d)[0], distances = distances(query, points);
            plot = plot.line("d = " + d, LINE, histogram(distances));
            double contrast = HighDimension.relativeContrast(query, points, 2);
            if (d == 2) first = contrast;
            last = contrast;
            rows.add(List.of(d, contrast, HighDimension.ballShare(d), HighDimension.edge(share, d), HighDimension.nearestToOrigin(n, d),
                    HighDimension.pointsFor(reach, d), d > 100 ? "" : HighDimension.hubness(Tensor.of(points), 5)));
        }
        lab.figure(plot.axes("distance over the mean distance", "share of points").describedAs(
                "Wide in two dimensions, a spike at the mean in a thousand: the nearest and the farthest point are about as far."));
        lab.table("By dimension", List.of("d", "(far - near) / near", "ball in its cube", "edge that catches " + share, "nearest of " + n,
                "points for one within " + reach, "hubness"), rows);
        lab.figure(Figure.plot("What half of the time holds no point").line("nearest of " + n + " points in a ball", counted(), nearest(n))
                .line("edge of a cube that catches " + share, counted(), edges(share)).axes("dimension", "distance, of the whole")
                .limitY(0, 1).describedAs("Both climb towards 1: a neighbourhood with anything in it spans most of the space."));
        lab.shows("contrast at d = 2 over that at d = 1,000", first / last, above(10));

        var rng = lab.rng(7);
        double[][] axes = cube(rng, sheet, 50), points = new double[600][50];
        for (var point : points) for (var axis : axes) {
            double at = rng.nextDouble();
            for (int k = 0; k < 50; k++) point[k] += at * axis[k];
        }
        double found = HighDimension.intrinsicDimension(Tensor.of(points), 10);
        lab.say("A sheet of %d dimensions, folded into 50: the distances to neighbours say %.2f.", sheet, found);
        if (sheet == 2) lab.shows("intrinsic dimension of the sheet", found, between(1.8, 2.2));
    }

    private static final double[] LINE = new double[40];

    static {
        for (int i = 0; i < 40; i++) LINE[i] = (i + 0.5) / 20;
    }

    private static double[] histogram(double[] distances) {
        double mean = 0;
        for (double distance : distances) mean += distance / distances.length;
        var shares = new double[40];
        for (double distance : distances) shares[(int) Math.min(39, distance / mean * 20)] += 1.0 / distances.length;
        return shares;
    }

    private static double[] counted() {
        var d = new double[50];
        for (int i = 0; i < 50; i++) d[i] = i + 1;
        return d;
    }

    private static double[] nearest(int n) {
        var y = new double[50];
        for (int i = 0; i < 50; i++) y[i] = HighDimension.nearestToOrigin(n, i + 1);
        return y;
    }

    private static double[] edges(double share) {
        var y = new double[50];
        for (int i = 0; i < 50; i++) y[i] = HighDimension.edge(share, i + 1);
        return y;
    }

    private static double[][] cube(Rng rng, int n, int d) {
        var points = new double[n][d];
        for (var point : points) for (int k = 0; k < d; k++) point[k] = 2 * rng.nextDouble() - 1;
        return points;
    }

    private static double[] distances(double[] query, double[][] points) {
        return Tensor.of(points).sub(Tensor.of(query)).square().sum(1).sqrt().toDoubleArray();
    }
}
