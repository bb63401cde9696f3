package lyceum.nn;

import lyceum.ShapeException;
import lyceum.autograd.Primitive;
import lyceum.backend.Convolution;
import lyceum.backend.Parallel;
import lyceum.math.Fft;
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
        int batch = (int) x.size(0), channels = (int) x.size(1), length = (int) x.size(2), all = (int) filter.size(1),
                taps = Math.min(all, length);
        double[] in = x.toDoubleArray(), h = filter.toDoubleArray(), out = new double[in.length];
        boolean direct = method == Method.DIRECT || method == Method.AUTO && taps <= SHORT;
        var fft = direct ? null : Fft.of(2 * Fft.sizeFor(length));
        double nanos = direct ? 0.3 * batch * length * taps : 20.0 * (batch + 1) * fft.size();
        Parallel.range(channels, 1, nanos, (from, to) -> {
            for (int c = (int) from; c < to; c++) {
                if (direct) for (int b = 0; b < batch; b++) products(in, (b * channels + c) * length, h, c * all, taps, out, length);
                else transforms(fft, in, channels * length, c * length, batch, h, c * all, taps, out, length);
            }
        });
        return Tensor.of(out, batch, channels, length).to(x.dtype());
    }

    private static void products(double[] x, int row, double[] h, int first, int taps, double[] y, int length) {
        for (int s = 0; s < taps; s++) {
            double tap = h[first + s];
            for (int t = s; t < length; t++) y[row + t] += tap * x[row + t - s];
        }
    }

    /** The rows of one channel, which share the filter's spectrum. */
    private static void transforms(Fft fft, double[] x, int stride, int row, int batch, double[] h, int first, int taps, double[] y,
            int length) {
        int n = fft.size();
        double[] hr = new double[n], hi = new double[n];
        System.arraycopy(h, first, hr, 0, taps);
        fft.forward(hr, hi);
        for (int b = 0; b < batch; b++) {
            double[] xr = new double[n], xi = new double[n];
            System.arraycopy(x, b * stride + row, xr, 0, length);
            fft.forward(xr, xi);
            for (int k = 0; k < n; k++) {
                double r = xr[k] * hr[k] - xi[k] * hi[k];
                xi[k] = xr[k] * hi[k] + xi[k] * hr[k];
                xr[k] = r;
            }
            fft.inverse(xr, xi);
            System.arraycopy(xr, 0, y, b * stride + row, length);
        }
    }
}
