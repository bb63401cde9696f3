package lyceum.linalg.dense;

/** Right eigenvectors from a real Schur form: back substitution in T, then multiplication by Z. Pairs are complex conjugates. */
public final class SchurVectors {
    private static final double BIG = 1e120;

    private final RealSchur schur;
    private final double[][] t;
    private final double smallest;
    /** Row j: the vector of eigenvalue j in Schur coordinates, real and imaginary part. */
    public final double[][] re, im;

    private SchurVectors(RealSchur schur) {
        this.schur = schur;
        t = schur.t;
        int n = schur.n;
        re = new double[n][n];
        im = new double[n][n];
        smallest = Math.max(Double.MIN_NORMAL, Math.ulp(1.0) * Dense.maxAbs(t));
    }

    /** Eigenvectors as rows, of Euclidean length 1; of a conjugate pair the first row belongs to the positive imaginary part. */
    public static SchurVectors of(RealSchur schur) {
        var v = new SchurVectors(schur);
        int n = schur.n;
        for (int j = 0; j < n; j++) {
            if (schur.imaginary[j] == 0) {
                v.solveReal(j);
            } else {
                v.solveComplex(j);
                j++;
            }
        }
        return v;
    }

    /** To original coordinates: rows times {@code Z^T}. */
    public double[][] real() { return Product.of(re, schur.zt, schur.n); }

    public double[][] imaginary() { return Product.of(im, schur.zt, schur.n); }

    private void solveReal(int j) {
        double[] x = re[j];
        double lambda = schur.real[j];
        x[j] = 1;
        for (int i = j - 1; i >= 0; i--) {
            double b = -Rows.dot(t[i], x, i + 1, j + 1);
            if (i > 0 && t[i][i - 1] != 0) {
                double above = -Rows.dot(t[i - 1], x, i + 1, j + 1);
                solve2(i - 1, lambda, 0, above, 0, b, 0, x, null);
                i--;
            } else {
                double d = t[i][i] - lambda;
                x[i] = b / (Math.abs(d) < smallest ? smallest : d);
            }
            limit(x, null, Math.max(Math.abs(x[i]), Math.abs(x[i + 1])), j + 1);
        }
    }

    private void solveComplex(int j) {
        double[] x = re[j], y = im[j];
        double wr = schur.real[j], wi = schur.imaginary[j];
        int last = j + 1;
        if (Math.abs(t[j][last]) >= Math.abs(t[last][j])) {
            x[j] = 1;
            y[last] = wi / t[j][last];
        } else {
            x[j] = -wi / t[last][j];
            y[last] = 1;
        }
        for (int i = j - 1; i >= 0; i--) {
            double br = -Rows.dot(t[i], x, i + 1, last + 1), bi = -Rows.dot(t[i], y, i + 1, last + 1);
            if (i > 0 && t[i][i - 1] != 0) {
                double ar = -Rows.dot(t[i - 1], x, i + 1, last + 1), ai = -Rows.dot(t[i - 1], y, i + 1, last + 1);
                solve2(i - 1, wr, wi, ar, ai, br, bi, x, y);
                i--;
            } else {
                divide(br, bi, t[i][i] - wr, -wi, x, y, i);
            }
            limit(x, y, Math.max(Math.hypot(x[i], y[i]), Math.hypot(x[i + 1], y[i + 1])), last + 1);
        }
        for (int i = 0; i <= last; i++) {
            re[last][i] = x[i];
            im[last][i] = -y[i];
        }
    }

    private void limit(double[] x, double[] y, double size, int to) {
        if (size < BIG) return;
        Rows.scale(1 / size, x, 0, to);
        if (y != null) Rows.scale(1 / size, y, 0, to);
    }

    private void divide(double br, double bi, double dr, double di, double[] x, double[] y, int i) {
        double size = Math.max(Math.abs(dr), Math.abs(di));
        if (size < smallest) {
            dr = smallest;
            di = 0;
            size = smallest;
        }
        double p = dr / size, q = di / size, d = size * (p * p + q * q);
        x[i] = (br * p + bi * q) / d;
        if (y != null) y[i] = (bi * p - br * q) / d;
    }

    /** {@code (T[i..i+1, i..i+1] - lambda) (x_i, x_{i+1}) = (a, b)} by elimination with pivoting, in complex numbers. */
    private void solve2(int i, double wr, double wi, double ar, double ai, double br, double bi, double[] x, double[] y) {
        double p = t[i][i] - wr, q = t[i][i + 1], c = t[i + 1][i], d = t[i + 1][i + 1] - wr;
        var fr = new double[2];
        var fi = new double[2];
        if (Math.hypot(p, wi) >= Math.abs(c)) {
            divide(c, 0, p, -wi, fr, fi, 0);
            double er = d - fr[0] * q, ei = -wi - fi[0] * q;
            divide(br - (fr[0] * ar - fi[0] * ai), bi - (fr[0] * ai + fi[0] * ar), er, ei, fr, fi, 1);
            divide(ar - q * fr[1], ai - q * fi[1], p, -wi, fr, fi, 0);
        } else {
            // rows exchanged: (c, d - i wi | b), (p - i wi, q | a)
            double gr = p / c, gi = -wi / c;
            double er = q - (gr * d + gi * wi), ei = -(gi * d - gr * wi);
            divide(ar - (gr * br - gi * bi), ai - (gr * bi + gi * br), er, ei, fr, fi, 1);
            fr[0] = (br - (d * fr[1] + wi * fi[1])) / c;
            fi[0] = (bi - (d * fi[1] - wi * fr[1])) / c;
        }
        x[i] = fr[0];
        x[i + 1] = fr[1];
        if (y != null) {
            y[i] = fi[0];
            y[i + 1] = fi[1];
        }
    }
}
