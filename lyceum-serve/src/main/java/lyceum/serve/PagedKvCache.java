package lyceum.serve;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.nn.AttentionCache;
import lyceum.nn.AttentionConfig;
import lyceum.nn.PositionalEncoding;
import lyceum.nn.RelativePosition;
import lyceum.nn.RotaryEmbedding;
import lyceum.serve.schedule.BlockMover;
import lyceum.serve.schedule.BlockTable;
import lyceum.serve.schedule.KvAllocator;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;

/**
 * Keys and values of all sequences of an engine, layer by layer in blocks that a {@link KvAllocator} hands out, and attention that walks each sequence's table of blocks. A
 * step computes pieces of many sequences at once: a token of those that decode, a slice of those whose prompt is read.
 *
 * {@snippet :
 * var pool = new BlockPool(256, 16);
 * var cache = new PagedKvCache(model.config().blocks().stream().map(TransformerConfig::attention).toList(), pool, DType.F32);
 * var state = model.decoder().start(cache::layer, null, null, Pass.inference());
 * table.grow(5);
 * cache.at(List.of(new PagedKvCache.Piece(table, 0, 5)));                       // five first positions of one sequence
 * Tensor hidden = model.hidden(Tensor.of(ids, 5, 1), state, Pass.inference());   // a position a row, the pieces one after another
 * }
 *
 * <p>Positions are turned before they are stored, so that shared blocks lie at the same place of every sequence. Encodings whose turn depends on the length, relative
 * biases with parameters and patterns have no pages. What is stored in eight bits lies on the heap, floats lie off it. Inference only; for one thread.
 *
 * @see <a href="https://arxiv.org/abs/2309.06180">Kwon et al. (2023)</a>
 */
public final class PagedKvCache implements BlockMover {
    private final KvAllocator memory;
    private final KvPages[] layers;
    private final Map<Long, byte[][]> swapped = new HashMap<>();
    private List<Piece> pieces = List.of();
    private int[] slots, positions;
    private Tensor places; // the positions, once a layer has asked for them
    private final Map<RotaryEmbedding, RotaryEmbedding.Rotation> rotations = new IdentityHashMap<>(); // of these places, one for all layers that share the embedding
    private final long[][] scratch = {{}, {}, {}}; // of lengths, starts and tables on their way into tensors
    private final List<Group> groups = new ArrayList<>();

    /**
     * What a step computes of a sequence.
     *
     * @param table where it lies; it has grown for these positions already
     * @param start first position
     * @param count of positions, at least 1
     */
    public record Piece(BlockTable table, int start, int count) {
        public Piece {
            if (start < 0 || count < 1 || start + count > table.length()) throw new IllegalArgumentException(
                    "PagedKvCache: " + count + " positions from " + start + " of " + table.length() + "; grow the table first");
        }
    }

    /**
     * @param layers the attention of each
     * @param memory who gives blocks; this cache moves their contents
     * @param stored a float type, or I8 for eight bits with a scale for each position and head
     */
    public PagedKvCache(List<AttentionConfig> layers, KvAllocator memory, DType stored) {
        this.memory = memory;
        if (!stored.isFloat() && stored != DType.I8)
            throw new IllegalArgumentException("PagedKvCache: stored as " + stored + "; floats, or I8 with scales");
        this.layers = layers.stream().map(c -> {
            if (c.pattern() != null || c.positions().turnsLate() || c.positions() instanceof RelativePosition)
                throw new IllegalArgumentException("PagedKvCache: a layer with " + c.positions()
                        + (c.pattern() == null ? "" : " and a pattern") + " has no pages; decode it with model.begin()");
            return stored == DType.I8 ? new BytePages(memory.blocks(), memory.blockSize(), c.keyHeads(), c.headWidth())
                    : new FloatPages(stored, memory.blocks(), memory.blockSize(), c.keyHeads(), c.headWidth());
        }).toArray(KvPages[]::new);
        memory.moving(this);
    }

    /** Pieces that follow one another and are as long, rows of one batch. @param count of positions of each */
    private record Group(int rows, int count, KvPages.Where where) {}

    /** What comes next: pieces of sequences. Those of one length are computed together where they follow one another. */
    public void at(List<Piece> pieces) {
        this.pieces = List.copyOf(pieces);
        int count = 0;
        for (int i = 0; i < pieces.size(); i++) count += pieces.get(i).count;
        if (slots == null || slots.length != count) {
            slots = new int[count];
            positions = new int[count];
        }
        places = null;
        rotations.clear();
        groups.clear();
        for (int from = 0, to; from < pieces.size(); from = to) {
            to = from + 1;
            while (to < pieces.size() && pieces.get(to).count == pieces.get(from).count) to++;
            groups.add(new Group(to - from, pieces.get(from).count, where(from, to)));
        }
        int n = 0;
        for (int i = 0; i < pieces.size(); i++) {
            var piece = pieces.get(i);
            for (int p = piece.start; p < piece.start + piece.count; p++) {
                positions[n] = p;
                slots[n++] = piece.table.slot(p);
            }
        }
    }

