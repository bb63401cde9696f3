package lyceum.tensor;

import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.ShapeException;
import lyceum.backend.Parallel;

/**
 * A tensor core in software: one instruction multiplies a tile {@code (m, k)} by a tile {@code (k, n)} of low precision and adds the product to a tile
 * {@code (m, n)} of wide sums, {@code D = A B + C}. What a product loses by its inputs' format, by its sums and by shapes that miss the tile.
 *
 * {@snippet :
 * var run = MatrixUnit.BF16.multiply(a, b);            // a (m, k), b (k, n), any float type: rounded to bf16, summed in F32
 * run.product();                                       // F32 (m, n)
 * run.instructions();                                  // of 4,096 operations each
 * run.utilisation();                                   // the share that is not spent on padding
 * new MatrixUnit.Tile(128, 128, 32).utilisation(129, 129, 4096); // 0.254: of a kernel's tiles
 * }
 *
 * <p>Inputs are rounded to the format, to nearest even. Their products are exact; an instruction adds its k products to the sum as if exactly (in F64) and rounds the sum
 * once: {@code |C - AB| <= ceil(depth / k) 2^-24 |A||B|} element by element to first order in F32, twice as much where sums are cut off. Real units differ: they align the terms
 * and cut bits off them, each generation in its own way (Fasi and others 2021). Fast products on this machine are {@link Tensor#matmul(Tensor)} and, with BF16 or split operands,
 * {@link Tensor#matmul(Tensor, lyceum.backend.Precision)}.
 *
 * @param name as makers write it
 * @param format of both inputs
 * @param sums F32 or F16
 * @param rounding of the sums: {@link Rounding#NEAREST_EVEN}, or {@link Rounding#TOWARD_ZERO} as hardware does
 * @see <a href="https://arxiv.org/abs/1803.04014">Markidis and others (2018)</a>
 * @see <a href="https://doi.org/10.7717/peerj-cs.330">Fasi, Higham, Mikaitis and Pranesh (2021)</a>
 */
public record MatrixUnit(String name, Tile tile, NumberFormat format, DType sums, Rounding rounding) {
    public static final MatrixUnit BF16 = new MatrixUnit("m16n8k16 bf16", new Tile(16, 8, 16), NumberFormat.BF16, DType.F32,
            Rounding.NEAREST_EVEN);
    public static final MatrixUnit FP16 = new MatrixUnit("m16n8k16 fp16", new Tile(16, 8, 16), NumberFormat.FP16, DType.F32,
            Rounding.NEAREST_EVEN);
    /** Twice as deep, for numbers half as wide. */
    public static final MatrixUnit E4M3 = new MatrixUnit("m16n8k32 e4m3", new Tile(16, 8, 32), NumberFormat.E4M3, DType.F32,
            Rounding.NEAREST_EVEN);
    public static final MatrixUnit E5M2 = new MatrixUnit("m16n8k32 e5m2", new Tile(16, 8, 32), NumberFormat.E5M2, DType.F32,
            Rounding.NEAREST_EVEN);

    /** The shape in which work is done, of an instruction or of a kernel's block. */
    public record Tile(int m, int n, int k) {
        public Tile {
            if (m < 1 || n < 1 || k < 1)
                throw new IllegalArgumentException("Tile: " + m + " x " + n + " x " + k + "; sides are at least 1");
        }

        /** Tiles that a product (rows, depth) by (depth, columns) takes. */
        public long count(long rows, long columns, long depth) {
            return Math.multiplyExact(Math.multiplyExact(Math.ceilDiv(rows, m), Math.ceilDiv(columns, n)), Math.ceilDiv(depth, k));
        }

        /** Multiply-adds that are wanted over those that are done. */
        public double utilisation(long rows, long columns, long depth) {
            return (double) Math.multiplyExact(Math.multiplyExact(rows, columns), depth)
                    / Math.multiplyExact(count(rows, columns, depth), multiplyAdds());
        }

        /** Of one tile. */
        public long multiplyAdds() { return (long) m * n * k; }
    }

    /**
     * A product that was done.
     *
     * @param product (m, n), of the type of the sums
     * @param instructions issued
     * @param utilisation of the multiply-adds in them, the share that met no padding
     */
    public record Run(Tensor product, long instructions, double utilisation) {}

    public MatrixUnit {
        if (sums != DType.F32 && sums != DType.F16) throw new DTypeException("MatrixUnit: sums in " + sums + "; they are F32 or F16");
        if (rounding != Rounding.NEAREST_EVEN && rounding != Rounding.TOWARD_ZERO)
            throw new IllegalArgumentException("MatrixUnit: the rounding of sums is NEAREST_EVEN or TOWARD_ZERO");
    }

