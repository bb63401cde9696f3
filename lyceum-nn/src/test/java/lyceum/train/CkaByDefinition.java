package lyceum.train;

/** Linear CKA of the rows of two spaces in plain loops, for tests of whatever reckons it. */
public final class CkaByDefinition {
    private CkaByDefinition() {}

    /** {@code tr(K H L H)} over its norms, summed cell by cell. */
    public static double of(double[][] x, double[][] y) {
        double[][] k = centredGram(x), l = centredGram(y);
        double kl = 0, kk = 0, ll = 0;
        for (int i = 0; i < k.length; i++) for (int j = 0; j < k.length; j++) {
            kl += k[i][j] * l[i][j];
            kk += k[i][j] * k[i][j];
            ll += l[i][j] * l[i][j];
        }
        return kl / Math.sqrt(kk * ll);
    }

    private static double[][] centredGram(double[][] x) {
        int n = x.length;
        var k = new double[n][n];
        var rows = new double[n];
        double all = 0;
        for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) {
            for (int c = 0; c < x[i].length; c++) k[i][j] += x[i][c] * x[j][c];
            rows[i] += k[i][j] / n;
            all += k[i][j] / n / n;
        }
        var centred = new double[n][n];
        for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) centred[i][j] = k[i][j] - rows[i] - rows[j] + all;
        return centred;
    }
}
