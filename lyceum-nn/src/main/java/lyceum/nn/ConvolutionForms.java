package lyceum.nn;

import lyceum.ShapeException;
import lyceum.backend.Convolution;
import lyceum.tensor.Tensor;

/**
 * A convolution over pictures in the other forms that it has: one large sparse matrix, a product of gathered windows, Winograd's tiles. {@link Tensor#conv}
 * is the one to compute with; it chooses among direct sums, packed windows and Winograd's tiles by the sizes. These are for looking, and for checking it.
 *
 * <p>All are differentiable, of any float type. Inputs are (batch, channels, height, width), weights (outputs, inputs / groups, kernel..).
 */
public final class ConvolutionForms {
    /** F(4 x 4, 3 x 3) by the points 0, 1, -1, 2, -2 and infinity. */
    private static final double[][] INPUT = {{4, 0, -5, 0, 1, 0}, {0, -4, -4, 1, 1, 0}, {0, 4, -4, -1, 1, 0}, {0, -2, -1, 2, 1, 0},
            {0, 2, -1, -2, 1, 0}, {0, 4, 0, -5, 0, 1}};
    private static final double[][] KERNEL = {{1 / 4.0, 0, 0}, {-1 / 6.0, -1 / 6.0, -1 / 6.0}, {-1 / 6.0, 1 / 6.0, -1 / 6.0},
            {1 / 24.0, 1 / 12.0, 1 / 6.0}, {1 / 24.0, -1 / 12.0, 1 / 6.0}, {0, 0, 1}};
    private static final double[][] OUTPUT = {{1, 1, 1, 1, 1, 0}, {0, 1, -1, 2, -2, 0}, {0, 1, 1, 4, 4, 0}, {0, 1, -1, 8, -8, 1}};

    private ConvolutionForms() {}

    /**
     * The matrix A of a convolution of pictures of that size, so that {@code A flatten(x)} is the flattened result: with one channel each, and zeros or
     * the other side beyond the borders, doubly block Toeplitz or circulant. A transposed convolution is its transpose.
     *
     * @return (outputs * height' * width', inputs * height * width) in the weight's type
     */
    public static Tensor matrix(Tensor weight, int height, int width, Convolution how) {
        int inputs = (int) weight.size(1) * how.groups();
        long n = (long) inputs * height * width;
        var unit = Tensor.eye(weight.dtype(), n).reshape(n, inputs, height, width);
        Tensor columns = padded(unit, how), windows = windows(columns, weight, how);
        return product(windows, weight, how).reshape(n, -1).transpose();
    }

    /** Windows gathered into rows, times the weight as a matrix (im2col). */
    public static Tensor gathered(Tensor x, Tensor weight, Convolution how) {
        return product(windows(padded(x, how), weight, how), weight, how);
    }

    /**
     * Winograd's F(4 x 4, 3 x 3): 36 products for 16 results of each pair of channels, where direct sums need 144.
     *
     * @throws ShapeException unless the kernel is 3 x 3, of stride and dilation 1, in one group
     * @see <a href="https://arxiv.org/abs/1509.09308">Lavin and Gray (2016)</a>
     */
    public static Tensor winograd(Tensor x, Tensor weight, Convolution how) {
        var h = how.over(2);
        if (weight.rank() != 4 || weight.size(2) != 3 || weight.size(3) != 3 || how.groups() != 1
                || h.stride().stream().anyMatch(s -> s != 1) || h.dilation().stream().anyMatch(d -> d != 1))
            throw new ShapeException(
                    "winograd: weight " + weight.shape() + ", " + how + "; it is for 3 x 3 of stride and dilation 1, in one group");
        var whole = padded(x, how);
        long n = x.size(0), inputs = x.size(1), outputs = weight.size(0), height = whole.size(2) - 2, width = whole.size(3) - 2;
        long down = (height + 3) / 4, across = (width + 3) / 4;
        whole = whole.pad(2, 0, 4 * down - height, 0).pad(3, 0, 4 * across - width, 0);
        var tiles = around(INPUT, whole.unfold(2, 6, 4).unfold(3, 6, 4)); // (n, inputs, down, across, 6, 6)
        var points = tiles.permute(4, 5, 1, 0, 2, 3).reshape(36, inputs, n * down * across);
        var kernels = around(KERNEL, weight).permute(2, 3, 0, 1).reshape(36, outputs, inputs);
        var sums = kernels.matmul(points).reshape(6, 6, outputs, n, down, across).permute(3, 2, 4, 5, 0, 1);
        return around(OUTPUT, sums).permute(0, 1, 2, 4, 3, 5).reshape(n, outputs, 4 * down, 4 * across).narrow(2, 0, height).narrow(3, 0,
                width);
    }

    /** {@code M x M'} of the last two axes. */
    private static Tensor around(double[][] matrix, Tensor x) {
        var m = Tensor.of(matrix).to(x.dtype());
        return m.matmul(x.contiguous()).matmul(m.transpose());
    }

    private static Tensor padded(Tensor x, Convolution given) {
        var how = given.over(2);
        for (int i = 0; i < 2; i++) x = x.pad(i + 2, how.before().get(i), how.after().get(i), how.mode());
        return x;
    }

    /** (batch, inputs, height', width', kernel, kernel). */
    private static Tensor windows(Tensor x, Tensor weight, Convolution given) {
        if (x.rank() != 4 || weight.rank() != 4) throw new ShapeException("ConvolutionForms: x " + x.shape() + ", weight " + weight.shape()
                + "; they are (batch, channels, height, width) and (outputs, inputs, kernel, kernel)");
        var how = given.over(2);
        for (int i = 0; i < 2; i++) {
            int dilation = how.dilation().get(i);
            x = x.unfold(i + 2, (weight.size(i + 2) - 1) * dilation + 1, how.stride().get(i));
            if (dilation > 1) x = x.slice(x.rank() - 1, 0, x.size(-1), dilation);
        }
        return x;
    }

    private static Tensor product(Tensor windows, Tensor weight, Convolution how) {
        long n = windows.size(0), down = windows.size(2), across = windows.size(3), groups = how.groups(),
                taps = weight.count() / weight.size(0);
        var rows = windows.permute(1, 0, 2, 3, 4, 5).reshape(groups, weight.size(1), n * down * across, weight.size(2) * weight.size(3))
                .permute(0, 2, 1, 3).reshape(groups, n * down * across, taps);
        var y = rows.matmul(weight.reshape(groups, weight.size(0) / groups, taps).transpose());
        return y.permute(0, 2, 1).reshape(weight.size(0), n, down, across).permute(1, 0, 2, 3);
    }
}
