package lyceum.data;

import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;

/**
 * Categories hashed into a fixed number of columns: nothing is learned, no table grows, new categories need no refit. Each cell adds +1 or -1 at its
 * {@code name=value}'s place, so that colliding ones cancel on average (Weinberger and others 2009). There is no inverse.
 *
 * @param width columns
 * @param signed whether half of the categories count -1; true by default
 * @see <a href="https://arxiv.org/abs/0902.2206">Weinberger and others (2009)</a>
 */
public record HashingEncoder(int width, boolean signed) {
    public HashingEncoder {
        if (width < 1) throw new IllegalArgumentException("HashingEncoder: " + width + " columns; at least 1");
    }

    public HashingEncoder(int width) { this(width, true); }

    /** The hashed cells of all columns, (n x width), F64. */
    public Csr transform(Frame frame) {
        int n = frame.size(), p = frame.columns().size();
        int[] rows = new int[n * p], columns = new int[n * p];
        var values = new double[n * p];
        for (int j = 0; j < p; j++) {
            var column = frame.columns().get(j);
            var cells = column.toList();
            for (int i = 0; i < n; i++) {
                var key = column.name() + "=" + cells.get(i);
                rows[i * p + j] = i;
                columns[i * p + j] = (int) (KeyHash.unit(key, 1) * width);
                values[i * p + j] = signed && KeyHash.unit(key, 2) < 0.5 ? -1 : 1;
            }
        }
        return Csr.fromEntries(n, width, rows, columns, values);
    }

    /** As {@link #transform}, dense. */
    public Tensor dense(Frame frame) { return transform(frame).toDense(); }
}
