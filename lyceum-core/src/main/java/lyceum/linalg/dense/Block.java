package lyceum.linalg.dense;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import lyceum.DType;
import lyceum.backend.Backend;
import lyceum.backend.Program;
import lyceum.backend.View;
import lyceum.memory.Allocator;
import lyceum.memory.Scope;
import lyceum.memory.Storage;
import lyceum.tensor.Tensor;

/**
 * A matrix of F64 outside the Java heap, or a window on one: what algorithms in blocks work on, whose products are a {@link Backend}'s.
 *
 * @param offset of element (0, 0), in elements from the storage's base
 * @param down elements from row to row, {@code across} from column to column
 */
public record Block(int m, int n, Storage storage, long offset, long down, long across) {
    /** Rows or columns from which blocks outside the heap pay beside loops over rows. */
    public static final int LEAST = 96;

    private static final ValueLayout.OfDouble F64 = ValueLayout.JAVA_DOUBLE_UNALIGNED;
    private static final Program COPY = Program.copy(DType.F64);

    /** Contents undefined; it belongs to the current {@link Scope}, and its elements follow one another. */
    public static Block empty(int m, int n) { return of(m, n, n, Scope.current()); }

    /** Contents undefined; it outlives every scope, as what an object keeps. Rows lie a little apart where they would meet in the same sets of the caches. */
    public static Block kept(int m, int n) { return of(m, n, n % 64 == 0 ? n + 8 : n, null); }

    private static Block of(int m, int n, int stride, Scope scope) {
        return new Block(m, n, Allocator.allocate(Math.multiplyExact((long) m * stride, Double.BYTES), scope), 0, stride, 1);
    }

    /** A copy that an object keeps. */
    public static Block kept(double[][] rows, int n) { return kept(rows.length, n).setRows(rows); }

    /** The values of a matrix, or of a vector as its one column, where they lie, to be read. */
    public static Block of(Tensor a) {
        var v = a.values(DType.F64);
        int m = (int) v.shape()[0], n = v.shape().length == 1 ? 1 : (int) v.shape()[1];
        return new Block(m, n, v.storage(), v.offset(), n, 1);
    }

    /** True where this backend has kernels for factors of such a size. */
    public static boolean pays(int m, int n) { return Math.min(m, n) >= LEAST && Backend.current().substitutes() > 0; }

    public Block part(int i0, int i1, int j0, int j1) {
        return new Block(i1 - i0, j1 - j0, storage, offset + i0 * down + j0 * across, down, across);
    }

    public Block rows(int i0, int i1) { return part(i0, i1, 0, n); }

    public Block columns(int j0, int j1) { return part(0, m, j0, j1); }

    public Block transposed() { return new Block(n, m, storage, offset, across, down); }

    /** The last row first. */
    Block upsideDown() { return new Block(m, n, storage, offset + (m - 1) * down, -down, across); }

    /** The last row and the last column first: what was upper triangular is lower. */
    Block turned() { return new Block(m, n, storage, offset + (m - 1) * down + (n - 1) * across, -down, -across); }

    public View view() { return new View(DType.F64, storage, offset, new long[] {m, n}, new long[] {down, across}); }

    private long at(int i, int j) { return storage.base() + (offset + i * down + j * across) * Double.BYTES; }

    public double get(int i, int j) {
        double value = storage.segment().get(F64, at(i, j));
        Reference.reachabilityFence(storage);
        return value;
    }

    public void set(int i, int j, double value) {
        storage.segment().set(F64, at(i, j), value);
        Reference.reachabilityFence(storage);
    }

    /** {@code count} elements of a row, which are neighbours, from column j on. */
    public void row(int i, int j, double[] to, int at, int count) {
        MemorySegment.copy(storage.segment(), F64, at(i, j), to, at, count);
        Reference.reachabilityFence(storage);
    }

    public void setRow(int i, int j, double[] from, int at, int count) {
        MemorySegment.copy(from, at, storage.segment(), F64, at(i, j), count);
        Reference.reachabilityFence(storage);
    }

    /** As many elements of each of these rows as there are columns. Returns this. */
    Block setRows(double[][] rows) {
        for (int i = 0; i < m; i++) setRow(i, 0, rows[i], 0, n);
        return this;
    }

    /** {@code to[j][i]} becomes element (i, j). */
    void toColumns(double[][] to) {
        var memory = storage.segment();
        long step = down * Double.BYTES, side = across * Double.BYTES, row = at(0, 0);
        for (int i = 0; i < m; i++, row += step) {
            long at = row;
            for (int j = 0; j < n; j++, at += side) to[j][i] = memory.get(F64, at);
        }
        Reference.reachabilityFence(storage);
    }

    /** Element (i, j) becomes {@code from[j][i]}. */
    void setColumns(double[][] from) {
        var memory = storage.segment();
        long step = down * Double.BYTES, side = across * Double.BYTES, row = at(0, 0);
        for (int i = 0; i < m; i++, row += step) {
            long at = row;
            for (int j = 0; j < n; j++, at += side) memory.set(F64, at, from[j][i]);
        }
        Reference.reachabilityFence(storage);
    }

    void swapRows(int i, int k) {
        var memory = storage.segment();
        long x = at(i, 0), y = at(k, 0), side = across * Double.BYTES;
        for (int j = 0; j < n; j++, x += side, y += side) {
            double t = memory.get(F64, x);
            memory.set(F64, x, memory.get(F64, y));
            memory.set(F64, y, t);
        }
        Reference.reachabilityFence(storage);
    }

    /** Zeros in {@code count} neighbours of a row from column j on. */
    public void clear(int i, int j, int count) {
        if (count > 0) storage.segment().asSlice(at(i, j), (long) count * Double.BYTES).fill((byte) 0);
        Reference.reachabilityFence(storage);
    }

    /** Zeros left of the diagonal. */
    public Block clearLower() {
        for (int i = 1; i < m; i++) clear(i, 0, Math.min(i, n));
        return this;
    }

    /** The values of {@code other}, of the same shape. Returns this. */
    public Block setTo(Block other) {
        Backend.current().run(COPY, new View[] {other.view()}, new View[] {view()});
        return this;
    }

    /** {@code this = a b}. */
    Block setProduct(Backend backend, Block a, Block b) {
        backend.matmul(a.view(), b.view(), view());
        return this;
    }

    /** {@code this -= a b}. */
    void minusProduct(Backend backend, Block a, Block b) {
        if (m > 0 && n > 0 && a.n > 0) backend.subtractProduct(a.view(), b.view(), view());
    }

    public double[][] toRows() {
        var rows = new double[m][n];
        for (int i = 0; i < m; i++) row(i, 0, rows[i], 0, n);
        return rows;
    }

    /** This memory as a tensor; the elements follow one another, and nobody else writes them. */
    public Tensor tensor(DType type) { return Tensor.on(storage, offset * Double.BYTES, DType.F64, m, n).to(type); }

    /** The one column as a vector. */
    public Tensor vector(DType type) { return Tensor.on(storage, offset * Double.BYTES, DType.F64, m).to(type); }

    /** A copy as a tensor. */
    public Tensor copied(DType type) { return empty(m, n).setTo(this).tensor(type); }
}
