package lyceum.labs.linalg;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.linalg.ExactMatrix;
import lyceum.linalg.FundamentalSubspaces;
import lyceum.linalg.Norms;
import lyceum.linalg.Rank;
import lyceum.linalg.Svd;
import lyceum.plot.Figure;
import lyceum.plot.Series;
import lyceum.tensor.Tensor;

/** What a matrix reads, loses, reaches and misses; then matrices of Hilbert's kind, whose rank depends on whom you ask. */
@Lab(topics = "rank-nullity", title = "Four subspaces")
final class RankLab implements LabBody {
    @Override public void run(LabContext lab) {
        int m = lab.param("rows", 9, 2, 20), n = lab.param("columns", 12, 2, 20), wanted = lab.param("rank", 5, 0, 20);
        double noise = lab.param("log10 of noise", -16, -16.0, 0.0);
        int r = Math.min(wanted, Math.min(m, n));
        var rng = lab.rng(1);
        var planted = Tensor.randn(rng, DType.F64, m, r).matmul(Tensor.randn(rng, DType.F64, r, n));
        var a = noise > -16 ? planted.add(Tensor.randn(rng, DType.F64, m, n).mul(Math.pow(10, noise))) : planted;
        var rank = Rank.of(a);
        var spaces = FundamentalSubspaces.of(a);

        lab.figure(Figure.bars("Where the dimensions go", new String[] {"R^" + n + ", what goes in", "R^" + m + ", what comes out"},
                Series.of("row space, image", rank.rank(), rank.rank()), Series.of("kernel, left kernel", rank.nullity(), m - rank.rank()))
                .stacked().axes("space", "dimensions").describedAs(
                        "Both bars have the same lower part, the rank. What is left above it is lost on the way in, or never reached on the way out."));
        Tensor right = Tensor.concat(1, spaces.rowSpace(), spaces.kernel()), left = Tensor.concat(1, spaces.image(), spaces.leftKernel());
        var seen = left.transpose().matmul(a).matmul(right);
        lab.figure(Figure
                .row("One matrix in two pairs of bases", Figure.heatmap("as it is", a.toRows()).diverging().axes("column", "row"),
                        Figure.heatmap("in its own bases", rounded(seen)).diverging().axes("row space, then kernel",
                                "image, then left kernel"))
                .describedAs(
                        "In the bases of the four subspaces the matrix is a diagonal of singular values in one corner; the other three blocks are zero."));
        double[] s = Svd.values(a).toDoubleArray(), order = IntStream.rangeClosed(1, s.length).asDoubleStream().toArray();
        double[] shown = Arrays.stream(s).map(v -> Math.max(v, 1e-18)).toArray();
        lab.figure(Figure.scatter("Singular values and what counts as 0", order, shown)
                .horizontalLine(Math.max(rank.tolerance(), 1e-18), "tolerance").logY().axes("number", "singular value")
                .describedAs("A cliff separates the values that count from those that rounding left; noise fills it up."));
        lab.say("Rank %d, kernel of dimension %d: together the %d columns. With noise 10^%.0f on its entries the matrix has rank %d.",
                rank.rank(), spaces.nullity(), n, Math.max(noise, -9),
                Rank.of(planted.add(Tensor.randn(rng, DType.F64, m, n).mul(Math.pow(10, Math.max(noise, -9))))).rank());
        lab.shows("rank and vectors of the kernel, less n", rank.rank() + spaces.kernel().size(1) - n, exactly(0));
        lab.shows("|A N|", Norms.frobenius(a.matmul(spaces.kernel())), below(1e-10));
        lab.shows("entries outside the corner", outside(seen, rank.rank()), below(1e-10));
        hilbert(lab);
    }

    private static double[][] rounded(Tensor x) { return x.mul(1e6).round().div(1e6).toRows(); }

    private static double outside(Tensor x, int r) {
        double[][] rows = x.toRows();
        double most = 0;
        for (int i = 0; i < rows.length; i++)
            for (int j = 0; j < rows[i].length; j++) if (i >= r || j >= r) most = Math.max(most, Math.abs(rows[i][j]));
        return most;
    }

    private static void hilbert(LabContext lab) {
        var rows = new ArrayList<List<?>>();
        double[] size = IntStream.rangeClosed(1, 20).asDoubleStream().toArray(), exact = new double[20], numeric = new double[20];
        for (int n = 1; n <= 20; n++) {
            long[][] ones = new long[n][n], places = new long[n][n];
            for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) {
                ones[i][j] = 1;
                places[i][j] = i + j + 1;
            }
            var places64 = Tensor.of(Arrays.stream(places).flatMapToLong(Arrays::stream).asDoubleStream().toArray(), n, n);
            exact[n - 1] = Rank.exact(ExactMatrix.ofFractions(ones, places)).rank();
            numeric[n - 1] = Rank.of(places64.rdiv(1)).rank();
            rows.add(List.of(n, (int) exact[n - 1], (int) numeric[n - 1]));
        }
        lab.figure(Figure.plot("Rank of Hilbert's matrix").line("exact", size, exact).line("by singular values in F64", size, numeric)
                .axes("size n", "rank")
                .describedAs("Exact elimination says n. In double precision the count follows for ten steps or so, then hardly grows."));
        lab.table("Hilbert's matrix", List.of("n", "exact rank", "numeric rank"), rows);
        lab.shows("exact rank at n = 12", exact[11], exactly(12));
        lab.shows("numeric rank at n = 12", numeric[11], atMost(11));
    }
}
