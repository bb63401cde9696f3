package lyceum.tensor;

import static lyceum.tensor.OpCase.of;
import static lyceum.tensor.OpCase.unary;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.linalg.Linalg;

/** Cases of the catalogue for those who come from NumPy: what is composed, what is counted and looked up, and linear algebra over leading axes. */
final class ArrayCases {
    private ArrayCases() {}

    static List<OpCase> all() {
        var cases = new ArrayList<OpCase>();
        cases.addAll(composed());
        cases.addAll(counted());
        cases.addAll(matrices());
        return cases;
    }

    private static long[] s(long... sizes) { return sizes; }

    private static List<OpCase> composed() {
        var holes = Tensor.of(new boolean[] {false, true, false, false, false, false, true, false, true, false, false, false}, 3, 4);
        return List.of(unary("log10", Tensor::log10, Math::log10, 0.2, 3), unary("asinh", Tensor::asinh, ArrayCases::asinh, -2, 2),
                unary("acosh", Tensor::acosh, x -> x > 1e8 ? Math.log(x) + Math.log(2) : Math.log(x + Math.sqrt(x * x - 1)), 1.2, 4),
                unary("atanh", Tensor::atanh, x -> 0.5 * (Math.log1p(x) - Math.log1p(-x)), -0.8, 0.8),
                of("nanSum", in -> in[0].maskedFill(holes, Double.NaN).nanSum(1), s(3, 4)),
                of("nanMean", in -> in[0].maskedFill(holes, Double.NaN).nanMean(1), s(3, 4)),
                of("nanVar", in -> in[0].maskedFill(holes, Double.NaN).nanVar(1), s(3, 4)),
                of("nanMax", in -> in[0].maskedFill(holes, Double.NaN).nanMax(1), s(3, 4)),
                of("nanMin", in -> in[0].maskedFill(holes, Double.NaN).nanMin(0), s(3, 4)),
                of("quantile", in -> in[0].quantile(0.3, 1), s(3, 5)), of("median", in -> in[0].median(0), s(4, 3)),
                of("cov", in -> in[0].cov(), s(3, 5)), of("corrcoef", in -> in[0].corrcoef(), s(3, 5)),
                of("diff", in -> in[0].diff(1).square(), s(3, 4)), of("diffTwice", in -> in[0].diff(0, 2).square(), s(4, 3)),
                of("diag", in -> in[0].diag().square(), s(3)), of("diagUpper", in -> in[0].diag(2).square(), s(2, 3)),
                of("diagLower", in -> in[0].diag(-1).square(), s(3)),
                of("meshgrid", in -> Tensor.meshgrid(in)[0].mul(Tensor.meshgrid(in)[1]), s(3), s(4)),
                of("normAxis", in -> in[0].norm(1, true), s(3, 4)), of("normAxes", in -> in[0].norm(new int[] {0, 2}, false), s(2, 3, 4)),
                of("kron", in -> Linalg.kron(in[0], in[1]), s(2, 3), s(3, 2)),
                of("chunkUneven", in -> weighted(in[0].chunk(1, 3)), s(3, 7)),
                of("gatherShorter", in -> in[0].gather(1, Tensor.of(new int[] {0, 3, 1, 1}, 2, 2)).square(), s(3, 4)));
    }

    private static double asinh(double x) {
        double a = Math.abs(x);
        return Math.copySign(a > 1e8 ? Math.log(a) + Math.log(2) : Math.log1p(a + a * a / (1 + Math.sqrt(a * a + 1))), x);
    }

    /** All pieces side by side, each told from the others. */
    private static Tensor weighted(Tensor[] pieces) {
        for (int i = 0; i < pieces.length; i++) pieces[i] = pieces[i].square().mul(i + 1);
        return Tensor.concat(1, pieces);
    }