    /** Where pieces look. */
    private KvPages.Where where(int from, int to) {
        int rows = to - from, widest = 0;
        long[] lengths = scratch(0, rows), starts = scratch(1, rows);
        for (int r = 0; r < rows; r++) {
            var piece = pieces.get(from + r);
            starts[r] = piece.start;
            lengths[r] = piece.start + piece.count;
            widest = Math.max(widest, memory.blocksFor(piece.start + piece.count));
        }
        var table = scratch(2, rows * widest);
        for (int r = 0; r < rows; r++) {
            var piece = pieces.get(from + r);
            int used = memory.blocksFor(piece.start + piece.count);
            for (int i = 0; i < widest; i++) table[r * widest + i] = i < used ? piece.table.block(i) : 0;
        }
        return new KvPages.Where(Tensor.of(table, rows, widest), Tensor.of(lengths), Tensor.of(starts));
    }

    /** An array that the call before used, where it is as long. */
    private long[] scratch(int which, int length) {
        return scratch[which].length == length ? scratch[which] : (scratch[which] = new long[length]);
    }

    /** The cache of a layer, for {@link lyceum.nn.TransformerDecoder#start}; it computes the pieces that {@link #at} names. */
    public AttentionCache layer(int i) { return new Layer(layers[i]); }

    /** Bytes of one position in all layers. */
    public int positionBytes() { return Arrays.stream(layers).mapToInt(KvPages::positionBytes).sum(); }

    /** Of all blocks. */
    public long bytes() { return Arrays.stream(layers).mapToLong(KvPages::bytes).sum(); }

    public int layers() { return layers.length; }

    /** Keys, then values of positions of a sequence in one layer, as they lie in memory: to send them elsewhere. */
    public byte[] read(int layer, BlockTable table, int start, int count) { return layers[layer].read(slots(table, start, count)); }

    /** What {@link #read} of a cache of the same layers gave. */
    public void write(int layer, BlockTable table, int start, int count, byte[] bytes) {
        if (bytes.length != count * layers[layer].positionBytes()) throw new IllegalArgumentException("PagedKvCache.write: " + bytes.length
                + " bytes for " + count + " positions of " + layers[layer].positionBytes() + "; both caches are of one model and type");
        layers[layer].write(bytes, slots(table, start, count));
    }

    private static int[] slots(BlockTable table, int start, int count) {
        var slots = new int[count];
        for (int i = 0; i < count; i++) slots[i] = table.slot(start + i);
        return slots;
    }

    @Override public void copy(int from, int to) { for (var layer : layers) layer.copy(from, to); }

    @Override public void out(int block, long place) {
        swapped.put(place, Arrays.stream(layers).map(l -> l.read(KvPages.slots(block, memory.blockSize()))).toArray(byte[][]::new));
    }

    @Override public void in(long place, int block) {
        var kept = swapped.remove(place);
        for (int i = 0; i < layers.length; i++) layers[i].write(kept[i], KvPages.slots(block, memory.blockSize()));
    }

    @Override public void forget(long place) { swapped.remove(place); }

    /** Blocks that are kept outside. */
    public int swapped() { return swapped.size(); }

    private final class Layer implements AttentionCache {
        private final KvPages pages;

        Layer(KvPages pages) { this.pages = pages; }

        @Override public Tensor places() {
            return places != null ? places : (places = Tensor.of(positions, positions.length, 1).to(DType.I64));
        }

        private Tensor turned(Tensor x, RotaryEmbedding rotary) {
            var turns = rotations.get(rotary);
            if (turns == null || turns.cos().dtype() != x.dtype()) {
                turns = rotary.ofRows(x.dtype(), positions);
                rotations.put(rotary, turns);
            }
            return turns.of(x);
        }

        @Override public Tensor attend(Tensor q, Tensor k, Tensor v, PositionalEncoding positions, Attention attention) {
            if (q.size(0) != slots.length || q.size(2) != 1) throw new IllegalStateException(
                    "PagedKvCache: queries " + q.shape() + " for pieces of " + slots.length + " positions, a row each");
            Tensor query = q, key = k;
            if (positions instanceof RotaryEmbedding rotary) {
                query = turned(q, rotary);
                key = turned(k, rotary);
            }
            query = query.compute();
            pages.write(key, v, slots);
            var found = new Tensor[groups.size()];
            int at = 0;
            for (int i = 0; i < found.length; i++) {
                var group = groups.get(i);
                int n = group.rows * group.count;
                var rows = found.length == 1 ? query : query.narrow(0, at, n);
                found[i] = group.count == 1 ? pages.attend(attention, rows, group.where)
                        : inRows(pages.attend(attention, inRows(rows, group.rows, group.count), group.where), n, 1);
                at += n;
            }
            return found.length == 1 ? found[0] : Tensor.concat(0, found);
        }

        /** Of (rows, heads, T, d) what follows one another as so many rows of {@code count} each. */
        private static Tensor inRows(Tensor x, long rows, long count) {
            return x.transpose(1, 2).reshape(rows, count, x.size(1), x.size(3)).transpose(1, 2);
        }

        @Override public long length() { return pieces.stream().mapToLong(Piece::start).max().orElse(0); }

        @Override public long bytes() { return pages.bytes(); }

        @Override public void truncate(long... lengths) { throw whole("truncate"); }

        @Override public AttentionCache fork(int... rows) { throw whole("fork"); }

        private UnsupportedOperationException whole(String what) {
            return new UnsupportedOperationException(what + ": sequences in pages are cut and forked by their tables");
        }
    }
}
