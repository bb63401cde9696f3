package lyceum.labs.nn;

import static lyceum.labs.Bounds.below;

import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.PositionalEncoding;
import lyceum.nn.RotaryEmbedding;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;

/** A query's pairs of dimensions as clock hands, and a score that knows how far apart they started but not when. */
@Lab(topics = "rope", title = "Clock hands")
final class RotaryLab implements LabBody {

    @Override public void run(LabContext lab) {
        int position = lab.param("position", 3, 0, 40), later = lab.param("later", 5000, 100, 100_000);
        double base = lab.param("base", 10_000.0, 100.0, 1_000_000.0);
        hands(lab, position);
        distances(lab, later, base);
    }

    private static void hands(LabContext lab, int position) {
        var rotary = new RotaryEmbedding(8, 100);
        var ones = Tensor.of(new double[] {1, 1, 1, 1, 0, 0, 0, 0}, 1, 8);
        var clocks = new Figure[4];
        for (int i = 0; i < 4; i++)
            clocks[i] = Figure.plot("Pair " + i).axes("first half", "second half").limitX(-1.2, 1.2).limitY(-1.2, 1.2).equalScales();
        for (int p = 0; p <= position; p += Math.max(1, position)) {
            double[] turned = rotary.at(p, 1, DType.F64).of(ones).toDoubleArray();
            var zero = new double[1];
            for (int i = 0; i < 4; i++)
                clocks[i] = ((Plot) clocks[i]).arrows("at " + p, zero, zero, new double[] {turned[i]}, new double[] {turned[4 + i]});
        }
        lab.figure(Figure.row("Four pairs of one head, at positions 0 and " + position, clocks)
                .describedAs("Each pair of dimensions turns by its own angle a position: the first fast, the last hardly."));
        double size = rotary.at(position, 1, DType.F64).of(ones).square().sum().sqrt().item();
        lab.shows("change of the vector's length", Math.abs(size - 2), below(1e-12));
    }

    private static void distances(LabContext lab, int later, double base) {
        var rotary = new RotaryEmbedding(64, base);
        Tensor a = Tensor.randn(lab.rng(1), DType.F64, 1, 64), b = Tensor.randn(lab.rng(2), DType.F64, 1, 64).add(a);
        double[] near = new double[101], far = new double[101], alone = new double[101];
        double gap = 0;
        for (int d = 0; d <= 100; d++) {
            near[d] = rotary.turned(a, d).mul(rotary.turned(b, 0)).sum().item();
            far[d] = rotary.turned(a, later + d).mul(rotary.turned(b, later)).sum().item();
            alone[d] = rotary.turned(a, d).mul(rotary.turned(a, 0)).sum().item();
            gap = Math.max(gap, Math.abs(near[d] - far[d]));
        }
        lab.figure(Figure.plot("Score against distance").line("key at 0", 0, near).line("key at " + later, 0, far).dashed()
                .line("query and key alike", 0, alone).axes("distance of query and key (positions)", "dot product").describedAs(
                        "Wherever the key stands, the curve is the same. Only where query and key are alike does it fall with the distance."));
        lab.say("The slowest of 32 pairs needs %.0f positions for a turn.", 2 * Math.PI / rotary.frequencies(0)[31]);
        lab.shows("largest gap of scores " + later + " positions later", gap, below(1e-8));
        var halves = PositionalEncoding.rotary(64).turned(a, 7).square().sum().item();
        lab.shows("change of a squared norm by a turn", Math.abs(halves / a.square().sum().item() - 1), below(1e-12));
    }
}
