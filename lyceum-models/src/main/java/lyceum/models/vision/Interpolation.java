package lyceum.models.vision;

import lyceum.ShapeException;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Maps (.., height, width) at another size, as PyTorch's {@code interpolate}: each axis is a product with a matrix of weights, {@code Wy
 * x Wx'}, so gradients of
 * any order flow.
 *
 * {@snippet :
 * Tensor twice = Interpolation.BILINEAR.of(map, 2 * map.size(2), 2 * map.size(3));
 * Tensor table = Interpolation.BICUBIC.withAlignCorners(true).of(positions, 24, 24);
 * }
 *
 * <p>An output pixel {@code i} stands at {@code (i + 0.5) n / m - 0.5} of the n input pixels; with aligned corners at {@code i (n - 1) /
 * (m - 1)}. Beyond the border the last
 * pixel goes on.
 *
 * @param kernel what stands between pixels
 * @param alignCorners whether first and last centres stay where they are; not for {@link Kernel#NEAREST}
 * @param antialias whether a smaller map averages over all that it leaves out, as Pillow does; not with aligned corners
 */
@Withers
public record Interpolation(Kernel kernel, boolean alignCorners, boolean antialias) implements InterpolationWithers {
    /** Repeats pixels. */
    public static final Interpolation NEAREST = new Interpolation(Kernel.NEAREST, false, false);
    /** Straight lines between pixels. */
    public static final Interpolation BILINEAR = new Interpolation(Kernel.BILINEAR, false, false);
    /** Cubics between pixels, which may overshoot. */
    public static final Interpolation BICUBIC = new Interpolation(Kernel.BICUBIC, false, false);

    /** What stands between pixels. */
    public enum Kernel {
        /** The pixel at {@code floor(i n / m)}. */
        NEAREST(0),
        /** The two neighbours, by nearness. */
        BILINEAR(1),
        /** Four neighbours by Keys' cubic with a = -0.75, or -0.5 when antialiased, as PyTorch has them (Keys 1981). */
        BICUBIC(2);

        private final int reach;

        Kernel(int reach) { this.reach = reach; }

        private double weight(double distance, double a) {
            double d = Math.abs(distance);
            if (this == BILINEAR) return Math.max(0, 1 - d);
            if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
            return d < 2 ? ((d - 5) * d + 8) * a * d - 4 * a : 0;
        }
    }

    public Interpolation {
        if (alignCorners && (antialias || kernel == Kernel.NEAREST))
            throw new IllegalArgumentException("Interpolation: aligned corners go with BILINEAR and BICUBIC that are not antialiased");
        if (antialias && kernel == Kernel.NEAREST)
            throw new IllegalArgumentException("Interpolation: NEAREST takes one pixel and averages none; use BILINEAR");
    }

    /** x (.., height, width) at that size. */
    public Tensor of(Tensor x, long height, long width) {
        if (x.rank() < 2 || height < 1 || width < 1)
            throw new ShapeException("Interpolation: " + x.shape() + " to " + height + " x " + width + "; it takes maps (.., height, width)");
        if (x.size(-1) != width) x = x.matmul(weights(x.size(-1), width).to(x.dtype()).transpose());
        return x.size(-2) == height ? x : weights(x.size(-2), height).to(x.dtype()).matmul(x);
    }

    /** (m, n): what each of m output pixels takes of n input pixels. */
    private Tensor weights(long n, long m) {
        var w = new double[Math.toIntExact(m * n)];
        double scale = alignCorners ? (m == 1 ? 0 : (n - 1.0) / (m - 1)) : (double) n / m;
        double wide = antialias ? Math.max(1, scale) : 1, a = antialias ? -0.5 : -0.75;
        for (int i = 0; i < m; i++) {
            if (kernel == Kernel.NEAREST) {
                w[(int) (i * n + Math.min(n - 1, (long) Math.floor(i * scale)))] = 1;
                continue;
            }
            double at = alignCorners ? i * scale : (i + 0.5) * scale - 0.5, reach = kernel.reach * wide, sum = 0;
            int from = (int) Math.floor(at - reach) + 1, to = (int) Math.ceil(at + reach) - 1;
            for (int j = from; j <= to; j++) {
                if (antialias && (j < 0 || j >= n)) continue; // what lies outside has no share
                double share = kernel.weight((j - at) / wide, a);
                sum += share;
                w[(int) (i * n + Math.clamp(j, 0, n - 1))] += share;
            }
            for (int j = 0; j < n; j++) w[(int) (i * n + j)] /= sum;
        }
        return Tensor.of(w, m, n);
    }
}
