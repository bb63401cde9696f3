package lyceum.llm.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import lyceum.data.corpus.Corpus;
import lyceum.nn.SequenceLayout;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Documents in rows of one length, with the places where one ends and the next begins.
 *
 * {@snippet :
 * var text = PackedText.of(Shards.read(folder), tokenizer::ids, 1024, endMark);
 * Tensor loss = model.loss(text.ids(0, 1, 2), text.layout(0, 1, 2), pass);      // no document is predicted from another
 * }
 *
 * <p>Immutable and safe for threads.
 *
 * @see <a href="https://arxiv.org/abs/2404.10830">Ding et al. (2024), Fewer Truncations Improve Language Modeling</a>
 */
public final class PackedText {
    private final int length;
    private final List<int[]> rows, spans; // of each row its ids and the lengths of its documents

    private PackedText(int length, List<int[]> rows, List<int[]> spans) {
        this.length = length;
        this.rows = rows;
        this.spans = spans;
    }

    /**
     * One after another, cut where a row is full; what is cut off goes on in the next row as a text of its own. Only the last row is padded.
     *
     * @param endMark set behind each document, or -1
     */
    public static PackedText of(List<int[]> documents, int length, int endMark) {
        var packer = new Packer(length);
        for (var document : documents) {
            int[] ids = ended(document, endMark);
            for (int from = 0; from < ids.length;) {
                if (packer.room() == 0) packer.close();
                int n = Math.min(packer.room(), ids.length - from);
                packer.add(Arrays.copyOfRange(ids, from, from + n));
                from += n;
            }
        }
        return packer.finish();
    }

    /** Of a corpus, whose shards are read one after another. @param tokenizer such as {@code tokenizer::ids}, without marks */
    public static PackedText of(Corpus corpus, Function<String, int[]> tokenizer, int length, int endMark) {
        return of(corpus.stream().map(d -> tokenizer.apply(d.text())).toList(), length, endMark);
    }

    /** Longest first, each into the first row with room for it: documents are cut only if they are longer than a row, and rows are padded. */
    public static PackedText whole(List<int[]> documents, int length, int endMark) {
        var pieces = new ArrayList<int[]>();
        for (var document : documents) {
            int[] ids = ended(document, endMark);
            for (int from = 0; from < ids.length; from += length)
                pieces.add(Arrays.copyOfRange(ids, from, Math.min(ids.length, from + length)));
        }
        pieces.sort(Comparator.comparingInt(p -> -p.length));
        var open = new ArrayList<Packer>();
        for (var piece : pieces) {
            Packer first = null;
            for (int i = 0; first == null && i < open.size(); i++) if (open.get(i).room() >= piece.length) first = open.get(i);
            if (first == null) open.add(first = new Packer(length));
            first.add(piece);
        }
        List<int[]> rows = new ArrayList<>(), spans = new ArrayList<>();
        for (var packer : open) {
            var one = packer.finish();
            rows.addAll(one.rows);
            spans.addAll(one.spans);
        }
        return new PackedText(length, List.copyOf(rows), List.copyOf(spans));
    }

