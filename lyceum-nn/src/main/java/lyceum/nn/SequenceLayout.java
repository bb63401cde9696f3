package lyceum.nn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.memory.Scope;
import lyceum.tensor.Attention;
import lyceum.tensor.Packing;
import lyceum.tensor.Tensor;

/**
 * Where the sequences of a batch (rows, T) lie: padded in front or behind, packed one after another, perhaps with a prefix that sees itself both ways. Each sequence
 * counts its positions from 0 and sees itself alone.
 *
 * {@snippet :
 * var left = SequenceLayout.leftPadded(12, 12, 7, 9);               // three rows of 12
 * var packed = SequenceLayout.packed(5, 3, 4);                      // one row of three documents
 * var prefix = SequenceLayout.rightPadded(12, 12, 7).prefixed(4);   // the first 4 ids of each row see each other (Raffel et al. 2020)
 * Tensor y = decoder.forward(x, packed, pass);
 * }
 *
 * <p>Immutable and safe to share between threads.
 */
public final class SequenceLayout {
    /**
     * One sequence.
     *
     * @param row of the batch
     * @param start of its first id in that row
     * @param length in ids
     * @param prefix how many of its first ids all of it sees, later ones too
     */
    public record Span(int row, int start, int length, int prefix) {
        public Span {
            if (row < 0 || start < 0 || length < 1 || prefix < 0 || prefix > length)
                throw new IllegalArgumentException("SequenceLayout: " + length + " ids from " + start + " of row " + row + ", a prefix of "
                        + prefix + "; none is negative, the prefix no longer");
        }
    }

    private final int rows, columns;
    private final List<Span> spans;
    private final Tensor documents, positions, ends, seen;

    /** @throws ShapeException if sequences overlap or leave the batch; they stand row by row, from left to right */
    public SequenceLayout(int rows, int columns, List<Span> spans) {
        this.rows = rows;
        this.columns = columns;
        this.spans = List.copyOf(spans);
        long[] document = new long[Math.multiplyExact(rows, columns)], position = new long[document.length],
                prefix = new long[document.length];
        Arrays.fill(document, -1);
        int end = 0;
        for (int number = 0; number < spans.size(); number++) {
            var span = spans.get(number);
            int from = span.row * columns + span.start;
            if (span.row >= rows || span.start + span.length > columns || from < end) throw new ShapeException(
                    "SequenceLayout: " + span + " in (" + rows + ", " + columns + "); sequences stand row by row and do not overlap");
            end = from + span.length;
            for (int t = 0; t < span.length; t++) {
                document[from + t] = number;
                position[from + t] = t;
                prefix[from + t] = span.prefix;
            }
        }
        try (var kept = Scope.outside()) {
            documents = Tensor.of(document, rows, columns).compute();
            positions = Tensor.of(position, rows, columns).compute();
            ends = Tensor.of(lengths()).compute();
            var packing = packing();
            seen = isOrdinary() || packing != null ? null : seen(Tensor.of(prefix, rows, columns)).compute();
        }
    }

    /** Rows that are whole sequences. */
    public static SequenceLayout whole(int rows, int columns) {
        var lengths = new int[rows];
        Arrays.fill(lengths, columns);
        return rightPadded(columns, lengths);
    }

    /** A sequence of that length in each row, padding behind it. */
    public static SequenceLayout rightPadded(int columns, int... lengths) {
        var spans = new ArrayList<Span>();
        for (int r = 0; r < lengths.length; r++) spans.add(new Span(r, 0, lengths[r], 0));
        return new SequenceLayout(lengths.length, columns, spans);
    }

    /** A sequence of that length in each row, padding before it. */
    public static SequenceLayout leftPadded(int columns, int... lengths) {
        var spans = new ArrayList<Span>();
        for (int r = 0; r < lengths.length; r++) spans.add(new Span(r, columns - lengths[r], lengths[r], 0));
        return new SequenceLayout(lengths.length, columns, spans);
    }

    /** One row of sequences one after another. */
    public static SequenceLayout packed(int... lengths) { return packed(Arrays.stream(lengths).sum(), lengths); }

    /** Rows of sequences one after another, padding behind them. */
    public static SequenceLayout packed(int columns, int[]... lengths) {
        var spans = new ArrayList<Span>();
        for (int r = 0; r < lengths.length; r++) {
            int at = 0;
            for (int n : lengths[r]) {
                spans.add(new Span(r, at, n, 0));
                at += n;
            }
        }
        return new SequenceLayout(lengths.length, columns, spans);
    }

