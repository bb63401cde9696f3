package lyceum.nn.onnx;

import java.util.Arrays;
import lyceum.DType;
import lyceum.format.OnnxType;
import lyceum.nn.onnx.Operator.Meaning;
import lyceum.tensor.Tensor;

/** Signals: windows, Fourier transforms, mel filters. */
final class SignalOperators {
    static final String ROWS = "HannWindow 17, HammingWindow 17, BlackmanWindow 17, DFT 17, DFT 20, STFT 17, MelWeightMatrix 17";

    /** What a row means. */
    static Meaning meaning(String row) {
        return switch (row) {
            case "HannWindow 17" -> c -> window(c, 0.5, 0.5, 0);
            case "HammingWindow 17" -> c -> window(c, 25.0 / 46, 21.0 / 46, 0);
            case "BlackmanWindow 17" -> c -> window(c, 0.42, 0.5, 0.08);
            case "DFT 17" -> c -> transformed(c.x(0), c.integer("axis", 1), c.has(1) ? c.item(1) : -1, c);
            case "DFT 20" -> c -> transformed(c.x(0), c.has(2) ? c.item(2) : -2, c.has(1) ? c.item(1) : -1, c);
            case "STFT 17" -> SignalOperators::shortTime;
            case "MelWeightMatrix 17" -> SignalOperators::mel;
            default -> throw Operators.unknown(row);
        };
    }

    private SignalOperators() {}

    /** {@code a - b cos(2 pi t / n) + d cos(4 pi t / n)}. */
    private static Object window(Call c, double a, double b, double d) {
        int n = Math.toIntExact(c.item(0));
        c.sized(n);
        double period = c.integer("periodic", 1) != 0 ? n : n - 1;
        var values = new double[n];
        for (int t = 0; t < n; t++) values[t] = a - b * Math.cos(2 * Math.PI * t / period) + d * Math.cos(4 * Math.PI * t / period);
        return OnnxValue.of(c.type("output_datatype", OnnxType.FLOAT), Tensor.of(values));
    }

    /** Cosines and sines of {@code 2 pi j k / n}, as a matrix of (inputs, outputs). */
    private static Tensor[] waves(long inputs, long outputs, long n, DType type) {
        var cosines = new double[Math.toIntExact(inputs * outputs)];
        var sines = new double[cosines.length];
        for (long j = 0; j < inputs; j++) for (long k = 0; k < outputs; k++) {
            double angle = 2 * Math.PI * Math.floorMod(j * k, n) / n;
            cosines[(int) (j * outputs + k)] = Math.cos(angle);
            sines[(int) (j * outputs + k)] = Math.sin(angle);
        }
        return new Tensor[] {Tensor.of(cosines, inputs, outputs).to(type), Tensor.of(sines, inputs, outputs).to(type)};
    }

    private static Object transformed(Tensor x, long axisGiven, long length, Call c) {
        int axis = Call.axis(axisGiven, x.rank());
        if (axis == x.rank() - 1) throw new IllegalArgumentException("axis " + axisGiven + " holds real and imaginary parts");
        return dft(c, x, axis, length < 0 ? x.size(axis) : length, c.flag("inverse"), c.flag("onesided"));
    }

    /** The last axis holds a real part, or a real and an imaginary one. */
    private static Tensor dft(Call c, Tensor x, int axis, long n, boolean inverse, boolean half) {
        if (n < 1) throw new IllegalArgumentException("a transform of length " + n);
        if (x.size(axis) > n) x = x.narrow(axis, 0, n);
        long outputs = half ? n / 2 + 1 : n;
        c.sized(x.size(axis), outputs);
        var waves = waves(x.size(axis), outputs, n, x.dtype());
        var real = x.select(-1, 0).moveAxis(axis, -1);
        Tensor re = real.matmul(waves[0]), im = real.matmul(waves[1]).mul(inverse ? 1 : -1);
        if (x.size(-1) == 2) {
            var imaginary = x.select(-1, 1).moveAxis(axis, -1);
            re = re.add(imaginary.matmul(waves[1]).mul(inverse ? -1 : 1));
            im = im.add(imaginary.matmul(waves[0]));
        }
        if (inverse) {
            re = re.div((double) n);
            im = im.div((double) n);
        }
        return Tensor.stack(re.rank(), re.moveAxis(-1, axis), im.moveAxis(-1, axis));
    }

    /** Frames one step apart, each weighted and transformed: (batch, frames, frequencies, 2). */
    private static Object shortTime(Call c) {
        var x = c.x(0);
        if (x.rank() == 2) x = x.unsqueeze(-1);
        long step = c.item(1), length = c.has(3) ? c.item(3) : c.x(2).count();
        var frames = x.unfold(1, length, step).moveAxis(2, 3);
        if (c.has(2)) frames = frames.mul(c.x(2).reshape(-1, 1));
        return dft(c, frames, 2, length, false, c.integer("onesided", 1) != 0);
    }

    /** Triangles that overlap by half, evenly apart on the scale {@code 2595 log10(1 + f / 700)}. */
    private static Object mel(Call c) {
        int bands = Math.toIntExact(c.item(0)), length = Math.toIntExact(c.item(1)), bins = length / 2 + 1;
        double rate = c.number(2), low = mel(c.number(3)), high = mel(c.number(4));
        c.sized(bins, bands);
        var edges = new int[bands + 2];
        for (int i = 0; i < edges.length; i++) {
            double hertz = 700 * (Math.pow(10, (low + i * (high - low) / edges.length) / 2595) - 1);
            edges[i] = (int) Math.floor((length + 1) * hertz / rate);
        }
        if (Arrays.stream(edges).anyMatch(e -> e < 0 || e >= bins))
            throw new IllegalArgumentException("edges " + Arrays.toString(edges) + " of " + bins + " bins");
        var weights = new double[bins * bands];
        for (int i = 0; i < bands; i++) {
            int left = edges[i], centre = edges[i + 1], right = edges[i + 2];
            for (int j = left; j <= centre; j++) weights[j * bands + i] = left == centre ? 1 : (double) (j - left) / (centre - left);
            for (int j = centre; j < right; j++) weights[j * bands + i] = (double) (right - j) / (right - centre);
        }
        return OnnxValue.of(c.type("output_datatype", OnnxType.FLOAT), Tensor.of(weights, bins, bands));
    }

    private static double mel(double hertz) { return 2595 * Math.log10(1 + hertz / 700); }
}
