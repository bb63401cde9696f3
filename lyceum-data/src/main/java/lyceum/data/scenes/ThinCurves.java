package lyceum.data.scenes;

import lyceum.data.Dataset;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Pictures of a wave and a circle, lines one pixel wide under noise, and masks of the lines: what segmentation loses first when it sees
 * coarsely.
 *
 * {@snippet :
 * Dataset curves = new ThinCurves(48).draw(100, Rng.of(1));        // x and y (100, 1, 48, 48), F32
 * }
 *
 * @param side pixels, at least 8
 * @param contrast of a line over the ground
 * @param noise deviation on each pixel
 */
@Withers
public record ThinCurves(int side, double contrast, double noise) implements ThinCurvesWithers {
    public ThinCurves {
        if (side < 8) throw new IllegalArgumentException("ThinCurves: side is " + side + "; at least 8");
        if (!(noise >= 0)) throw new IllegalArgumentException("ThinCurves: noise is " + noise + "; at least 0");
    }

    /** Contrast 0.8, noise 0.3. */
    public ThinCurves(int side) { this(side, 0.8, 0.3); }

    /** So many pictures and their masks of zeros and ones. */
    public Dataset draw(int n, Rng rng) {
        int area = side * side;
        float[] x = new float[n * area], y = new float[n * area];
        for (int i = 0; i < n; i++) {
            double phase = 2 * Math.PI * rng.nextDouble(), wave = side * (0.08 + 0.12 * rng.nextDouble()),
                    high = side * (0.1 + 0.2 * rng.nextDouble()), middle = side * (0.3 + 0.4 * rng.nextDouble()),
                    radius = side * (0.15 + 0.15 * rng.nextDouble()), row = side * (0.3 + 0.4 * rng.nextDouble()),
                    column = side * (0.3 + 0.4 * rng.nextDouble());
            for (int t = 0; t < 8 * side; t++) {
                double across = t / 8.0, turn = 2 * Math.PI * across / side;
                mark(y, i * area, middle + high * Math.sin(across / wave + phase), across);
                mark(y, i * area, row + radius * Math.sin(turn), column + radius * Math.cos(turn));
            }
            for (int p = i * area; p < (i + 1) * area; p++) x[p] = (float) (contrast * y[p] + noise * rng.nextGaussian());
        }
        return Dataset.of(Tensor.of(x, n, 1, side, side), Tensor.of(y, n, 1, side, side));
    }

    private void mark(float[] mask, int from, double row, double column) {
        int r = (int) Math.round(row), c = (int) Math.round(column);
        if (r >= 0 && r < side && c >= 0 && c < side) mask[from + r * side + c] = 1;
    }
}