    /** By an attention mask (rows, T) of ones on sequences and zeros on padding, as tokenizers give it: one sequence in each row. */
    public static SequenceLayout of(Tensor mask) {
        if (mask.rank() != 2) throw new ShapeException("SequenceLayout: a mask of shape " + mask.shape() + "; it is (rows, T)");
        int rows = (int) mask.size(0), columns = (int) mask.size(1);
        long[] real = mask.to(DType.I64).toLongArray();
        var spans = new ArrayList<Span>();
        for (int r = 0; r < rows; r++) {
            int start = 0, end = columns;
            while (start < columns && real[r * columns + start] == 0) start++;
            while (end > start && real[r * columns + end - 1] == 0) end--;
            for (int t = start; t < end; t++)
                if (real[r * columns + t] == 0) throw new IllegalArgumentException(
                        "SequenceLayout: row " + r + " of the mask has a hole at " + t + "; sequences have none");
            if (end > start) spans.add(new Span(r, start, end - start, 0));
        }
        return new SequenceLayout(rows, columns, spans);
    }

    /** The same, the first ids of each sequence seeing each other: one number for all sequences, or one each; shorter ones see all of themselves. */
    public SequenceLayout prefixed(int... prefix) {
        if (prefix.length != 1 && prefix.length != spans.size()) throw new IllegalArgumentException(
                "SequenceLayout.prefixed: " + prefix.length + " prefixes for " + spans.size() + " sequences; one, or one each");
        var changed = new ArrayList<Span>();
        for (int i = 0; i < spans.size(); i++) {
            var s = spans.get(i);
            changed.add(new Span(s.row, s.start, s.length, Math.min(s.length, prefix[prefix.length == 1 ? 0 : i])));
        }
        return new SequenceLayout(rows, columns, changed);
    }

    public int rows() { return rows; }

    public int columns() { return columns; }

    /** Ids of the longest sequence. */
    public int longest() { return spans.stream().mapToInt(Span::length).max().orElse(0); }

    /** Row by row, from left to right. */
    public List<Span> spans() { return spans; }

    /** The number of each id's sequence, -1 for padding: I64 (rows, T), as {@link lyceum.nn.loss.CausalLabels#documents} takes it. */
    public Tensor documents() { return documents; }

    /** Of each id in its sequence: I64 (rows, T), 0 for padding. */
    public Tensor positions() { return positions; }

    /** True for an id of a sequence, false for padding: BOOL (rows, T). */
    public Tensor real() { return documents.ge(0); }

    /** True for an id that a prefix does not show: BOOL (rows, T). */
    public Tensor behindPrefix() {
        var flags = new boolean[rows * columns];
        for (var s : spans) Arrays.fill(flags, s.row * columns + s.start + s.prefix, s.row * columns + s.start + s.length, true);
        return Tensor.of(flags).reshape(rows, columns);
    }

    public boolean hasPrefix() { return spans.stream().anyMatch(s -> s.prefix > 1); }

    /** Whether each row is one sequence from its first column on, so that a causal model needs to be told nothing. */
    public boolean isRightPadded() {
        if (spans.size() != rows) return false;
        for (int r = 0; r < rows; r++) if (spans.get(r).row != r || spans.get(r).start != 0) return false;
        return true;
    }

    private boolean isOrdinary() { return isRightPadded() && !hasPrefix(); }

    private long[] lengths() { return spans.stream().mapToLong(Span::length).toArray(); }

    /** Of one row without gaps; null if there are more rows, or a prefix. */
    private Packing packing() {
        if (rows != 1 || hasPrefix()) return null;
        var lengths = new ArrayList<Integer>();
        int at = 0;
        for (var span : spans) {
            if (span.start != at) return null;
            lengths.add(span.length);
            at += span.length;
        }
        if (at < columns) lengths.add(columns - at);
        return new Packing(lengths, lengths);
    }

    /** BOOL (rows, 1, 1 or T, T): a causal mask goes with it where there is no prefix. */
    private Tensor seen(Tensor prefix) {
        var keys = documents.unsqueeze(1);
        var own = documents.unsqueeze(2).eq(keys).and(keys.ge(0));
        if (!hasPrefix()) {
            boolean single = spans.size() == spans.stream().mapToInt(Span::row).distinct().count();
            return single ? real().unsqueeze(1).unsqueeze(1) : own.unsqueeze(1);
        }
        var places = Tensor.arange(columns);
        var before = places.unsqueeze(0).le(places.unsqueeze(1)).unsqueeze(0);
        return own.and(before.or(positions.lt(prefix).unsqueeze(1))).unsqueeze(1);
    }

    /**
     * A causal attention over this batch.
     *
     * @param own the layer's: scale, soft cap, window
     * @throws IllegalArgumentException if it has a bias, blocks or lengths of its own
     */
    public Attention on(Attention own) {
        if (own.bias() != null || own.blocks() != null || own.keyLengths() != null || own.packing() != null)
            throw new IllegalArgumentException("SequenceLayout: this attention has a bias, blocks or lengths of its own; leave them out");
        if (isOrdinary()) return own.withKeyLengths(ends);
        var packing = packing();
        if (packing != null) return own.withPacking(packing);
        return own.withCausal(own.causal() && !hasPrefix()).withBias(seen);
    }

    void check(Tensor x) {
        if (x.size(0) != rows || x.size(1) != columns)
            throw new ShapeException("SequenceLayout: of (" + rows + ", " + columns + ") for an input " + x.shape());
    }
}
