package lyceum.llm.vision;

import java.util.ArrayList;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.tensor.Tensor;

/**
 * A picture larger than an encoder's, cut so that nothing is lost: the whole, made small, and the picture in the grid of tiles that keeps most of its pixels. The model
 * gets a placeholder for each.
 *
 * {@snippet :
 * var tiles = new PictureTiles(32, 4);
 * Tensor all = tiles.of(picture);                    // (3, 64, 96) becomes (1 + 2, 3, 32, 32): the whole, then two tiles beside each other
 * }
 *
 * @param side of the encoder's pictures in pixels
 * @param most tiles, without the whole
 * @see <a href="https://arxiv.org/abs/2310.03744">Liu, Li, Li and Lee (2024), section 3.4: higher resolutions by a grid</a>
 */
public record PictureTiles(int side, int most) {
    public PictureTiles {
        if (side < 1 || most < 1) throw new IllegalArgumentException("PictureTiles: " + most + " tiles of " + side + "; both at least 1");
    }

    /**
     * Rows and columns of the grid: those in which the picture, its proportions kept, covers most pixels and no more than it has; of several the one that wastes the
     * fewest.
     */
    public int[] grid(long height, long width) {
        int[] best = {1, 1};
        double covered = -1, wasted = 0;
        for (int rows = 1; rows <= most; rows++) for (int columns = 1; rows * columns <= most; columns++) {
            double scale = scale(height, width, rows, columns), pixels = Math.min(scale * scale, 1) * height * width,
                    waste = (double) rows * columns * side * side - pixels;
            if (pixels < covered || pixels == covered && waste >= wasted) continue;
            best = new int[] {rows, columns};
            covered = pixels;
            wasted = waste;
        }
        return best;
    }

    private double scale(long height, long width, int rows, int columns) {
        return Math.min((double) rows * side / height, (double) columns * side / width);
    }

    /** How many pictures {@link #of} makes of one. */
    public int count(long height, long width) {
        int[] grid = grid(height, width);
        return grid[0] * grid[1] == 1 ? 1 : 1 + grid[0] * grid[1];
    }

    /**
     * (channels, H, W) to (n, channels, side, side): the whole, then tile by tile, row by row; a picture that one tile holds is the whole alone. Proportions are kept; what
     * the picture does not cover, right and below, is 0.
     */
    public Tensor of(Tensor picture) {
        if (picture.rank() != 3)
            throw new ShapeException("PictureTiles: a picture " + picture.shape() + "; it is (channels, height, width)");
        if (!picture.dtype().isFloat())
            throw new IllegalArgumentException("PictureTiles: pixels are " + picture.dtype() + "; they are floats");
        int[] grid = grid(picture.size(1), picture.size(2));
        var all = new ArrayList<Tensor>();
        all.add(fitted(picture, 1, 1));
        if (grid[0] * grid[1] > 1) {
            var large = fitted(picture, grid[0], grid[1]);
            for (int row = 0; row < grid[0]; row++)
                for (int column = 0; column < grid[1]; column++)
                    all.add(large.narrow(1, (long) row * side, side).narrow(2, (long) column * side, side));
        }
        return Tensor.stack(0, all.toArray(Tensor[]::new)).compute();
    }

    private Tensor fitted(Tensor picture, int rows, int columns) {
        double scale = scale(picture.size(1), picture.size(2), rows, columns);
        int height = (int) Math.clamp(Math.round(scale * picture.size(1)), 1, (long) rows * side),
                width = (int) Math.clamp(Math.round(scale * picture.size(2)), 1, (long) columns * side);
        return Autograd.noGrad(() -> {
            var scaled = weights((int) picture.size(1), height).to(picture.dtype()).matmul(picture)
                    .matmul(weights((int) picture.size(2), width).to(picture.dtype()).transpose()).compute();
            var down = height == rows * side ? scaled
                    : Tensor.concat(1, scaled, Tensor.zeros(picture.dtype(), picture.size(0), rows * side - height, width));
            return (width == columns * side ? down
                    : Tensor.concat(2, down, Tensor.zeros(picture.dtype(), picture.size(0), rows * side, columns * side - width)))
                    .compute();
        });
    }

    /** (to, from): each new pixel the mean of the old ones about it, weighted by a triangle as wide as the new pixel, or as the old one where that is wider. */
    private static Tensor weights(int from, int to) {
        var w = new float[to * from];
        double step = (double) from / to, reach = Math.max(1, step);
        for (int i = 0; i < to; i++) {
            double middle = (i + 0.5) * step, sum = 0;
            for (int j = 0; j < from; j++) sum += w[i * from + j] = (float) Math.max(0, 1 - Math.abs(j + 0.5 - middle) / reach);
            for (int j = 0; j < from; j++) w[i * from + j] /= (float) sum;
        }
        return Tensor.of(w, to, from);
    }
}
