package lyceum.nn;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Primitive;
import lyceum.backend.Convolution;
import lyceum.backend.Parallel;
import lyceum.linalg.Fourier;
import lyceum.math.FourierLengths;
import lyceum.memory.Scope;
import lyceum.tensor.Tensor;

/**
 * Causal convolution of each channel with a filter that may be as long as the sequence: {@code y_t = sum over s <= t of h_s x_(t-s)}. Summed in doubles.
 * Differentiable to any order.
 *
 * {@snippet :
 * Tensor y = LongConvolution.of(x, filters, LongConvolution.Method.AUTO);   // (batch, channels, T) by (channels, K)
 * }
 */
public final class LongConvolution {
    private static final int SHORT = 256;

    /** How it is computed; both agree within rounding. */
    public enum Method {
        /** Products for up to 256 values or taps, else transforms. */
        AUTO,
        /** By Fourier transforms of twice the length and more, so that nothing wraps round: {@code T log T} for each channel. */
        FFT,
        /** Product by product, {@code T K}: an output has exactly nothing of later inputs. */
        DIRECT
    }

    private LongConvolution() {}

    /**
     * @param x (batch, channels, T)
     * @param filter (channels, K); taps beyond T meet no input
     * @return (batch, channels, T)
     */
    public static Tensor of(Tensor x, Tensor filter, Method method) {
        if (x.rank() != 3 || filter.rank() != 2 || filter.size(0) != x.size(1) || filter.size(1) < 1) throw new ShapeException(
                "LongConvolution: x " + x.shape() + " and filters " + filter.shape() + "; they are (batch, channels, T) and (channels, K)");
        return Primitive.of("long convolution", in -> value(in[0], in[1], method), (i, g, y, in) -> {
            // Both gradients are convolutions with time turned round.
            var back = g.flip(2);
            if (i == 0) return of(back, in[1], method).flip(2);
            long batch = x.size(0), channels = x.size(1), length = x.size(2), taps = filter.size(1);
            var lags = of(back.reshape(1, batch * channels, length), in[0].reshape(batch * channels, length), method).flip(2)
                    .reshape(batch, channels, length).sum(0);
            return taps <= length ? lags.narrow(1, 0, taps) : lags.pad(1, 0, taps - length, 0);
        }).withParts(in -> depthwise(in[0], in[1])).apply(x, filter);
    }

    /** A convolution of each channel by itself, nothing before the beginning. */
    private static Tensor depthwise(Tensor x, Tensor filter) {
        int taps = (int) Math.min(filter.size(1), x.size(2));
        var how = new Convolution().withPadding(new int[] {taps - 1}, new int[] {0}).withGroups((int) x.size(1));
        return x.conv(filter.narrow(1, 0, taps).flip(1).unsqueeze(1), null, how);
    }

    private static Tensor value(Tensor x, Tensor filter, Method method) {
        int length = (int) x.size(2), taps = (int) Math.min(filter.size(1), length);
        var h = filter.narrow(1, 0, taps);
        boolean direct = method == Method.DIRECT || method == Method.AUTO && taps <= SHORT;
        if (direct) return products(x, h).to(x.dtype());
        try (var work = Scope.open("long convolution")) {
            return transforms(x.to(DType.F64), h.to(DType.F64), length).to(x.dtype()).contiguous().compute().keptBy(work);
        }
    }

    private static Tensor products(Tensor x, Tensor filter) {
        int batch = (int) x.size(0), channels = (int) x.size(1), length = (int) x.size(2), taps = (int) filter.size(1);
        double[] in = x.toDoubleArray(), h = filter.toDoubleArray(), out = new double[in.length];
        Parallel.range(channels, 1, 0.3 * batch * length * taps, (from, to) -> {
            for (int c = (int) from; c < to; c++)
                for (int b = 0; b < batch; b++) products(in, (b * channels + c) * length, h, c * taps, taps, out, length);
        });
        return Tensor.of(out, batch, channels, length);
    }

    private static void products(double[] x, int row, double[] h, int first, int taps, double[] y, int length) {
        for (int s = 0; s < taps; s++) {
            double tap = h[first + s];
            for (int t = s; t < length; t++) y[row + t] += tap * x[row + t - s];
        }
    }

    /** Products of spectra. Zeros up to twice the length, so that nothing wraps round. */
    private static Tensor transforms(Tensor x, Tensor filter, int length) {
        int n = FourierLengths.smooth(2 * length - 1);
        var spectrum = Fourier.rfft(x.pad(2, 0, n - length, 0), 2).mul(Fourier.rfft(filter.pad(1, 0, n - filter.size(1), 0), 1));
        return Fourier.irfft(spectrum, 2, n).narrow(2, 0, length);
    }
}
