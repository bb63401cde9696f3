package lyceum.learn.manifold;

import java.util.Arrays;
import lyceum.backend.Parallel;

/**
 * Repulsion in two dimensions by interpolation: each cell of a grid has three nodes an axis, the points' masses go to the nodes of their cell by Lagrange's
 * polynomials, the sums over nodes are convolutions, done by Fourier transforms, and come back by the same polynomials. The time grows as n, not n log n.
 *
 * @see <a href="https://doi.org/10.1038/s41592-018-0308-4">Linderman, Rachh, Hoskins, Steinerberger and Kluger (2019), FIt-SNE</a>
 */
final class Interpolation implements Repulsion {
    private static final int NODES = 3, LEAST_SIDE = 256, MOST_SIDE = 2048;
    private static final double WIDER = 1.04;

    private GridTransform transform;
    /** Of 1, y1, y2 and nothing, of the kernels' spectra, and two to work in. */
    private double[][] grids;
    /** Distance between nodes. */
    private double node;

    @Override public double forces(double[] y, int d, double[] out) {
        if (d != 2) throw new IllegalArgumentException("t-SNE: interpolation is for maps of 2 components, not " + d);
        int n = y.length / 2;
        double[] low = {Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY};
        double span = 0;
        for (int i = 0; i < y.length; i++) low[i & 1] = Math.min(low[i & 1], y[i]);
        for (int i = 0; i < y.length; i++) span = Math.max(span, y[i] - low[i & 1]);
        prepare(span);
        int side = transform.side, cells = side / (2 * NODES);
        double width = node * NODES;
        var place = new int[n];
        var weights = new double[2 * NODES * n];
        Parallel.range(n, 1024, 50, (from, to) -> {
            for (int i = (int) from; i < to; i++) {
                int[] cell = new int[2];
                for (int c = 0; c < 2; c++) {
                    double v = (y[2 * i + c] - low[c]) / width;
                    cell[c] = Math.min(cells - 1, (int) v);
                    lagrange((v - cell[c]) * NODES - 0.5, weights, (2 * i + c) * NODES);
                }
                place[i] = cell[0] * NODES * side + cell[1] * NODES;
            }
        });
        for (int g = 0; g < 4; g++) Arrays.fill(grids[g], 0);
        double[] one = grids[0], first = grids[1], second = grids[2], none = grids[3];
        for (int i = 0; i < n; i++) {
            double a = y[2 * i] - low[0], b = y[2 * i + 1] - low[1];
            for (int r = 0; r < NODES; r++) {
                for (int c = 0; c < NODES; c++) {
                    int at = place[i] + r * side + c;
                    double w = weights[2 * i * NODES + r] * weights[(2 * i + 1) * NODES + c];
                    one[at] += w;
                    first[at] += w * a;
                    second[at] += w * b;
                }
            }
        }
        convolve(one, first, second, none);
        // Now: sums of q, of q^2, of q^2 y.
        var sums = new double[n];
        Parallel.range(n, 1024, 50, (from, to) -> {
            for (int i = (int) from; i < to; i++) {
                double q = 0, qq = 0, qa = 0, qb = 0;
                for (int r = 0; r < NODES; r++) {
                    for (int c = 0; c < NODES; c++) {
                        int at = place[i] + r * side + c;
                        double w = weights[2 * i * NODES + r] * weights[(2 * i + 1) * NODES + c];
                        q += w * none[at];
                        qq += w * one[at];
                        qa += w * first[at];
                        qb += w * second[at];
                    }
                }
                sums[i] = q - 1;
                out[2 * i] = qq * (y[2 * i] - low[0]) - qa;
                out[2 * i + 1] = qq * (y[2 * i + 1] - low[1]) - qb;
            }
        });
        return Repulsion.sum(sums);
    }

    /** Cells are at most 1 wide, about the width of the kernel, as far as the grid reaches; their widths grow in steps, so that kernels serve again. */
    private void prepare(double span) {
        int side = LEAST_SIDE;
        while (side < MOST_SIDE && side / (2 * NODES) < WIDER * span) side *= 2;
        if (transform == null || transform.side != side) {
            transform = new GridTransform(side);
            grids = new double[8][side * side];
            node = Double.NaN;
        }
        double least = Math.max(span, 1e-100) / (side / (2 * NODES) * NODES);
        double next = Math.exp(Math.ceil(Math.log(least) / Math.log(WIDER) + 1e-6) * Math.log(WIDER));
        if (next == node) return;
        node = next;
        double[] q = grids[4], qq = grids[5];
        Parallel.range(side, 8, 5.0 * side, (from, to) -> {
            for (int r = (int) from; r < to; r++) {
                double a = Math.min(r, side(r)) * next;
                for (int c = 0; c < transform.side; c++) {
                    double b = Math.min(c, side(c)) * next, v = 1 / (1 + a * a + b * b);
                    q[r * transform.side + c] = v;
                    qq[r * transform.side + c] = v * v;
                }
            }
        });
        // Both kernels are even, their spectra real: one transform serves the two.
        transform.forward(q, qq, side);
    }

    private int side(int from) { return transform.side - from; }

    /** The three polynomials that are 1 at one of the nodes 0, 1, 2 and 0 at the others. */
    private static void lagrange(double t, double[] out, int at) {
        out[at] = 0.5 * (t - 1) * (t - 2);
        out[at + 1] = -t * (t - 2);
        out[at + 2] = 0.5 * t * (t - 1);
    }

    /** Replaces 1, y1 and y2 by their sums with q^2, and {@code none} by that of 1 with q. */
    private void convolve(double[] one, double[] first, double[] second, double[] none) {
        int side = transform.side;
        double[] q = grids[4], qq = grids[5], re = grids[6], im = grids[7];
        double scale = 1.0 / ((double) side * side);
        transform.forward(one, first, side / 2);
        transform.forward(second, none, side / 2);
        var opposite = new int[side];
        for (int i = 0; i < side; i++) opposite[i] = transform.opposite(i);
        Parallel.range(side, 8, 5.0 * side, (from, to) -> {
            for (int r = (int) from; r < to; r++) {
                for (int c = 0; c < side; c++) {
                    int at = r * side + c, back = opposite[r] * side + opposite[c];
                    // The spectrum u + i v of 1, out of that of 1 + i y1, goes times q into the imaginary part beside y2 times q^2.
                    double u = (one[at] + one[back]) / 2, v = (first[at] - first[back]) / 2;
                    re[at] = (second[at] * qq[at] - v * q[at]) * scale;
                    im[at] = (none[at] * qq[at] + u * q[at]) * scale;
                }
            }
        });
        Parallel.range(side * side, 1 << 14, 2, (from, to) -> {
            for (int i = (int) from; i < to; i++) {
                one[i] *= qq[i] * scale;
                first[i] *= qq[i] * scale;
            }
        });
        transform.backward(one, first, side / 2);
        transform.backward(re, im, side / 2);
        System.arraycopy(re, 0, second, 0, re.length);
        System.arraycopy(im, 0, none, 0, im.length);
    }
}
