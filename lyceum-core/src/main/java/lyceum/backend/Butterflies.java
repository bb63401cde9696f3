package lyceum.backend;

/** The loops of Fourier transforms that stand side by side, element t of line c at {@code t w + c}: every loop runs over neighbours. */
public interface Butterflies {
    /** What this JVM runs fastest: vector instructions if it has the module {@code jdk.incubator.vector}; plain loops where the setting says {@code scalar}. */
    static Butterflies best() { return Plain.BEST; }

    /**
     * One pass of Stockham's transform: {@code y[(r p + j) s + q] = w(p, j) sum over k of x[(p + k m) s + q] exp(-2 pi i j k / r)} for p below m and q below s, where s is a
     * multiple of eight and {@code w(p, j)} stands at {@code 2 (p (r - 1) + j - 1)} of the factors, {@code w(p, 0) = 1}.
     */
    void pass(int radix, double[] xr, double[] xi, double[] yr, double[] yi, int s, int m, double[] factors);

    /** {@code (x + i y) (c + i d)} of {@code count} numbers, into x and y; the factors from {@code at} on. */
    void scale(double[] x, double[] y, double[] c, double[] d, int at, int count);

    /** Rows of {@code width} numbers, a multiple of eight. */
    void rows(double[] x, int from, int step, double[] y, int to, int stepTo, int rows, int width);

    /** Plain loops: a sum for each frequency. */
    final class Plain implements Butterflies {
        private static final Butterflies BEST = Backends.butterflies();

        @Override public void pass(int r, double[] xr, double[] xi, double[] yr, double[] yi, int s, int m, double[] factors) {
            double[] cos = new double[r], sin = new double[r], a = new double[r], b = new double[r];
            for (int k = 0; k < r; k++) {
                cos[k] = Math.cos(2 * Math.PI * k / r);
                sin[k] = -Math.sin(2 * Math.PI * k / r);
            }
            for (int p = 0; p < m; p++) {
                for (int q = 0; q < s; q++) {
                    for (int k = 0; k < r; k++) {
                        a[k] = xr[(p + k * m) * s + q];
                        b[k] = xi[(p + k * m) * s + q];
                    }
                    for (int j = 0; j < r; j++) {
                        double re = a[0], im = b[0];
                        for (int k = 1, t = j; k < r; k++, t = (t + j) % r) {
                            re += a[k] * cos[t] - b[k] * sin[t];
                            im += a[k] * sin[t] + b[k] * cos[t];
                        }
                        int f = 2 * (p * (r - 1) + j - 1), o = (r * p + j) * s + q;
                        double c = j == 0 ? 1 : factors[f], d = j == 0 ? 0 : factors[f + 1];
                        yr[o] = re * c - im * d;
                        yi[o] = re * d + im * c;
                    }
                }
            }
        }

        @Override public void scale(double[] x, double[] y, double[] c, double[] d, int at, int count) {
            for (int i = 0; i < count; i++) {
                double re = x[i] * c[at + i] - y[i] * d[at + i];
                y[i] = x[i] * d[at + i] + y[i] * c[at + i];
                x[i] = re;
            }
        }

        @Override public void rows(double[] x, int from, int step, double[] y, int to, int stepTo, int rows, int width) {
            for (int i = 0; i < rows; i++) System.arraycopy(x, from + i * step, y, to + i * stepTo, width);
        }
    }
}
