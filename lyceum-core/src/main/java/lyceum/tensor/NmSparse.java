package lyceum.tensor;

import java.util.Arrays;
import lyceum.ShapeException;

/**
 * A matrix of which every {@code m} consecutive elements of a row keep the {@code n} of largest magnitude: 2:4 is what sparse tensor cores take.
 * Stored are the kept values and the place of each in its block, packed. Immutable.
 *
 * @see <a href="https://arxiv.org/abs/2104.08378">Mishra and others (2021)</a>
 */
public final class NmSparse {
    private final int n, m;
    private final long rows, columns;
    private final Tensor values;
    private final PackedCodes places;

    private NmSparse(int n, int m, long rows, long columns, Tensor values, PackedCodes places) {
        this.n = n;
        this.m = m;
        this.rows = rows;
        this.columns = columns;
        this.values = values;
        this.places = places;
    }

    /**
     * Prunes a matrix; of equal magnitudes the first stay.
     *
     * @throws ShapeException if it is no matrix, or its rows are not whole blocks
     */
    public static NmSparse prune(Tensor dense, int n, int m) {
        if (n < 1 || n >= m || m > 256)
            throw new IllegalArgumentException("NmSparse: " + n + " of " + m + "; 1 to m - 1 of 2 to 256 are kept");
        if (dense.rank() != 2 || dense.size(1) % m != 0)
            throw new ShapeException("NmSparse: shape " + dense.shape() + "; a matrix is meant whose rows divide into blocks of " + m);
        var x = dense.detach().to(dense.dtype().toFloat()).reshape(-1, m);
        // The sort is stable: of equal magnitudes the first come first.
        var kept = x.abs().argsort(1, true).narrow(1, 0, n).sort(1).values();
        int[] place = kept.reshape(-1).toIntArray();
        var places = new PackedCodes(32 - Integer.numberOfLeadingZeros(m - 1), place.length);
        for (int i = 0; i < place.length; i++) places.set(i, place[i]);
        return new NmSparse(n, m, dense.size(0), dense.size(1), x.gather(1, kept).reshape(-1).compute(), places);
    }

    /** The kept values, block by block. */
    public Tensor values() { return values; }

    public Tensor toDense() { return Tensor.zeros(values.dtype(), rows * columns).scatter(0, flat(), values).reshape(rows, columns); }

    /** In compressed rows: kept zeros stay stored. */
    public Csr toCsr() {
        var start = new int[(int) rows + 1];
        for (int i = 1; i <= rows; i++) start[i] = (int) (i * (columns / m * n));
        return Csr.of(rows, columns, start, columnsOf(), values);
    }

    private int[] columnsOf() { return Arrays.stream(flat().toLongArray()).mapToInt(at -> (int) (at % columns)).toArray(); }

    private Tensor flat() {
        var at = new long[places.count()];
        for (int i = 0; i < at.length; i++) at[i] = (long) (i / n) * m + places.get(i);
        return Tensor.of(at);
    }

    /** Product with a dense matrix or vector. */
    public Tensor matmul(Tensor dense) { return toCsr().matmul(dense); }

    /** Bytes of values and places. */
    public long bytes() { return values.count() * values.dtype().bytes() + places.size(); }
}
