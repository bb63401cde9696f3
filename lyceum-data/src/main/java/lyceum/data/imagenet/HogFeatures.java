package lyceum.data.imagenet;

import lyceum.data.augment.Raster;
import lyceum.withers.Withers;

/**
 * Histograms of oriented gradients (Dalal and Triggs 2005), what pictures were classified by before networks: in each cell the gradients' directions, weighted
 * by their sizes, in bins from 0 to 180 degrees; each block of cells to length 1, cut at 0.2, to length 1 again. Of several channels the one with the
 * largest gradient counts at each pixel.
 *
 * @param cell side in pixels, 8 by default
 * @param block side in cells, 2 by default; blocks overlap by all but one cell
 * @param bins of directions, 9 by default
 * @see <a href="https://doi.org/10.1109/CVPR.2005.177">Dalal and Triggs (2005)</a>
 */
@Withers
public record HogFeatures(int cell, int block, int bins) implements HogFeaturesWithers {
    public HogFeatures {
        if (cell < 1 || block < 1 || bins < 1) throw new IllegalArgumentException(
                "HogFeatures: cell " + cell + ", block " + block + ", " + bins + " bins; all are at least 1");
    }

    public HogFeatures() { this(8, 2, 9); }

    /** Number of features of a picture of this size. */
    public int width(int height, int width) { return blocks(height) * blocks(width) * block * block * bins; }

    private int blocks(int side) {
        int blocks = side / cell - block + 1;
        if (blocks < 1)
            throw new IllegalArgumentException("HogFeatures: " + side + " pixels are less than a block of " + block + " cells of " + cell);
        return blocks;
    }

    /** The features of a picture. */
    public float[] of(Raster p) {
        int down = p.height() / cell, across = p.width() / cell;
        double[][] cells = new double[down * across][bins];
        for (int y = 0; y < down * cell; y++) for (int x = 0; x < across * cell; x++) add(p, y, x, cells[y / cell * across + x / cell]);
        var features = new float[width(p.height(), p.width())];
        int at = 0;
        for (int top = 0; top < blocks(p.height()); top++) for (int left = 0; left < blocks(p.width()); left++) {
            var part = new double[block * block * bins];
            for (int k = 0; k < part.length; k++) part[k] = cells[(top + k / bins / block) * across + left + k / bins % block][k % bins];
            normalise(part);
            for (int k = 0; k < part.length; k++) part[k] = Math.min(part[k], 0.2);
            normalise(part);
            for (double v : part) features[at++] = (float) v;
        }
        return features;
    }

    private void add(Raster p, int y, int x, double[] histogram) {
        double best = -1, bestX = 0, bestY = 0;
        for (int c = 0; c < p.channels(); c++) {
            double dx = x > 0 && x < p.width() - 1 ? p.at(c, y, x + 1) - p.at(c, y, x - 1) : 0;
            double dy = y > 0 && y < p.height() - 1 ? p.at(c, y + 1, x) - p.at(c, y - 1, x) : 0;
            if (dx * dx + dy * dy <= best) continue;
            best = dx * dx + dy * dy;
            bestX = dx;
            bestY = dy;
        }
        double turn = Math.atan2(bestY, bestX) / Math.PI * bins, low = Math.floor(turn - 0.5), share = turn - 0.5 - low,
                size = Math.sqrt(best);
        histogram[Math.floorMod((int) low, bins)] += (1 - share) * size;
        histogram[Math.floorMod((int) low + 1, bins)] += share * size;
    }

    private static void normalise(double[] v) {
        double sum = 1e-10;
        for (double a : v) sum += a * a;
        for (int i = 0; i < v.length; i++) v[i] /= Math.sqrt(sum);
    }
}
