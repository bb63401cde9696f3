package lyceum.linalg;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Backend;
import lyceum.backend.Parallel;
import lyceum.backend.View;
import lyceum.math.Fft;
import lyceum.memory.Allocator;
import lyceum.memory.Storage;
import lyceum.tensor.CustomOp;
import lyceum.tensor.Tensor;

/**
 * Fourier transforms of tensors along axes of any length, with gradients of any order. A complex tensor is two real ones.
 *
 * {@snippet :
 * Fourier.Complex spectrum = Fourier.rfft(Tensor.arange(0.0, 1000, 1), 0);         // 501 frequencies
 * Tensor again = Fourier.irfft(spectrum, 0, 1000);
 * }
 *
 * <p>Forward {@code X_k = sum over t of x_t exp(-2 pi i k t / n)}, the inverse divided by n, as in NumPy. Computed in F64; results are of the operands' float type.
 *
 * @see Fft
 */
public final class Fourier {
    private Fourier() {}

    /** Real and imaginary parts, of one shape. */
    public record Complex(Tensor re, Tensor im) {
        public Complex {
            if (!re.shape().equals(im.shape()))
                throw new ShapeException("complex numbers: real parts " + re.shape() + ", imaginary ones " + im.shape() + "; they agree");
        }

        public static Complex of(Tensor re) { return new Complex(re, re.zerosLike()); }

        public Complex mul(Complex o) { return new Complex(re.mul(o.re).sub(im.mul(o.im)), re.mul(o.im).add(im.mul(o.re))); }

        public Complex div(Complex o) {
            var size = o.re.square().add(o.im.square());
            var product = mul(new Complex(o.re, o.im.neg()));
            return new Complex(product.re.div(size), product.im.div(size));
        }

        public Complex conjugate() { return new Complex(re, im.neg()); }

        /** {@code |z|}. */
        public Tensor abs() { return re.square().add(im.square()).sqrt(); }
    }

    /** The transform along {@code axis}. */
    public static Complex fft(Complex x, int axis) { return along(x, axis, 1); }

    /** The inverse along {@code axis}. */
    public static Complex ifft(Complex x, int axis) {
        var whole = along(x, axis, -1);
        double n = Math.max(1, x.re.size(axis));
        return new Complex(whole.re.div(n), whole.im.div(n));
    }

    /** Along several axes, all if none is named. */
    public static Complex fftn(Complex x, int... axes) {
        var result = x;
        for (int axis : axes.length == 0 ? all(x.re.rank()) : axes) result = fft(result, axis);
        return result;
    }

    /** The inverse of {@link #fftn}. */
    public static Complex ifftn(Complex x, int... axes) {
        var result = x;
        for (int axis : axes.length == 0 ? all(x.re.rank()) : axes) result = ifft(result, axis);
        return result;
    }

    /** Of real numbers: the {@code n / 2 + 1} frequencies from 0 on; the others are their conjugates. */
    public static Complex rfft(Tensor x, int axis) {
        var all = fft(Complex.of(x), axis);
        long half = x.size(axis) / 2 + 1;
        return new Complex(all.re.narrow(axis, 0, half), all.im.narrow(axis, 0, half));
    }

    /** The {@code n} real numbers of that half of a spectrum; imaginary parts at 0, and at n / 2 if n is even, do not count. */
    public static Tensor irfft(Complex half, int axis, long n) {
        if (n < 1 || half.re.size(axis) != n / 2 + 1)
            throw new ShapeException("irfft: " + half.re.size(axis) + " frequencies for " + n + " numbers; they are n / 2 + 1");
        long mirrored = (n - 1) / 2; // frequencies 1 .. mirrored, backwards
        Tensor re = half.re.narrow(axis, 1, mirrored).flip(axis), im = half.im.narrow(axis, 1, mirrored).flip(axis).neg();
        long kept = n - mirrored;
        var first = zeroAt(half.im, axis, n);
        return ifft(
                new Complex(Tensor.concat(axis, half.re.narrow(axis, 0, kept), re), Tensor.concat(axis, first.narrow(axis, 0, kept), im)),
                axis).re;
    }

    /** Imaginary parts where a real signal has none. */
    private static Tensor zeroAt(Tensor im, int axis, long n) {
        long size = im.size(axis);
        var kept = new boolean[(int) size];
        Arrays.fill(kept, true);
        kept[0] = false;
        if (n % 2 == 0) kept[kept.length - 1] = false;
        var shape = new long[im.rank()];
        Arrays.fill(shape, 1);
        shape[im.shape().axis(axis)] = size;
        return Tensor.of(kept, shape).where(im, im.zerosLike());
    }

    private static int[] all(int rank) {
        var axes = new int[rank];
        for (int i = 0; i < rank; i++) axes[i] = i;
        return axes;
    }

    private static Complex along(Complex x, int axis, int sign) {
        int a = x.re.shape().axis(axis);
        var pair = Tensor.stack(0, x.re.moveAxis(a, -1), x.im.moveAxis(a, -1));
        var out = pair(pair.dtype().isFloat() ? pair : pair.to(DType.F64), sign);
        return new Complex(out.select(0, 0).moveAxis(-1, a), out.select(0, 1).moveAxis(-1, a));
    }

    /** {@code (2, .., n)}: real parts, imaginary parts. Linear; its transpose, as of real numbers, is the transform of the other sign. */
    private static Tensor pair(Tensor x, int sign) {
        return CustomOp.of(sign > 0 ? "fft" : "inverse fft", in -> transformed(in[0], sign), (i, g, out, in) -> pair(g, -sign))
                .withPush((t, out, in) -> pair(t[0], sign)).apply(x);
    }

    private static Tensor transformed(Tensor x, int sign) {
        int n = Math.toIntExact(x.size(-1));
        if (x.count() == 0) return x;
        var out = Allocator.allocate(Math.multiplyExact(x.count(), Double.BYTES));
        if (!byKernels(x, sign, out)) byLoops(x, n, sign, out);
        return Tensor.on(out, 0, DType.F64, x.shape().toArray()).to(x.dtype());
    }

    /** False where the backend has none. */
    private static boolean byKernels(Tensor x, int sign, Storage out) {
        var v = x.values(DType.F64);
        long n = x.size(-1), half = x.count() / 2;
        long[] shape = {half / n, n}, strides = {n, 1};
        View re = new View(DType.F64, v.storage(), v.offset(), shape, strides),
                im = new View(DType.F64, v.storage(), v.offset() + half, shape, strides),
                outRe = new View(DType.F64, out, 0, shape, strides), outIm = new View(DType.F64, out, half, shape, strides);
        // The inverse without its division is the transform with the parts exchanged.
        return sign > 0 ? Backend.current().fourier(re, im, outRe, outIm) : Backend.current().fourier(im, re, outIm, outRe);
    }

    private static void byLoops(Tensor x, int n, int sign, Storage out) {
        double[] all = x.toDoubleArray();
        var fft = Fft.of(n);
        int half = all.length / 2;
        Parallel.range(half / n, Math.max(1, (1 << 14) / n), (from, to) -> {
            int lines = (int) (to - from), re = (int) from * n, im = half + re;
            // The inverse without its division is the transform with the parts exchanged.
            if (sign > 0) fft.forward(all, re, all, im, lines);
            else fft.forward(all, im, all, re, lines);
        });
        MemorySegment.copy(all, 0, out.segment(), ValueLayout.JAVA_DOUBLE_UNALIGNED, out.base(), all.length);
    }
}
