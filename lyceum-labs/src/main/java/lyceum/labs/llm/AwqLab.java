package lyceum.labs.llm;

import static lyceum.labs.Bounds.below;

import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.llm.quant.Awq;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** One layer with a few loud inputs: the output error against the exponent of the scales, and where the search stops. */
@Lab(topics = "awq", title = "Sparing the loud inputs")
final class AwqLab implements LabBody {
    @Override public void run(LabContext lab) {
        int bits = lab.param("bits", 3, 2, 8), inputs = lab.param("inputs", 256, 64, 1024), group = lab.param("group", 128, 16, 256);
        double loud = lab.param("loudness", 20.0, 1.0, 100.0), share = lab.param("share of loud inputs", 0.01, 0.0, 0.5);
        var rng = lab.rng(1);
        var size = new double[inputs];
        Arrays.fill(size, 1);
        for (int j : rng.sample(inputs, (int) Math.round(share * inputs))) size[j] = loud;
        var x = Tensor.randn(rng, DType.F64, 400, inputs).mul(Tensor.of(size)).compute();
        var weight = Tensor.randn(rng, 64, inputs);
        var gram = x.transpose().matmul(x).compute();
        var awq = new Awq(bits, group);
        var choice = awq.search(List.of(weight), Awq.magnitudes(x), gram);
        double energy = x.matmul(weight.to(DType.F64).transpose()).square().sum().item();
        int n = choice.errors().length;
        double[] exponents = Tensor.linspace(0, 1, n).toDoubleArray(), errors = new double[n];
        for (int i = 0; i < n; i++) errors[i] = choice.errors()[i] / energy;
        double best = Arrays.stream(errors).min().orElseThrow();
        lab.figure(Figure.line("Output error against the exponent", exponents, errors).named("relative squared error")
                .points("chosen", new double[] {choice.exponent()}, new double[] {best})
                .axes("exponent of the scales", "squared error over energy").describedAs(
                        "From plain rounding at 0 the error falls while loud inputs gain, and rises when the others' grid gets coarse."));
        var clipped = awq.withClip(true).search(List.of(weight), Awq.magnitudes(x), gram);
        double cut = Arrays.stream(clipped.errors()).min().orElseThrow() / energy;
        lab.say("Plain rounding %.4f, exponent %.2f gives %.4f; with the largest weights cut off where it pays, %.4f.", errors[0],
                choice.exponent(), best, cut);
        lab.shows("chosen error over that of rounding", best / errors[0], below(0.7));
    }
}
