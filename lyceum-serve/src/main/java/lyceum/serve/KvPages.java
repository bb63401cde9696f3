package lyceum.serve;

import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;

/** Keys and values of one layer, in blocks of slots. */
interface KvPages {
    /** Puts keys and values (T, heads, d) of positions into slots. */
    void write(Tensor keys, Tensor values, int... slots);

    /** Attends to what lies in pages. @param q (rows, heads, T, d) */
    Tensor attend(Attention attention, Tensor q, Where where);

    /**
     * Where rows of queries look: the same in every layer, so that it is made once a step.
     *
     * @param blocks of each row
     * @param table the same as a tensor, shorter rows filled with 0
     * @param lengths keys of each row
     * @param starts position of each row's first query
     */
    record Where(int[][] blocks, Tensor table, Tensor lengths, Tensor starts) {
        static Where of(int[][] blocks, long[] lengths, long[] starts) {
            return new Where(blocks, KvPages.table(blocks), Tensor.of(lengths), Tensor.of(starts));
        }

        Attention of(Attention attention) { return attention.withBlockTable(table).withKeyLengths(lengths).withQueryStarts(starts); }

        /** The same rows by other numbers of blocks. */
        Where renumbered(int[][] own) { return new Where(own, KvPages.table(own), lengths, starts); }
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

    /** Rows of block numbers, shorter ones filled with 0. */
    static Tensor table(int[][] tables) {
        int widest = 0;
        for (var table : tables) widest = Math.max(widest, table.length);
        var all = new long[tables.length * widest];
        for (int r = 0; r < tables.length; r++) for (int i = 0; i < tables[r].length; i++) all[r * widest + i] = tables[r][i];
        return Tensor.of(all, tables.length, widest);
    }

    static int[] slots(int block, int blockSize) {
        var slots = new int[blockSize];
        for (int i = 0; i < blockSize; i++) slots[i] = block * blockSize + i;
        return slots;
    }
}
