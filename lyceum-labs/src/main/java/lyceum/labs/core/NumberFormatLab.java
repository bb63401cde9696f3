package lyceum.labs.core;

import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.tensor.Microscaling;
import lyceum.tensor.NumberFormat;
import lyceum.tensor.NumberFormat.Errors;
import lyceum.tensor.NumberFormat.Overflow;
import lyceum.tensor.Rounding;
import lyceum.tensor.Tensor;

/** The numbers that formats of 16, 8 and 4 bits have, what a value becomes in each, and a weight whose updates die. */
@Lab(topics = "number-formats", title = "The gaps between small floats")
final class NumberFormatLab implements LabBody {

    @Override public void run(LabContext lab) {
        double value = lab.param("value", 0.3, -500.0, 500.0), edge = lab.param("edge of the number line", 8.0, 1, 500);
        double update = lab.param("update", 0.003, 0.0001, 0.02);
        int steps = lab.param("steps", 400, 10, 2000);

        var line = Figure.plot("Numbers that each format has");
        var rows = new ArrayList<List<?>>();
        int height = 1;
        for (var format : List.of(NumberFormat.E2M1, NumberFormat.E4M3, NumberFormat.E5M2)) {
            double y = height++;
            var near = Arrays.stream(format.values()).filter(v -> Math.abs(v) <= edge).toArray();
            var level = new double[near.length];
            Arrays.fill(level, y);
            line = line.points(format.name(), near, level);
        }
        lab.figure(line.verticalLine(Math.clamp(value, -edge, edge), "value").limitY(0, height).axes("value", "format: E2M1, E4M3, E5M2")
                .describedAs(
                        "Dots crowd around zero and thin out in octaves; one mantissa bit more halves the gaps, one exponent bit more widens the range."));
        for (var format : NumberFormat.named()) {
            int code = format.encode(value);
            rows.add(List.of(format.name(), format.bits(), format.max(), format.minNormal(), format.epsilon(), String.format("0x%X", code),
                    format.decode(code)));
        }
        lab.table("Formats, and what becomes of the value",
                List.of("format", "bits", "largest", "smallest normal", "step above 1", "code", "value read back"), rows);

        var x = Tensor.randn(lab.rng(1), DType.F32, 200, 128).compute();
        var errors = new ArrayList<List<?>>();
        double last = 0, ranked = 0;
        for (Object f : List.of(NumberFormat.BF16, NumberFormat.E4M3, Microscaling.MXFP8_E4M3, Microscaling.MXFP4)) {
            var stored = f instanceof NumberFormat format ? format.encode(x) : ((Microscaling) f).encode(x);
            var e = Errors.of(x, stored.decode());
            errors.add(List.of(f.toString(), 8.0 * stored.bytes() / x.count(), e.meanAbsolute(), e.rootMeanSquareRelative(),
                    e.signalToNoise()));
            if (f != Microscaling.MXFP8_E4M3) {
                if (e.meanAbsolute() > last) ranked++;
                last = e.meanAbsolute();
            }
        }
        lab.table("Errors on 25,600 normal numbers", List.of("format", "bits a number", "mean error", "RMS, relative", "SNR (dB)"), errors);
        lab.shows("of bf16, fp8 and MXFP4, those with a larger mean error than the one before", ranked, exactly(3));

        Rounding drawn = Rounding.stochastic(lab.rng(2));
        double[] nearest = new double[steps + 1], stochastic = new double[steps + 1], exact = new double[steps + 1];
        nearest[0] = stochastic[0] = exact[0] = 1;
        var bf16 = NumberFormat.BF16;
        for (int t = 1; t <= steps; t++) {
            exact[t] = exact[t - 1] + update;
            nearest[t] = bf16.decode(bf16.encode(nearest[t - 1] + update));
            stochastic[t] = bf16.decode(bf16.encode(stochastic[t - 1] + update, drawn, Overflow.SPECIAL));
        }
        lab.figure(Figure.plot("A bf16 weight that gets " + update + " at every step").line("in F64", 0, exact).line("nearest", 0, nearest)
                .line("stochastic", 0, stochastic).axes("step", "weight").describedAs(
                        "Rounded to the nearest, the weight stays where the update is less than half a step of the grid; rounded by chance it follows on average."));
        lab.say("After %d steps: exact %.3f, nearest %.3f, stochastic %.3f.", steps, exact[steps], nearest[steps], stochastic[steps]);
        lab.shows("stochastic end beside the exact one", Math.abs(stochastic[steps] / exact[steps] - 1), below(0.15));
        lab.shows("largest of E4M3", NumberFormat.E4M3.max(), exactly(448));
    }
}
