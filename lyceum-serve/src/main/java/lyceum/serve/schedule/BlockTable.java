package lyceum.serve.schedule;

import java.util.Arrays;

/** Where one sequence's positions lie: position p is slot {@code p % blockSize} of block {@code blocks[p / blockSize]}. From a {@link KvAllocator}; for one thread. */
public final class BlockTable implements AutoCloseable {
    private final KvAllocator owner;
    final int most;
    int[] blocks = new int[4];
    int count, length;
    private boolean closed;

    BlockTable(KvAllocator owner, int most) {
        this.owner = owner;
        this.most = most;
    }

    /** Positions. */
    public int length() { return length; }

    /** Blocks that it has, shared ones among them. */
    public int count() { return count; }

    /** The i-th block. */
    public int block(int i) {
        if (i < 0 || i >= count) throw new IndexOutOfBoundsException("block " + i + " of " + count);
        return blocks[i];
    }

    /** The blocks in order. */
    public int[] toArray() { return toArray(count); }

    /** The first so many of them. */
    public int[] toArray(int first) {
        if (first < 0 || first > count) throw new IndexOutOfBoundsException("the first " + first + " blocks of " + count);
        return Arrays.copyOf(blocks, first);
    }

    /** Number of a position's slot among all of the memory. */
    public int slot(int position) {
        if (position < 0 || position >= length) throw new IndexOutOfBoundsException("position " + position + " of " + length);
        int size = owner.blockSize();
        return blocks[position / size] * size + position % size;
    }

    /** Slots that it holds and that have no position. */
    public int unused() { return count * owner.blockSize() - length; }

    /** Blocks that must be free before it grows by so many positions, a copy of a shared one among them. */
    public int needed(int positions) { return owner.needed(this, positions); }

    /**
     * Makes room for positions behind its own. A block that others have as well is copied before it is written to.
     *
     * @return false if there is too little room; nothing has changed then
     * @throws IllegalArgumentException beyond the most that it was opened for
     */
    public boolean grow(int positions) {
        checkOpen();
        if (positions < 0 || length + positions > most) throw new IllegalArgumentException(
                "BlockTable.grow: " + positions + " positions behind " + length + "; the sequence was opened for " + most);
        return owner.grow(this, positions);
    }

    /** A sequence that begins with the same positions. @return null if there is no room */
    public BlockTable fork() {
        checkOpen();
        return owner.fork(this);
    }

    /** Forgets positions from there on. */
    public void truncate(int to) {
        checkOpen();
        if (to < 0 || to > length) throw new IllegalArgumentException("BlockTable.truncate: to " + to + " of " + length + " positions");
        owner.truncate(this, to);
    }

    void add(int block) {
        if (count == blocks.length) blocks = Arrays.copyOf(blocks, 2 * count);
        blocks[count++] = block;
    }

    private void checkOpen() { if (closed) throw new IllegalStateException("BlockTable: it is closed"); }

    /** Gives its blocks back. */
    @Override public void close() {
        if (closed) return;
        owner.close(this);
        closed = true;
        owner.open--;
        count = length = 0;
    }
}
