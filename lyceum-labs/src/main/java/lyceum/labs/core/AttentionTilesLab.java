package lyceum.labs.core;

import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.function.Supplier;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.memory.Scope;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.Attention;
import lyceum.tensor.Attention.Method;
import lyceum.tensor.FlashAttention;
import lyceum.tensor.Tensor;

/** Tiles walk over a matrix that is never there: what they know of each row, what they move and hold, and how long they take. */
@Lab(topics = {"flash-attention", "memory-efficient-attention"}, title = "A softmax in tiles")
final class AttentionTilesLab implements LabBody {
    private static final int SHOWN = 24, WIDTH = 64;

    @Override public void run(LabContext lab) {
        int rows = lab.param("queries in a tile", 8, 4, SHOWN), keys = lab.param("keys in a tile", 6, 3, SHOWN);
        boolean causal = lab.flag("causal", false);
        int heads = lab.param("heads", 1, 1, 16), doublings = lab.param("doublings of 128 positions", 3, 2, 6);
        walk(lab, rows, keys, causal);

        var options = new Attention().withCausal(causal);
        var flash = new FlashAttention().withSplits(1);
        var x = new double[doublings + 1];
        double[][] moved = new double[2][x.length], held = new double[2][x.length], time = new double[3][x.length];
        Method[] methods = {Method.NAIVE, Method.CHUNKED, Method.TILED};
        for (int i : lab.progress("lengths", x.length)) {
            int n = 128 << i;
            x[i] = n;
            Tensor q = Tensor.randn(lab.rng(1), 1, heads, n, WIDTH).compute(), k = Tensor.randn(lab.rng(2), 1, heads, n, WIDTH).compute(),
                    v = Tensor.randn(lab.rng(3), 1, heads, n, WIDTH).compute();
            var traffic = flash.forward(options, q, k, v).traffic();
            moved[0][i] = (traffic.loaded() + traffic.stored()) / 1e6;
            moved[1][i] = heads * FlashAttention.Traffic.naive(n, WIDTH) / 1e6;
            held[0][i] = traffic.scratchBytes() / 1e6;
            held[1][i] = 4e-6 * heads * n * n;
            for (int m = 0; m < 3; m++) {
                var way = options.withMethod(methods[m]);
                time[m][i] = millis(() -> way.of(q, k, v));
            }
        }
        lab.figure(Figure.plot("Elements moved").line("in tiles", x, moved[0]).line("naive", x, moved[1]).logX().logY()
                .axes("length [positions]", "elements [millions]").describedAs(
                        "Both grow with the square of the length; in tiles the keys come once for each block of queries, and the scores never leave."));
        lab.figure(Figure.plot("Memory beside operands and result").line("in tiles", x, held[0]).line("the scores alone", x, held[1]).logX()
                .logY().axes("length [positions]", "scratch [MB]").describedAs(
                        "Tiles are as large for a long sequence as for a short one; a matrix of scores grows with the square of the length."));
        lab.figure(Figure.plot("Time").line("naive", x, time[0]).line("chunked, over products", x, time[1])
                .line("tiled, the backend's kernel", x, time[2]).logX().logY().axes("length [positions]", "best of three [ms]")
                .describedAs("Which implementation is fastest depends on the length; attention chooses by the shapes."));
        lab.shows("flash-attention", "elements moved at the longest over naive", moved[0][doublings] / moved[1][doublings], below(1));
        lab.shows("memory-efficient-attention", "scratch at the longest over the scores", held[0][doublings] / held[1][doublings],
                below(1));
    }

    /** Each frame is one tile further: weights as far as they are known, and what is kept of the block's rows. */
    private static void walk(LabContext lab, int rows, int keys, boolean causal) {
        Tensor q = Tensor.randn(lab.rng(4), DType.F64, SHOWN, 8), k = Tensor.randn(lab.rng(5), DType.F64, SHOWN, 8);
        var scores = q.matmul(k.transpose()).mul(1 / Math.sqrt(8)).compute();
        var weights = new double[SHOWN][SHOWN];
        var frames = new ArrayList<Figure>();
        for (int i = 0; i < SHOWN; i += rows) {
            int n = Math.min(rows, SHOWN - i);
            for (int j = 0; j < SHOWN && !(causal && j >= i + n); j += keys) {
                double[] at = new double[n], top = new double[n], sum = new double[n];
                for (int r = 0; r < n; r++) {
                    int end = Math.min(Math.min(SHOWN, j + keys), causal ? i + r + 1 : SHOWN), row = i + r;
                    double[] s = scores.get(row).toDoubleArray();
                    double most = Arrays.stream(s, 0, end).max().orElse(0);
                    at[r] = row;
                    top[r] = most;
                    for (int c = 0; c < end; c++) sum[r] += weights[row][c] = Math.exp(s[c] - most);
                }
                Plot known = Figure.plot("What is kept of rows " + i + " to " + (i + n - 1)).points("largest score m", at, top)
                        .points("sum l", at, sum).axes("query", "value").limitX(-0.5, SHOWN - 0.5).limitY(-4, SHOWN)
                        .describedAs("Two numbers a row, corrected when a larger score turns up.");
                var seen = Figure.heatmap("exp(S - m) so far", Arrays.stream(weights).map(double[]::clone).toArray(double[][]::new))
                        .axes("key", "query").describedAs("Finished tiles; a larger score to come shrinks those to its left.");
                frames.add(Figure.row("Queries from " + i + ", keys from " + j, seen, known));
            }
        }
        lab.figure(Figure.frames("A block of queries meets its keys", "tile", frames).describedAs(
                "Tile by tile the weights of a block come in; a larger score shrinks all weights before it, and only m, l and the sums of values are kept."));
    }

    /** The best of three calls. */
    static double millis(Supplier<?> body) {
        double best = Double.POSITIVE_INFINITY;
        for (int i = 0; i < 3; i++) {
            long start = System.nanoTime();
            try (var scope = Scope.open("measurement")) {
                body.get();
            }
            best = Math.min(best, (System.nanoTime() - start) * 1e-6);
        }
        return best;
    }
}
