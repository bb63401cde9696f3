package lyceum.data.scenes;

import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Pictures of one round spot, {@code exp(-|p - c|^2 / (2 deviation^2))} at the middle p of each pixel: pictures whose every difference is a place.
 *
 * {@snippet :
 * var blobs = new Blobs(16, 1);
 * Tensor centres = blobs.draw(1000, 2, Rng.of(1)), pictures = blobs.pictures(centres);      // (1000, 2) and (1000, 1, 16, 16)
 * }
 *
 * @param side of the pictures in pixels
 * @param deviation of the spot in pixels, above 0
 */
public record Blobs(int side, double deviation) {
    public Blobs {
        if (side < 3 || !(deviation > 0)) throw new IllegalArgumentException(
                "Blobs: spots of deviation " + deviation + " in pictures of " + side + "; above 0, and at least 3");
    }

    /** Centres (n, 2), x and y, uniform between {@code margin} and {@code side - 1 - margin}; pixel 0 has its middle at 0. */
    public Tensor draw(int n, double margin, Rng rng) {
        if (!(margin >= 0 && 2 * margin <= side - 1))
            throw new IllegalArgumentException("Blobs: margin " + margin + " in pictures of " + side);
        var centres = new double[2 * n];
        for (int i = 0; i < centres.length; i++) centres[i] = margin + (side - 1 - 2 * margin) * rng.nextDouble();
        return Tensor.of(centres, n, 2);
    }

    /** Pictures (n, 1, side, side) of centres (n, 2), F32 in [0, 1]. */
    public Tensor pictures(Tensor centres) {
        if (centres.rank() != 2 || centres.size(1) != 2) throw new ShapeException("Blobs: centres " + centres.shape() + "; (n, 2)");
        double[] c = centres.toDoubleArray();
        int n = c.length / 2, area = side * side;
        var pixels = new float[n * area];
        for (int i = 0; i < pixels.length; i++) {
            double dx = i % side - c[i / area * 2], dy = i % area / side - c[i / area * 2 + 1];
            pixels[i] = (float) Math.exp(-(dx * dx + dy * dy) / (2 * deviation * deviation));
        }
        return Tensor.of(pixels, n, 1, side, side);
    }
}
