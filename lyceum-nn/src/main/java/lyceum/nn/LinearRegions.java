package lyceum.nn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import lyceum.ShapeException;

/**
 * Parts of the plane on each of which a ReLU network is one affine map: those with one pattern of active units. See {@link DepthSeparation#box}.
 *
 * <p>Points are rays (x, y, 1) in space and regions are cones, so that a region without end is like any other: its far corners have 0 as their third number.
 *
 * @param parts convex pieces; a region over the plane may be in up to four of them
 */
public record LinearRegions(List<Part> parts) {
    /** Sums smaller than this beside their unit's weights are on the unit's border. */
    private static final double BORDER = 1e-12;

    /**
     * A convex piece.
     *
     * @param corners (x, y, w) around it: the point (x / w, y / w), or a direction where w is 0
     * @param active of each hidden unit, layer by layer
     * @param map (outputs, 3): slopes in x and y, and the value at the origin
     */
    public record Part(double[][] corners, boolean[] active, double[][] map) {}

    public LinearRegions { parts = List.copyOf(parts); }

    /** How many patterns of active units there are: on each the network is one affine map, and each is a convex region. */
    public int count() {
        var patterns = new HashSet<String>();
        for (var part : parts) patterns.add(Arrays.toString(part.active));
        return patterns.size();
    }

    static LinearRegions of(List<DepthSeparation.Affine> layers, double[][][] begin) {
        if (layers.getFirst().weight()[0].length != 2)
            throw new ShapeException("LinearRegions: a network of " + layers.getFirst().weight()[0].length + " inputs; the plane has 2");
        var parts = new ArrayList<Part>();
        for (var corners : begin)
            parts.add(new Part(Arrays.stream(corners).map(LinearRegions::unit).toArray(double[][]::new), new boolean[0],
                    new double[][] {{1, 0, 0}, {0, 1, 0}}));
        List<Part> now = parts;
        for (var layer : layers) {
            var next = new ArrayList<Part>();
            for (var part : now) {
                var map = composed(layer, part.map);
                if (layer.relu()) split(part.corners, map, 0, part.active, next);
                else next.add(new Part(part.corners, part.active, map));
            }
            now = next;
        }
        return new LinearRegions(now);
    }

    private static double[][] composed(DepthSeparation.Affine layer, double[][] map) {
        var out = new double[layer.bias().length][3];
        for (int i = 0; i < out.length; i++) {
            out[i][2] = layer.bias()[i];
            for (int k = 0; k < map.length; k++) for (int c = 0; c < 3; c++) out[i][c] += layer.weight()[i][k] * map[k][c];
        }
        return out;
    }

    /** Cuts a piece by the borders of a layer's units from one on. */
    private static void split(double[][] corners, double[][] map, int unit, boolean[] active, List<Part> into) {
        if (unit == map.length) {
            into.add(new Part(corners, active, map));
            return;
        }
        double[] sums = new double[corners.length];
        double size = Math.sqrt(map[unit][0] * map[unit][0] + map[unit][1] * map[unit][1] + map[unit][2] * map[unit][2]);
        boolean above = false, below = false;
        for (int i = 0; i < corners.length; i++) {
            for (int c = 0; c < 3; c++) sums[i] += map[unit][c] * corners[i][c];
            if (Math.abs(sums[i]) <= BORDER * size) sums[i] = 0;
            above |= sums[i] > 0;
            below |= sums[i] < 0;
        }
        for (boolean on : new boolean[] {true, false}) {
            if (on ? !above : !below && above) continue; // a unit that is 0 all over counts as silent
            var pattern = Arrays.copyOf(active, active.length + 1);
            pattern[active.length] = on;
            var changed = map.clone();
            if (!on) changed[unit] = new double[3];
            split(above && below ? clipped(corners, sums, on) : corners, changed, unit + 1, pattern, into);
        }
    }

    private static double[][] clipped(double[][] corners, double[] sums, boolean positive) {
        var kept = new ArrayList<double[]>();
        for (int i = 0; i < corners.length; i++) {
            int j = (i + 1) % corners.length;
            if (positive ? sums[i] >= 0 : sums[i] <= 0) kept.add(corners[i]);
            if (sums[i] * sums[j] >= 0) continue;
            double[] a = corners[i], b = corners[j], crossing = new double[3];
            for (int c = 0; c < 3; c++) crossing[c] = a[c] * Math.abs(sums[j]) + b[c] * Math.abs(sums[i]);
            kept.add(unit(crossing));
        }
        return kept.toArray(double[][]::new);
    }

    private static double[] unit(double[] ray) {
        double size = Math.sqrt(ray[0] * ray[0] + ray[1] * ray[1] + ray[2] * ray[2]);
        return new double[] {ray[0] / size, ray[1] / size, ray[2] / size};
    }
}
