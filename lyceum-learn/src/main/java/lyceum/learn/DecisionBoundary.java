package lyceum.learn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.stats.learner.ClassificationModel;
import lyceum.tensor.Tensor;

/**
 * Where a classifier of two columns changes its mind: on a grid, the places on edges between nodes of different labels, found by the scores where the model has such (the
 * two best ones equal, straight between the nodes), else half-way.
 *
 * {@snippet :
 * Tensor x = Tensor.randn(lyceum.random.Rng.of(1), lyceum.DType.F64, 100, 2), labels = x.select(1, 0).gt(0).to(lyceum.DType.I64);
 * var boundary = DecisionBoundary.of(new LogisticRegression().fit(x, labels), -3, 3, -3, 3, 60);
 * double[][] places = boundary.points();      // along x = 0
 * }
 *
 * @param labels of the nodes, [row, the highest y first][column]
 * @param points (x, y) on the boundary
 */
public record DecisionBoundary(double[][] labels, double[][] points) {
    /**
     * @param model of two columns
     * @param grid nodes a side, at least 2
     */
    public static DecisionBoundary of(ClassificationModel model, double left, double right, double bottom, double top, int grid) {
        if (model.nFeatures() != 2)
            throw new IllegalArgumentException("DecisionBoundary: a model of " + model.nFeatures() + " columns; two can be drawn");
        if (grid < 2 || !(left < right) || !(bottom < top)) throw new IllegalArgumentException(
                "DecisionBoundary: " + grid + " nodes a side from (" + left + ", " + bottom + ") to (" + right + ", " + top + ")");
        var nodes = new double[grid * grid][2];
        for (int r = 0; r < grid; r++) for (int c = 0; c < grid; c++) {
            nodes[r * grid + c][0] = left + (right - left) * c / (grid - 1);
            nodes[r * grid + c][1] = top - (top - bottom) * r / (grid - 1);
        }
        var x = Tensor.of(nodes);
        long[] label = model.predict(x).toLongArray();
        var scores = model.decisionFunction(x);
        double[] s = scores.toDoubleArray();
        int k = scores.rank() == 1 ? 1 : (int) scores.size(1);
        var points = new ArrayList<double[]>();
        double[][] labels = new double[grid][grid];
        for (int r = 0; r < grid; r++) for (int c = 0; c < grid; c++) {
            int at = r * grid + c;
            labels[r][c] = label[at];
            if (c + 1 < grid) cross(points, nodes, label, s, k, model.classes(), at, at + 1);
            if (r + 1 < grid) cross(points, nodes, label, s, k, model.classes(), at, at + grid);
        }
        return new DecisionBoundary(labels, points.toArray(double[][]::new));
    }

    private static void cross(List<double[]> points, double[][] nodes, long[] label, double[] s, int k, long[] classes, int a, int b) {
        if (label[a] == label[b]) return;
        double share = 0.5;
        int first = Arrays.binarySearch(classes, label[a]), second = Arrays.binarySearch(classes, label[b]);
        double before = k == 1 ? s[a] * (first == 0 ? -1 : 1) : s[a * k + first] - s[a * k + second];
        double after = k == 1 ? s[b] * (first == 0 ? -1 : 1) : s[b * k + first] - s[b * k + second];
        if (Double.isFinite(before) && Double.isFinite(after) && before >= 0 && after <= 0 && before > after)
            share = before / (before - after);
        points.add(new double[] {nodes[a][0] + share * (nodes[b][0] - nodes[a][0]), nodes[a][1] + share * (nodes[b][1] - nodes[a][1])});
    }
}