    /** Those named here. */
    public static List<MatrixUnit> named() { return List.of(BF16, FP16, E4M3, E5M2); }

    public MatrixUnit withSums(DType sums) { return new MatrixUnit(name, tile, format, sums, rounding); }

    public MatrixUnit withRounding(Rounding rounding) { return new MatrixUnit(name, tile, format, sums, rounding); }

    /**
     * The product, tile by tile, edges padded with zeros. No gradient.
     *
     * @throws ShapeException unless a is (m, k) and b (k, n)
     */
    public Run multiply(Tensor a, Tensor b) {
        if (a.rank() != 2 || b.rank() != 2 || a.size(1) != b.size(0))
            throw new ShapeException("MatrixUnit: " + a.shape() + " x " + b.shape() + "; they are (m, k) and (k, n)");
        int m = Math.toIntExact(a.size(0)), k = Math.toIntExact(a.size(1)), n = Math.toIntExact(b.size(1));
        float[] x = format.round(a.to(DType.F32)).toFloatArray(), y = format.round(b.to(DType.F32)).toFloatArray();
        var out = new float[Math.multiplyExact(m, n)];
        int bands = Math.ceilDiv(m, tile.m);
        var issued = new long[bands];
        Parallel.range(bands, 1, (from, to) -> {
            for (int band = (int) from; band < to; band++) issued[band] = band(x, y, out, m, n, k, band * tile.m);
        });
        long instructions = 0;
        for (long count : issued) instructions += count;
        double done = (double) instructions * tile.multiplyAdds();
        return new Run(Tensor.of(out, m, n).to(sums), instructions, done == 0 ? 1 : (double) m * n * k / done);
    }

    /** Rows {@code i0 .. i0 + tile.m - 1} of the product; returns the number of instructions. */
    private long band(float[] x, float[] y, float[] out, int m, int n, int k, int i0) {
        float[] left = new float[tile.m * tile.k], right = new float[tile.k * tile.n], c = new float[tile.m * tile.n];
        int rows = Math.min(tile.m, m - i0);
        long issued = 0;
        for (int j0 = 0; j0 < n; j0 += tile.n) {
            int columns = Math.min(tile.n, n - j0);
            Arrays.fill(c, 0);
            for (int k0 = 0; k0 < k; k0 += tile.k, issued++) {
                fragment(x, k, i0, rows, k0, Math.min(tile.k, k - k0), left, tile.k);
                fragment(y, n, k0, Math.min(tile.k, k - k0), j0, columns, right, tile.n);
                issue(left, right, c);
            }
            for (int i = 0; i < rows; i++) System.arraycopy(c, i * tile.n, out, (i0 + i) * n + j0, columns);
        }
        return issued;
    }

    private static void fragment(float[] from, int stride, int row, int rows, int column, int columns, float[] to, int width) {
        Arrays.fill(to, 0);
        for (int i = 0; i < rows; i++) System.arraycopy(from, (row + i) * stride + column, to, i * width, columns);
    }

    /**
     * One instruction, {@code C += A B}: a (m, k), b (k, n) and c (m, n) by rows. Values of a and b are those of the format already.
     *
     * @throws ShapeException if an array is no tile
     */
    public void issue(float[] a, float[] b, float[] c) {
        int m = tile.m, n = tile.n, k = tile.k;
        if (a.length != m * k || b.length != k * n || c.length != m * n)
            throw new ShapeException("MatrixUnit: fragments of " + a.length + ", " + b.length + " and " + c.length + " for a tile " + tile);
        var sum = new double[n];
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) sum[j] = c[i * n + j];
            for (int p = 0; p < k; p++) {
                double factor = a[i * k + p];
                for (int j = 0; j < n; j++) sum[j] += factor * b[p * n + j];
            }
            for (int j = 0; j < n; j++) c[i * n + j] = rounded(sum[j]);
        }
    }

    private float rounded(double sum) {
        if (sums == DType.F16)
            return (float) NumberFormat.FP16.decode(NumberFormat.FP16.encode(sum, rounding, NumberFormat.Overflow.SPECIAL));
        float nearest = (float) sum;
        if (rounding == Rounding.NEAREST_EVEN || !(Math.abs(nearest) > Math.abs(sum))) return nearest;
        return nearest > 0 ? Math.nextDown(nearest) : Math.nextUp(nearest); // toward zero
    }
}
