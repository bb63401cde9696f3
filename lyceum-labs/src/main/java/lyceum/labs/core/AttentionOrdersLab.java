package lyceum.labs.core;

import static lyceum.labs.Bounds.below;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Attention.Method;
import lyceum.tensor.FlashAttention;
import lyceum.tensor.FlashAttention.Fp8;
import lyceum.tensor.FlashAttention.Order;
import lyceum.tensor.Tensor;

/** Two orders of the same loops, counted and by the clock; and what eight bits cost, with one outlier in a hundred. */
@Lab(topics = "flash-attention-2-3", title = "Flash attention, three times")
final class AttentionOrdersLab implements LabBody {
    private static final int WIDTH = 64, SEEDS = 3;

    @Override public void run(LabContext lab) {
        int rows = lab.param("queries in a tile", 64, 16, 256), keys = lab.param("keys in a tile", 128, 16, 1024);
        boolean causal = lab.flag("causal", false);
        double outlier = lab.param("outliers' deviation", 10.0, 0, 40);
        int doublings = lab.param("doublings of 128 positions", 3, 2, 6);

        var options = new Attention().withCausal(causal);
        var second = new FlashAttention().withQueryTile(rows).withKeyTile(keys).withSplits(1);
        var first = second.withOrder(Order.KEYS_OUTER);
        var x = new double[doublings + 1];
        double[][] rescaled = new double[2][x.length], held = new double[3][x.length], time = new double[3][x.length];
        for (int i : lab.progress("lengths", x.length)) {
            int n = 128 << i;
            x[i] = n;
            Tensor q = normal(lab.rng(1), n, 0), k = normal(lab.rng(2), n, 0), v = normal(lab.rng(3), n, 0);
            for (int o = 0; o < 2; o++) {
                var flash = o == 0 ? first : second;
                var traffic = flash.forward(options, q, k, v).traffic();
                rescaled[o][i] = traffic.rescaled();
                held[o][i] = traffic.scratchBytes() / 1e6;
                time[o][i] = AttentionTilesLab.millis(() -> flash.forward(options, q, k, v));
            }
            held[2][i] = 4e-6 * n * n;
            time[2][i] = AttentionTilesLab.millis(() -> options.withMethod(Method.NAIVE).of(q, k, v));
        }
        lab.figure(lines("Rows rescaled", x, rescaled, "rows multiplied by a factor")
                .describedAs("FA-1 normalises after every tile; FA-2 multiplies where a largest score has grown, and divides once."));
        lab.figure(lines("Memory beside operands and result", x, held, "scratch [MB]").describedAs(
                "The matrix of scores grows with the square of the length, the sums that FA-1 keeps with the length, FA-2's tiles hardly at all."));
        lab.figure(lines("Time of a head of 64", x, time, "best of three [ms]")
                .describedAs("What is hardly more than calls at first is arithmetic in the end, and for the naive version memory."));
        lab.shows("rows rescaled at the longest, FA-2 over FA-1", rescaled[1][doublings] / rescaled[0][doublings], below(1));

        double[] deviations = {0, outlier / 4, outlier / 2, outlier}, last = new double[Fp8.values().length];
        var plot = Figure.plot("Error of attention in 8-bit floats");
        for (var way : List.of(Fp8.PER_TENSOR, Fp8.PER_BLOCK, Fp8.PER_BLOCK_ROTATED)) {
            double[] low = new double[4], mean = new double[4], high = new double[4];
            Arrays.fill(low, Double.POSITIVE_INFINITY);
            for (int d = 0; d < 4; d++) for (int seed = 0; seed < SEEDS; seed++) {
                double error = error(lab, way, 10 * seed, deviations[d]);
                mean[d] += error / SEEDS;
                low[d] = Math.min(low[d], error);
                high[d] = Math.max(high[d], error);
            }
            var name = way.name().toLowerCase(Locale.ROOT).replace('_', ' ');
            plot = plot.line(name, deviations, mean).errorBars(name + ", " + SEEDS + " seeds", deviations, low, high);
            last[way.ordinal()] = mean[3];
        }
        lab.figure(plot.axes("deviation of one entry in a hundred", "root mean square error").describedAs(
                "A rotation of queries and keys spreads an outlier over all columns, where its rounding errors are many and small in place of few and large."));
        lab.say("With outliers the error is %.2g with a scale a tensor, %.2g with one a block and %.2g rotated.", last[1], last[2],
                last[3]);
    }

    private static double error(LabContext lab, Fp8 way, int stream, double deviation) {
        Tensor q = normal(lab.rng(10 + stream), 192, deviation), k = normal(lab.rng(11 + stream), 192, deviation),
                v = normal(lab.rng(12 + stream), 192, deviation);
        var flash = new FlashAttention();
        var exact = flash.forward(new Attention(), q, k, v).out();
        return Math.sqrt(flash.withFp8(way).forward(new Attention(), q, k, v).out().sub(exact).square().mean().item());
    }

    private static Plot lines(String title, double[] x, double[][] y, String axis) {
        var plot = Figure.plot(title).line("keys outer (FA-1)", x, y[0]).line("queries outer (FA-2)", x, y[1]);
        return (y.length > 2 ? plot.line("naive", x, y[2]) : plot).logX().logY().axes("length [positions]", axis);
    }

    /** Bells, and wider ones added to one entry in a hundred. */
    private static Tensor normal(Rng rng, int n, double deviation) {
        Tensor usual = Tensor.randn(rng, 1, 1, n, WIDTH), rare = Tensor.rand(rng, 1, 1, n, WIDTH).lt(0.01).to(DType.F32);
        return usual.add(rare.mul(Tensor.randn(rng, 1, 1, n, WIDTH)).mul(deviation)).compute();
    }
}
