package lyceum.serve;

import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;

/** Keys and values of one layer, in blocks of slots. */
interface KvPages {
    /** Puts keys and values (T, heads, 1, d) of positions into slots. */
    void write(Tensor keys, Tensor values, int... slots);

    /** Attends to what lies in pages. @param q (rows, heads, T, d) */
    Tensor attend(Attention attention, Tensor q, Where where);

    /**
     * Where rows of queries look: the same in every layer, so that it is made once a step.
     *
     * @param table blocks of each row, shorter rows filled with 0
     * @param lengths keys of each row
     * @param starts position of each row's first query
     */
    record Where(Tensor table, Tensor lengths, Tensor starts) {
        Attention of(Attention a) {
            return new Attention(a.scale(), a.softCap(), a.causal(), a.window(), a.bias(), a.alibi(), a.blocks(), lengths, starts, table,
                    a.packing(), a.method());
        }

        /** The same rows by other numbers of blocks. */
        Where renumbered(long[] own) { return new Where(Tensor.of(own, table.shape().toArray()), lengths, starts); }
    }

    void copy(int from, int to);

    /** Bytes of one position's keys and values. */
    int positionBytes();

    /** Keys, then values of slots as they lie. */
    byte[] read(int... slots);

    /** What {@link #read} gave. */
    void write(byte[] bytes, int... slots);

    /** All of the memory. */
    long bytes();

    static int[] slots(int block, int blockSize) {
        var slots = new int[blockSize];
        for (int i = 0; i < blockSize; i++) slots[i] = block * blockSize + i;
        return slots;
    }
}
