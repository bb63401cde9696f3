package lyceum.linalg;

import lyceum.ShapeException;
import lyceum.linalg.dense.Matrices;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * A picture moved by an affine map of the plane: each pixel of the result asks the inverse map where it came from.
 *
 * {@snippet :
 * var quarter = AffineMap.rotation(Math.PI / 2).about((width - 1) / 2.0, (height - 1) / 2.0);
 * Tensor turned = new Resampling().run(image, quarter);
 * }
 *
 * <p>Images are {@code (height, width)} or {@code (channels, height, width)}; pixel centres have whole coordinates {@code (x, y) = (column, row)}, y
 * downwards, so that the middle is {@code ((width - 1) / 2, (height - 1) / 2)}. The map is the forward one, from old places to new; SciPy and
 * Pillow take its inverse. The result has the size and float type of the image, and no gradient.
 *
 * @param kernel how values between pixels are made, {@link Kernel#BILINEAR} by default
 * @param outside the value of what lies beyond the picture, 0 by default
 */
@Withers
public record Resampling(Kernel kernel, double outside) implements ResamplingWithers {
    /** How values between pixels are made. */
    public enum Kernel {
        /** The pixel whose centre is nearest; labels stay labels. */
        NEAREST,
        /** The four around it, weighted by nearness; fades into {@code outside} over the last pixel. */
        BILINEAR
    }

    public Resampling() { this(Kernel.BILINEAR, 0); }

    /** @throws SingularMatrixException if the map has no inverse */
    public Tensor run(Tensor image, AffineMap map) {
        if (image.rank() != 2 && image.rank() != 3) throw new ShapeException(
                "resampling: an image of shape " + image.shape() + "; it is (height, width) or (channels, height, width)");
        if (map.matrix().size(0) != 2 || map.matrix().size(1) != 2)
            throw new ShapeException("resampling: a map of shape " + map.matrix().shape() + "; pictures need one of the plane, (2, 2)");
        var inverse = map.inverse();
        double[] a = inverse.matrix().toDoubleArray(), b = inverse.offset().toDoubleArray(), from = image.detach().toDoubleArray(),
                to = new double[from.length];
        int height = (int) image.size(-2), width = (int) image.size(-1);
        for (int plane = 0; plane < from.length; plane += Math.max(1, height * width)) {
            for (int row = 0; row < height; row++) {
                for (int column = 0; column < width; column++) {
                    double x = a[0] * column + a[1] * row + b[0], y = a[2] * column + a[3] * row + b[1];
                    to[plane + row * width + column] = kernel == Kernel.NEAREST
                            ? pixel(from, plane, height, width, Math.floor(y + 0.5), Math.floor(x + 0.5))
                            : bilinear(from, plane, height, width, x, y);
                }
            }
        }
        return Tensor.of(to, image.shape().toArray()).to(Matrices.resultType(image));
    }

    private double bilinear(double[] from, int plane, int height, int width, double x, double y) {
        double left = Math.floor(x), top = Math.floor(y), u = x - left, v = y - top;
        double above = mix(u, from, plane, height, width, top, left),
                below = v == 0 ? 0 : mix(u, from, plane, height, width, top + 1, left);
        return (1 - v) * above + v * below;
    }

    private double mix(double u, double[] from, int plane, int height, int width, double row, double column) {
        double first = pixel(from, plane, height, width, row, column);
        return u == 0 ? first : (1 - u) * first + u * pixel(from, plane, height, width, row, column + 1);
    }

    private double pixel(double[] from, int plane, int height, int width, double row, double column) {
        return row >= 0 && row < height && column >= 0 && column < width ? from[plane + (int) row * width + (int) column] : outside;
    }
}
