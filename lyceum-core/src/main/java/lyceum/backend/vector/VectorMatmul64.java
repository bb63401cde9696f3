package lyceum.backend.vector;

import java.util.Arrays;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorSpecies;
import lyceum.backend.Parallel;
import lyceum.backend.scalar.Matmul.Matrix;
import lyceum.backend.scalar.Panels;

/**
 * F64 products, as {@link VectorMatmul} does F32 ones: B is packed by panels of {@link #NR} columns that stay in the second-level cache, A by
 * panels of {@value #MR} rows that stay in the first, and a micro-kernel keeps an MR x NR block of C in registers.
 *
 * <p>Panels are heap arrays: C2 stops inlining vector code with this many accumulators over a memory segment.
 */
final class VectorMatmul64 {
    private static final VectorSpecies<Double> S = DoubleVector.SPECIES_PREFERRED;
    private static final int L = S.length();
    private static final int MR = 6, NR = 2 * L;
    private static final int KC = 256, MC = 120, NC = 1536 / NR * NR;

    private static final ThreadLocal<double[]> PACKED_A = ThreadLocal.withInitial(() -> new double[MC * KC]);
    private static final ThreadLocal<double[]> BLOCK = ThreadLocal.withInitial(() -> new double[MR * NR]);

    private VectorMatmul64() {}

    /** {@code out = a b} for F64. */
    static void multiply(Matrix a, Matrix b, Matrix out, int m, int n, int k) {
        var c = new double[Math.multiplyExact(m, n)];
        var packedB = new double[Math.min(KC, k) * ((Math.min(NC, n) + NR - 1) / NR * NR)];
        for (int jc = 0; jc < n; jc += NC) {
            int nc = Math.min(NC, n - jc);
            for (int pc = 0; pc < k; pc += KC) {
                int kc = Math.min(KC, k - pc), columns = jc, inner = pc;
                int panels = (nc + NR - 1) / NR;
                Parallel.range(panels, 8, 0.5 * kc * NR, (from, to) -> {
                    for (int p = (int) from; p < to; p++)
                        packB(b, inner, kc, columns + p * NR, Math.min(NR, nc - p * NR), packedB, p * kc * NR);
                });
                Parallel.range((m + MC - 1) / MC, 1, 0.04 * MC * nc * kc, (from, to) -> {
                    for (int block = (int) from; block < to; block++) {
                        int ic = block * MC, mc = Math.min(MC, m - ic);
                        var packedA = PACKED_A.get();
                        packA(a, ic, mc, inner, kc, packedA);
                        block(packedA, packedB, c, ic, mc, columns, nc, kc, n);
                    }
                });
            }
        }
        Panels.store(out, c, m, n);
    }

    private static void packB(Matrix b, int row, int rows, int column, int columns, double[] to, int at) {
        if (columns < NR) Arrays.fill(to, at, at + rows * NR, 0);
        Panels.load(b, row, rows, column, columns, to, at, NR);
    }

    /** Panels of MR rows, column by column, so that the micro-kernel reads A in sequence. */
    private static void packA(Matrix a, int row, int rows, int column, int columns, double[] to) {
        var line = new double[columns];
        for (int i0 = 0; i0 < rows; i0 += MR) {
            int at = i0 * columns, height = Math.min(MR, rows - i0);
            if (height < MR) Arrays.fill(to, at, at + MR * columns, 0);
            for (int i = 0; i < height; i++) {
                Panels.load(a, row + i0 + i, 1, column, columns, line, 0, columns);
                for (int p = 0; p < columns; p++) to[at + p * MR + i] = line[p];
            }
        }
    }

    private static void block(double[] a, double[] b, double[] c, int ic, int mc, int jc, int nc, int kc, int n) {
        var edge = BLOCK.get();
        for (int j = 0; j < nc; j += NR) {
            int width = Math.min(NR, nc - j);
            for (int i = 0; i < mc; i += MR) {
                int height = Math.min(MR, mc - i), at = (ic + i) * n + jc + j;
                if (width == NR && height == MR) {
                    kernel(a, i * kc, b, j * kc, kc, c, at, n);
                } else {
                    Arrays.fill(edge, 0);
                    kernel(a, i * kc, b, j * kc, kc, edge, 0, NR);
                    for (int y = 0; y < height; y++) for (int x = 0; x < width; x++) c[at + y * n + x] += edge[y * NR + x];
                }
            }
        }
    }

    /** {@code c += a b} for one MR x NR block in registers: twelve accumulators, two loads and six broadcasts a step. */
    private static void kernel(double[] a, int ia, double[] b, int ib, int kc, double[] c, int ic, int n) {
        DoubleVector c00 = DoubleVector.zero(S), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00;
        DoubleVector c30 = c00, c31 = c00, c40 = c00, c41 = c00, c50 = c00, c51 = c00;
        for (int p = 0; p < kc; p++, ia += MR, ib += NR) {
            var b0 = DoubleVector.fromArray(S, b, ib);
            var b1 = DoubleVector.fromArray(S, b, ib + L);
            var x = DoubleVector.broadcast(S, a[ia]);
            c00 = x.fma(b0, c00);
            c01 = x.fma(b1, c01);
            x = DoubleVector.broadcast(S, a[ia + 1]);
            c10 = x.fma(b0, c10);
            c11 = x.fma(b1, c11);
            x = DoubleVector.broadcast(S, a[ia + 2]);
            c20 = x.fma(b0, c20);
            c21 = x.fma(b1, c21);
            x = DoubleVector.broadcast(S, a[ia + 3]);
            c30 = x.fma(b0, c30);
            c31 = x.fma(b1, c31);
            x = DoubleVector.broadcast(S, a[ia + 4]);
            c40 = x.fma(b0, c40);
            c41 = x.fma(b1, c41);
            x = DoubleVector.broadcast(S, a[ia + 5]);
            c50 = x.fma(b0, c50);
            c51 = x.fma(b1, c51);
        }
        add(c00, c01, c, ic);
        add(c10, c11, c, ic + n);
        add(c20, c21, c, ic + 2 * n);
        add(c30, c31, c, ic + 3 * n);
        add(c40, c41, c, ic + 4 * n);
        add(c50, c51, c, ic + 5 * n);
    }

    private static void add(DoubleVector x, DoubleVector y, double[] c, int at) {
        x.add(DoubleVector.fromArray(S, c, at)).intoArray(c, at);
        y.add(DoubleVector.fromArray(S, c, at + L)).intoArray(c, at + L);
    }
}