    /**
     * Rows of several texts by share: of each text {@code share rows} to the nearest whole number, in an order of chance. A text is gone through in passes, each in an
     * order of its own, so that no row comes a second time before all have come. Rows are shared, not copied.
     *
     * @param shares one a text, not negative; they need not sum to 1
     * @throws IllegalArgumentException if the texts' rows differ in length, or a text without rows has a share
     */
    public static PackedText mixed(List<PackedText> texts, double[] shares, int rows, Rng rng) {
        double sum = Arrays.stream(shares).sum();
        if (texts.size() != shares.length || texts.isEmpty() || rows < 0 || !(sum > 0) || !Arrays.stream(shares).allMatch(s -> s >= 0))
            throw new IllegalArgumentException("PackedText.mixed: " + texts.size() + " texts by the shares " + Arrays.toString(shares)
                    + ", " + rows + " rows; one share a text, none negative, not all 0");
        List<int[]> ids = new ArrayList<>(), spans = new ArrayList<>();
        double until = 0;
        for (int t = 0; t < shares.length; t++) {
            var text = texts.get(t);
            until += shares[t] / sum;
            int count = (int) Math.round(until * rows) - ids.size();
            if (count > 0 && text.size() == 0 || text.length != texts.getFirst().length)
                throw new IllegalArgumentException("PackedText.mixed: text " + t + " has " + text.size() + " rows of " + text.length
                        + "; rows of " + texts.getFirst().length + " are asked for");
            for (int pass = 0; count > 0; pass++) {
                int[] order = rng.split(t).split(pass).permutation(text.size());
                for (int i = 0; i < order.length && count > 0; i++, count--) {
                    ids.add(text.rows.get(order[i]));
                    spans.add(text.spans.get(order[i]));
                }
            }
        }
        int[] order = rng.split(texts.size()).permutation(rows);
        return new PackedText(texts.getFirst().length, Arrays.stream(order).mapToObj(ids::get).toList(),
                Arrays.stream(order).mapToObj(spans::get).toList());
    }

    private static int[] ended(int[] ids, int endMark) {
        if (endMark < 0) return ids;
        var all = Arrays.copyOf(ids, ids.length + 1);
        all[ids.length] = endMark;
        return all;
    }

    private static final class Packer {
        private final int length;
        private final List<int[]> rows = new ArrayList<>(), spans = new ArrayList<>();
        private final List<Integer> open = new ArrayList<>();
        private int[] row;
        private int filled;

        Packer(int length) {
            if (length < 2)
                throw new IllegalArgumentException("PackedText: rows of " + length + " ids; at least 2, one to read and one to predict");
            this.length = length;
            row = new int[length];
        }

        int room() { return length - filled; }

        void add(int[] ids) {
            System.arraycopy(ids, 0, row, filled, ids.length);
            filled += ids.length;
            open.add(ids.length);
        }

        void close() {
            if (open.stream().anyMatch(n -> n > 1)) { // else there is nothing to predict
                rows.add(row);
                spans.add(open.stream().mapToInt(Integer::intValue).toArray());
            }
            row = new int[length];
            filled = 0;
            open.clear();
        }

        PackedText finish() {
            if (filled > 0) close();
            return new PackedText(length, List.copyOf(rows), List.copyOf(spans));
        }
    }

    /** Ids in a row. */
    public int length() { return length; }

    public int size() { return rows.size(); }

    /** Ids (rows, length), I32, of the rows of those numbers; 0 where there is padding. */
    public Tensor ids(int... numbers) {
        var ids = new int[numbers.length * length];
        for (int r = 0; r < numbers.length; r++) System.arraycopy(rows.get(numbers[r]), 0, ids, r * length, length);
        return Tensor.of(ids, numbers.length, length);
    }

    /** Where the documents of those rows stand. */
    public SequenceLayout layout(int... numbers) {
        return SequenceLayout.packed(length, Arrays.stream(numbers).mapToObj(spans::get).toArray(int[][]::new));
    }

    /** The same as if what stands in a row were one document. */
    SequenceLayout joined(int... numbers) {
        return SequenceLayout.packed(length,
                Arrays.stream(numbers).mapToObj(r -> new int[] {Arrays.stream(spans.get(r)).sum()}).toArray(int[][]::new));
    }

    /** Tokens that are predicted in those rows: all but the first of each document. */
    public long targets(int... numbers) {
        return Arrays.stream(numbers).mapToLong(r -> Arrays.stream(spans.get(r)).sum() - spans.get(r).length).sum();
    }

    /** Tokens without padding. */
    public long tokens() { return spans.stream().mapToLong(s -> Arrays.stream(s).sum()).sum(); }

    long joinedTargets(int... numbers) { return Arrays.stream(numbers).mapToLong(r -> Arrays.stream(spans.get(r)).sum() - 1).sum(); }

    boolean isFull(int... numbers) { return Arrays.stream(numbers).allMatch(r -> Arrays.stream(spans.get(r)).sum() == length); }
}
