package lyceum.linalg.dense;

import java.util.Arrays;
import java.util.Comparator;
import lyceum.ConvergenceException;

/**
 * One-sided Jacobi after QR with column pivoting (Drmac and Veselic, 2008): for {@code A = D1 B D2} with {@code B} well conditioned and
 * diagonal {@code D1}, {@code D2} of any range, every singular value is found to full relative accuracy, however tiny.
 */
public final class JacobiSvd {
    private static final double EPS = Math.ulp(1.0) / 2;
    private static final int SWEEPS = 60;

    private JacobiSvd() {}

    public static SvdSteps.Parts decompose(double[][] a, int n, SvdSteps.Vectors want) {
        int m = a.length;
        if (m < n) return decompose(Dense.transpose(a, n), m, want).transposed();
        double scale = Tridiagonal.powerOfTwo(Dense.maxAbs(a));
        if (scale != 1) for (double[] row : a) Rows.scale(1 / scale, row, 0, n);
        // large rows first makes the reflectors accurate row by row (Cox and Higham, 1998)
        var order = byFallingSize(a);
        var sorted = new double[m][];
        for (int i = 0; i < m; i++) sorted[i] = a[order[i]];
        var qr = HouseholderQr.pivoted(sorted, n);
        var rows = Dense.block(qr.r(), 0, n, 0, n);
        var turned = want == SvdSteps.Vectors.NONE ? null : Dense.identity(n, n);
        orthogonaliseRows(rows, turned, n);
        return assemble(qr, order, rows, turned, n, want, scale);
    }

    private static int[] byFallingSize(double[][] a) {
        var order = new Integer[a.length];
        var size = new double[a.length];
        for (int i = 0; i < a.length; i++) {
            order[i] = i;
            for (double v : a[i]) size[i] = Math.max(size[i], Math.abs(v));
        }
        Arrays.sort(order, Comparator.comparingDouble((Integer i) -> size[i]).reversed());
        return Arrays.stream(order).mapToInt(Integer::intValue).toArray();
    }

    /** Rotates pairs of rows until all are orthogonal, in cyclic order; the same rotations act on the rows of {@code turned}. */
    private static void orthogonaliseRows(double[][] w, double[][] turned, int n) {
        // a cosine of rounded rows is known to about this; below it rotations would go on for ever
        double tolerance = EPS * Math.max(8, n);
        var norm = new double[n];
        for (int sweep = 0;; sweep++) {
            if (sweep == SWEEPS) throw new ConvergenceException(
                    "svd (Jacobi): " + n + " rows were not orthogonal after " + SWEEPS + " sweeps; look for infinite or huge entries");
            for (int i = 0; i < n; i++) norm[i] = Rows.norm(w[i], 0, n);
            boolean turnedAny = false;
            for (int p = 0; p < n - 1; p++) {
                for (int q = p + 1; q < n; q++) {
                    if (norm[p] == 0 || norm[q] == 0) continue;
                    double cosine = Rows.dot(w[p], w[q], 0, n) / norm[p] / norm[q];
                    if (!(Math.abs(cosine) > tolerance)) continue;
                    turnedAny = true;
                    double zeta = (norm[q] / norm[p] - norm[p] / norm[q]) / (2 * cosine);
                    double t = Dense.sign(zeta) / (Math.abs(zeta) + Math.hypot(1, zeta));
                    double c = 1 / Math.hypot(1, t), s = c * t;
                    Rows.rotate(w[p], w[q], c, -s, 0, n);
                    if (turned != null) Rows.rotate(turned[p], turned[q], c, -s, 0, n);
                    norm[p] = Rows.norm(w[p], 0, n);
                    norm[q] = Rows.norm(w[q], 0, n);
                }
            }
            if (!turnedAny) return;
        }
    }

    /** From {@code R = J^T diag(s) W^T}: {@code U = Q J^T} with its rows back in order, {@code V = P W}. */
    private static SvdSteps.Parts assemble(HouseholderQr qr, int[] order, double[][] w, double[][] turned, int n, SvdSteps.Vectors want,
            double scale) {
        int m = order.length;
        var norm = new double[n];
        var place = new Integer[n];
        for (int i = 0; i < n; i++) {
            norm[i] = Rows.norm(w[i], 0, n);
            place[i] = i;
        }
        Arrays.sort(place, Comparator.comparingDouble((Integer i) -> norm[i]).reversed());
        var s = new double[n];
        for (int i = 0; i < n; i++) s[i] = norm[place[i]] * scale;
        if (turned == null) return new SvdSteps.Parts(null, s, null);

        var vt = new double[n][n];
        var basis = new double[n][];
        for (int i = 0; i < n; i++) {
            double[] row = w[place[i]];
            if (norm[place[i]] > 0) TriangularSolve.divide(row, norm[place[i]], n);
            basis[i] = row;
        }
        completeRows(basis, s);
        for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) vt[i][qr.columns()[j]] = basis[i][j];

        int k = want == SvdSteps.Vectors.FULL ? m : n;
        var u = new double[m][k];
        for (int j = 0; j < n; j++) for (int i = 0; i < n; i++) u[i][j] = turned[place[j]][i];
        for (int i = n; i < k; i++) u[i][i] = 1;
        qr.apply(u, k);
        var back = new double[m][];
        for (int i = 0; i < m; i++) back[order[i]] = u[i];
        return new SvdSteps.Parts(Dense.transpose(back, k), s, vt);
    }

    /** Rows of zero singular value carry no direction: any orthonormal completion serves. */
    private static void completeRows(double[][] rows, double[] s) {
        int n = rows.length, rank = n;
        while (rank > 0 && s[rank - 1] == 0) rank--;
        if (rank == n) return;
        var columns = new double[n][rank];
        for (int i = 0; i < n; i++) for (int j = 0; j < rank; j++) columns[i][j] = rows[j][i];
        var q = rank == 0 ? Dense.identity(n, n) : HouseholderQr.of(columns, rank).q(n);
        for (int j = rank; j < n; j++) for (int i = 0; i < n; i++) rows[j][i] = q[i][j];
    }
}