    /** Results that are made outside of tensor operations, from values that are read: whole numbers for the most part, none with a gradient. */
    private static List<OpCase> counted() {
        return List.of(of("histogram", in -> in[0].histogram(5, -2, 1.5).counts(), s(3, 4)),
                of("histogramEdges", in -> in[0].histogram(4).edges(), s(3, 4)), of("bincount", in -> whole(in[0]).bincount(4), s(3, 4)),
                of("bincountWeighted", in -> whole(in[0]).bincount(in[1], 0), s(3, 4), s(3, 4)),
                of("unique", in -> in[0].round().unique().values(), s(3, 4)),
                of("uniqueInverse", in -> in[0].round().unique().inverse(), s(3, 4)),
                of("uniqueCounts", in -> in[0].round().unique().counts(), s(3, 4)),
                of("searchSorted", in -> in[0].sort(0).values().searchSorted(in[1], false), s(5), s(3, 4)),
                of("searchSortedRight", in -> in[0].round().sort(0).values().searchSorted(in[1].round(), true), s(5), s(3, 4)),
                of("closeness", in -> told(in[0].closeness(in[1], 0.1, 0.5)), s(3, 4), s(3, 4)),
                of("allClose", in -> Tensor.of(in[0].allClose(in[0].copy()), in[0].allClose(in[1])), s(3, 4), s(3, 4))).stream()
                .map(op -> op.flat().reading()).toList();
    }

    private static Tensor whole(Tensor x) { return x.abs().round().to(DType.I64); }

    private static Tensor told(ArrayOps.Closeness c) { return Tensor.of(c.different(), c.largest(), c.place()); }

    /** Of operands in F32 at least: what 16 bits round before a matrix is factored would be rounded elsewhere by every backend. */
    private static List<OpCase> matrices() {
        return List.of(of("solveBatched", in -> Linalg.solve(regular(in[0]), wide(in[1])), s(2, 3, 3), s(2, 3, 2)),
                of("solveOfOneVector", in -> Linalg.solve(regular(in[0]), wide(in[1])), s(2, 3, 3), s(3)),
                of("solveTriangularBatched", in -> Linalg.solveTriangular(regular(in[0]), wide(in[1]), true, false), s(2, 3, 3),
                        s(2, 3, 2)),
                of("inverseBatched", in -> Linalg.inverse(regular(in[0])), s(2, 3, 3)),
                of("choleskyBatched", in -> Linalg.cholesky(symmetric(in[0])), s(2, 3, 3)),
                of("eighValues", in -> Linalg.eigh(symmetric(in[0])).values(), s(2, 3, 3)),
                // Squares do not depend on the signs of vectors.
                of("eighVectors", in -> Linalg.eigh(symmetric(in[0])).vectors().square(), s(2, 3, 3)),
                of("svdValues", in -> Linalg.svd(regular(in[0])).s(), s(2, 3, 3)),
                of("svdVectors", in -> joined(Linalg.svd(regular(in[0])).u(), Linalg.svd(regular(in[0])).v()).square(), s(2, 3, 3)),
                of("qrBatched", in -> joined(Linalg.qr(regular(in[0])).q(), Linalg.qr(regular(in[0])).r()), s(2, 3, 3)),
                // Upside down, so that rows are exchanged.
                of("luBatched", in -> joined(Linalg.lu(regular(in[0]).flip(-2)).lower(), Linalg.lu(regular(in[0]).flip(-2)).upper()),
                        s(2, 3, 3)),
                of("luOrder", in -> Linalg.lu(wide(in[0])).order(), s(2, 3, 3)).flat());
    }

    private static Tensor wide(Tensor x) { return RowOps.wide(x.to(x.dtype().toFloat())); }

    /** With {@code 2, 4, 6, ..} on the diagonals beside small numbers: far from singular, with eigenvalues and singular values far from each other. */
    private static Tensor regular(Tensor x) {
        var w = wide(x);
        return w.mul(0.2).add(Tensor.arange(w.size(-1)).add(1).mul(2).to(w.dtype()).diag());
    }

    private static Tensor symmetric(Tensor x) {
        var a = regular(x);
        return a.add(a.transpose()).mul(0.5);
    }

    private static Tensor joined(Tensor above, Tensor below) { return Tensor.concat(-2, above, below); }
}
