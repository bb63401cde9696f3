package lyceum.labs.core;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.exactly;

import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.tensor.NumberFormat.Errors;
import lyceum.tensor.Quantizer;
import lyceum.tensor.Tensor;

/** Weights snap to a ruler of a few marks; one outlier spoils the ruler of all, and small groups confine the damage. */
@Lab(topics = "quantization", title = "Weights on a ruler")
final class QuantizationLab implements LabBody {

    @Override public void run(LabContext lab) {
        int bits = lab.param("bits", 4, 2, 8), group = lab.param("group", 32, 4, 1024);
        double outlier = lab.param("outlier", 12.0, 0, 60);
        var exact = Tensor.randn(lab.rng(1), DType.F32, 64, 1024).toFloatArray();
        exact[5] = (float) outlier;
        var x = Tensor.of(exact, 64, 1024);
        var whole = Quantizer.symmetric(bits).quantize(x);
        var grouped = Quantizer.symmetric(bits).byGroup(group).quantize(x);

        int cells = 121;
        var centres = IntStream.range(0, cells).mapToDouble(i -> -4.5 + 9.0 * i / (cells - 1)).toArray();
        lab.figure(Figure.plot("65,536 weights before and after").line("before", centres, histogram(x, cells))
                .line("one scale", centres, histogram(whole.dequantize(), cells))
                .line("a scale a group", centres, histogram(grouped.dequantize(), cells)).axes("weight", "share of the weights")
                .describedAs(
                        "A bell becomes a comb: with one scale the outlier spreads the marks so far that few of them are used; in groups they stay dense."));

        double[] widths = {2, 3, 4, 5, 6, 7, 8};
        var one = Arrays.stream(widths).map(b -> error(x, Quantizer.symmetric((int) b))).toArray();
        var channel = Arrays.stream(widths).map(b -> error(x, Quantizer.symmetric((int) b).byChannel(0))).toArray();
        var groups = Arrays.stream(widths).map(b -> error(x, Quantizer.symmetric((int) b).byGroup(group))).toArray();
        lab.figure(Figure.plot("Signal to noise against bits").line("one scale", widths, one).line("a scale a row", widths, channel)
                .line("a scale for " + group, widths, groups).axes("bits", "signal to noise (dB)").describedAs(
                        "Each bit adds six decibels, each line starts higher the fewer weights share a scale: the outlier costs one group instead of all."));
        double[] sizes = {8, 16, 32, 64, 128, 256, 512, 1024};
        lab.figure(Figure.plot("Signal to noise against group size, " + bits + " bits")
                .line("symmetric", sizes, Arrays.stream(sizes).map(s -> error(x, Quantizer.symmetric(bits).byGroup((int) s))).toArray())
                .line("affine", sizes, Arrays.stream(sizes).map(s -> error(x, Quantizer.affine(bits).byGroup((int) s))).toArray()).logX()
                .axes("weights that share a scale", "signal to noise (dB)")
                .describedAs("Both lines fall as groups grow, since the largest of more weights is larger and the steps with it."));
        lab.say("%d bits: %.1f dB with one scale, %.1f dB with a scale for %d weights, which costs %.2f bits more for each.", bits,
                error(x, Quantizer.symmetric(bits)), error(x, Quantizer.symmetric(bits).byGroup(group)), group, 16.0 / group);

        var gap = whole.dequantize().sub(x).abs().max().item() / whole.scales().item(0);
        lab.shows("largest error over the scale", gap, atMost(0.5 * (1 + 1e-4)));
        Tensor a = Tensor.rand(lab.rng(2), DType.F32, 32, 64), b = Tensor.randn(lab.rng(3), DType.F32, 64, 32);
        var left = Quantizer.affine(8).quantize(a);
        var right = Quantizer.symmetric(8).byChannel(1).quantize(b);
        Tensor centred = left.integers().to(DType.F64).sub(left.zeroPoints().to(DType.F64)),
                product = centred.matmul(right.integers().to(DType.F64));
        lab.shows("integer product against doubles", left.matmulIntegers(right).to(DType.F64).sub(product).abs().max().item(), exactly(0));
        lab.shows("bytes of int4 over int8's",
                (double) Quantizer.symmetric(4).quantize(x).bytes() / Quantizer.symmetric(8).quantize(x).bytes(), exactly(0.5));
    }

    private static double error(Tensor x, Quantizer quantizer) { return Errors.of(x, quantizer.quantize(x).dequantize()).signalToNoise(); }

    private static double[] histogram(Tensor x, int cells) {
        var shares = new double[cells];
        double[] values = x.toDoubleArray();
        for (double v : values) {
            int cell = (int) Math.rint((v + 4.5) / 9 * (cells - 1));
            if (cell >= 0 && cell < cells) shares[cell] += 1.0 / values.length;
        }
        return shares;
    }
}
