package lyceum.models.threed;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import lyceum.autograd.Primitive;
import lyceum.backend.Parallel;
import lyceum.tensor.Tensor;

/**
 * Flat Gaussians blended front to back, tile by tile of 8 x 8 pixels: each pixel looks at those only that reach its tile, and stops where nothing passes any more.
 * The gradient goes the same way back. It is not differentiated in turn.
 */
final class SplatRaster {
    /** Of a splat: mean x, y; inverse covariance a, b, c; red, green, blue, depth; opacity. */
    static final int IN = 10;
    /** Of a pixel: red, green, blue, depth; what passes. */
    static final int OUT = 5;
    private static final int TILE = 8;
    /** What is fainter is not seen; what is denser is cut, so that gradients stay; where less passes, the pixel is done. */
    private static final double FAINT = 1.0 / 255, DENSE = 0.99, DONE = 1e-4;

    private final int width, height, across;
    private final int[][] tiles;

    private SplatRaster(int width, int height, int[][] tiles) {
        this.width = width;
        this.height = height;
        this.tiles = tiles;
        across = Math.ceilDiv(width, TILE);
    }

    /** @param splats (n, 10) @param visible whether each is in front of the camera */
    static Tensor draw(Tensor splats, boolean[] visible, int width, int height) {
        var values = splats.detach().toDoubleArray();
        var raster = new SplatRaster(width, height, tiles(values, visible, width, height));
        return Primitive.of("splats", in -> Tensor.of(raster.forward(in[0].toDoubleArray()), (long) width * height, OUT).to(in[0].dtype()),
                (i, g, out, in) -> Tensor
                        .of(raster.backward(in[0].toDoubleArray(), out.toDoubleArray(), g.toDoubleArray()), in[0].size(0), IN)
                        .to(in[0].dtype()))
                .apply(splats);
    }

    /** The splats that reach each tile, by depth. */
    private static int[][] tiles(double[] s, boolean[] visible, int width, int height) {
        int across = Math.ceilDiv(width, TILE), down = Math.ceilDiv(height, TILE);
        var order = new ArrayList<Integer>();
        for (int i = 0; i < visible.length; i++) if (visible[i] && s[i * IN + 9] > FAINT) order.add(i);
        order.sort(Comparator.comparingDouble(i -> s[i * IN + 8]));
        var lists = new ArrayList<List<Integer>>();
        for (int t = 0; t < across * down; t++) lists.add(new ArrayList<>());
        for (int i : order) {
            // The ellipse on which the splat is just faint, and the box around it: half widths are roots of the covariance's diagonal.
            double a = s[i * IN + 2], b = s[i * IN + 3], c = s[i * IN + 4], det = a * c - b * b, far = 2 * Math.log(s[i * IN + 9] / FAINT);
            if (!(det > 0)) continue;
            double rx = Math.sqrt(far * c / det), ry = Math.sqrt(far * a / det), x = s[i * IN], y = s[i * IN + 1];
            int left = (int) Math.max(0, Math.floor((x - rx) / TILE)), right = (int) Math.min(across - 1, Math.floor((x + rx) / TILE));
            int top = (int) Math.max(0, Math.floor((y - ry) / TILE)), bottom = (int) Math.min(down - 1, Math.floor((y + ry) / TILE));
            for (int ty = top; ty <= bottom; ty++) for (int tx = left; tx <= right; tx++) lists.get(ty * across + tx).add(i);
        }
        return lists.stream().map(l -> l.stream().mapToInt(i -> i).toArray()).toArray(int[][]::new);
    }

    /** Opacity of a splat at a pixel, 0 if faint. */
    private static double alpha(double[] s, int i, double x, double y) {
        double dx = x - s[i * IN], dy = y - s[i * IN + 1];
        double power = -0.5 * (s[i * IN + 2] * dx * dx + s[i * IN + 4] * dy * dy) - s[i * IN + 3] * dx * dy;
        double alpha = s[i * IN + 9] * Math.exp(Math.min(0, power));
        return alpha < FAINT ? 0 : Math.min(DENSE, alpha);
    }

    private double[] forward(double[] s) {
        var out = new double[width * height * OUT];
        Parallel.range(tiles.length, 1, (from, to) -> {
            for (int t = (int) from; t < to; t++) {
                int x0 = t % across * TILE, y0 = t / across * TILE;
                for (int y = y0; y < Math.min(height, y0 + TILE); y++) for (int x = x0; x < Math.min(width, x0 + TILE); x++) {
                    int at = (y * width + x) * OUT;
                    double passes = 1;
                    for (int i : tiles[t]) {
                        double alpha = alpha(s, i, x + 0.5, y + 0.5);
                        if (alpha == 0) continue;
                        for (int k = 0; k < 4; k++) out[at + k] += passes * alpha * s[i * IN + 5 + k];
                        passes *= 1 - alpha;
                        if (passes < DONE) break;
                    }
                    out[at + 4] = passes;
                }
            }
        });
        return out;
    }

    private double[] backward(double[] s, double[] out, double[] g) {
        var parts = new double[tiles.length][];
        Parallel.range(tiles.length, 1, (from, to) -> {
            for (int t = (int) from; t < to; t++) {
                parts[t] = new double[tiles[t].length * IN];
                int x0 = t % across * TILE, y0 = t / across * TILE;
                for (int y = y0; y < Math.min(height, y0 + TILE); y++)
                    for (int x = x0; x < Math.min(width, x0 + TILE); x++) pixel(s, out, g, tiles[t], parts[t], x, y);
            }
        });
        var all = new double[s.length];
        for (int t = 0; t < tiles.length; t++)
            for (int j = 0; j < tiles[t].length; j++) // in order, whoever was first
                for (int k = 0; k < IN; k++) all[tiles[t][j] * IN + k] += parts[t][j * IN + k];
        return all;
    }

    /** Front to back again; what lies behind a splat is what the pixel has less what was added so far. */
    private void pixel(double[] s, double[] out, double[] g, int[] splats, double[] part, int x, int y) {
        int at = (y * width + x) * OUT;
        double passes = 1, end = out[at + 4] * g[at + 4], seen = 0, total = 0;
        for (int k = 0; k < 4; k++) total += out[at + k] * g[at + k];
        for (int j = 0; j < splats.length; j++) {
            int i = splats[j];
            double alpha = alpha(s, i, x + 0.5, y + 0.5);
            if (alpha == 0) continue;
            double own = 0;
            for (int k = 0; k < 4; k++) {
                part[j * IN + 5 + k] += passes * alpha * g[at + k];
                own += s[i * IN + 5 + k] * g[at + k];
            }
            seen += passes * alpha * own;
            // out = .. + T alpha c + (1 - alpha) T (rest): rest is linear in 1 - alpha, and so is what passes all.
            double slope = passes * own - (total - seen + end) / (1 - alpha);
            passes *= 1 - alpha;
            double dx = x + 0.5 - s[i * IN], dy = y + 0.5 - s[i * IN + 1];
            if (alpha < DENSE) {
                double a = s[i * IN + 2], b = s[i * IN + 3], c = s[i * IN + 4], byPower = slope * alpha;
                part[j * IN + 9] += slope * alpha / s[i * IN + 9];
                part[j * IN] += byPower * (a * dx + b * dy);
                part[j * IN + 1] += byPower * (c * dy + b * dx);
                part[j * IN + 2] -= byPower * 0.5 * dx * dx;
                part[j * IN + 3] -= byPower * dx * dy;
                part[j * IN + 4] -= byPower * 0.5 * dy * dy;
            }
            if (passes < DONE) break;
        }
    }
}
