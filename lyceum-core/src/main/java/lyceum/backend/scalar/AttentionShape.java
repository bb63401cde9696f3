package lyceum.backend.scalar;

import lyceum.ShapeException;
import lyceum.backend.AttentionOptions;
import lyceum.backend.View;

/**
 * The sizes of one attention and where its rows lie: what every implementation of it walks by.
 *
 * @param group query heads that share a key head
 */
public record AttentionShape(AttentionOptions options, int batch, int heads, int group, int queries, int keys, int width, int valueWidth) {

    /** Of a forward or backward pass over these operands. */
    public static AttentionShape of(AttentionOptions options, View q, View k, View v) {
        var table = options.blockTable();
        long keys = table == null ? k.shape()[2] : Math.multiplyExact(table.shape()[1], k.shape()[2]);
        return new AttentionShape(options, count("batch entries", q.shape()[0]), count("heads", q.shape()[1]),
                count("heads", q.shape()[1] / Math.max(1, k.shape()[1])), count("queries", q.shape()[2]), count("keys", keys),
                count("elements of a query", q.shape()[3]), count("elements of a value", v.shape()[3]));
    }

    /** @throws ShapeException beyond what positions in an int reach, with room for a block more */
    private static int count(String what, long n) {
        if (n > Integer.MAX_VALUE / 2) throw new ShapeException(
                "attention: " + n + " " + what + "; at most 2^30 - 1, so attend to them in parts and join these by OnlineSoftmax");
        return (int) n;
    }

    public int keyHeads() { return group == 0 ? 0 : heads / group; }

    /** Keys of batch entry {@code b} that exist. */
    public int length(int b) { return options.keyLengths() == null ? keys : (int) Math.min(keys, number(options.keyLengths(), b)); }

    /** Position of the first query of batch entry {@code b}. */
    public int start(int b) { return options.queryStarts() == null ? keys - queries : (int) number(options.queryStarts(), b); }

    private static long number(View view, int b) {
        return Elements.getLong(view.dtype(), view.storage().segment(), view.byteOffset() + b * view.strides()[0] * view.dtype().bytes());
    }

    /** First key that the query at {@code position} sees. */
    public int firstKey(int position) { return options.window() == 0 ? 0 : (int) Math.max(0, position - options.window() + 1); }

    /** One past the last key that the query at {@code position} sees, of {@code length} keys; not above {@link #firstKey} if it sees none. */
    public int endKey(int position, int length) {
        if (options.causal()) return Math.min(length, position + 1);
        return options.window() == 0 ? length : (int) Math.max(0, Math.min(length, position + options.window()));
    }

    /** Bytes from the start of the segment to row {@code i} of head {@code h} of batch entry {@code b}. */
    public static long row(View view, int b, int h, int i) {
        var s = view.strides();
        return view.byteOffset() + (b * s[0] + h * s[1] + i * s[2]) * view.dtype().bytes();
    }

    /** The same for key or value {@code j}, which may lie in a page. */
    public long keyRow(View view, int b, int h, int j) {
        var table = options.blockTable();
        if (table == null) return row(view, b, h, j);
        int size = (int) view.shape()[2];
        return row(view, (int) block(b, j / size), h, j % size);
    }

    /** Rows from key {@code j} on that lie one row stride apart. */
    public int contiguousKeys(View view, int j, int n) {
        if (options.blockTable() == null) return n;
        int size = (int) view.shape()[2];
        return Math.min(n, size - j % size);
    }

    private long block(int b, int page) {
        var table = options.blockTable();
        return Elements.getLong(table.dtype(), table.storage().segment(),
                table.byteOffset() + (b * table.strides()[0] + page * table.strides()[1]) * table.dtype().bytes());
    }

    /** The bias of query {@code i} of head {@code h} for key {@code j}. */
    public double bias(int b, int h, int i, int j) {
        var view = options.bias();
        var s = view.strides();
        return Elements.getDouble(view.dtype(), view.storage().segment(),
                view.byteOffset() + (b * s[0] + h * s[1] + i * s[2] + j * s[3]) * view.dtype().bytes());
    }
}
