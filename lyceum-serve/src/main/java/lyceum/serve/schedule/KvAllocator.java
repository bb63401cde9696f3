package lyceum.serve.schedule;

/**
 * Memory for keys and values, cut into blocks of slots, a slot for each position: who gets which. {@link BlockPool} gives blocks as a sequence grows, {@link Reservations}
 * all that a sequence could ever need at its start, side by side. It counts and names blocks; what lies in them a {@link BlockMover} moves.
 *
 * {@snippet :
 * var pool = new BlockPool(64, 16);
 * var table = pool.open(500);
 * table.grow(20);                       // two blocks
 * var other = table.fork();             // shares them
 * other.grow(1);                        // takes a copy of the second, which it writes to
 * long waste = pool.reservedSlots() - pool.usedSlots();
 * }
 */
public abstract sealed class KvAllocator permits BlockPool, Reservations {
    private final int blocks, blockSize;
    private BlockMover mover = BlockMover.NOTHING;
    int open;

    KvAllocator(int blocks, int blockSize) {
        if (blocks < 1 || blockSize < 1) throw new IllegalArgumentException(
                getClass().getSimpleName() + ": " + blocks + " blocks of " + blockSize + " slots; at least 1 of 1");
        this.blocks = blocks;
        this.blockSize = blockSize;
    }

    /** All, taken or free. */
    public final int blocks() { return blocks; }

    /** Positions that a block has room for. */
    public final int blockSize() { return blockSize; }

    /** Sequences that are open. */
    public final int sequences() { return open; }

    /** Blocks that positions take. */
    public final int blocksFor(int positions) { return Math.ceilDiv(positions, blockSize); }

    /** Who moves contents when blocks are copied or go elsewhere. */
    public final void moving(BlockMover mover) { this.mover = mover; }

    final BlockMover mover() { return mover; }

    /** Share of blocks that are taken. */
    public final double occupancy() { return 1 - (double) freeBlocks() / blocks; }

    /** Share of slots in taken blocks that hold no position. */
    public final double fragmentation() { return reservedSlots() == 0 ? 0 : 1 - (double) usedSlots() / reservedSlots(); }

    public abstract int freeBlocks();

    /** Slots of all blocks that are taken, each block counted once. */
    public abstract long reservedSlots();

    /** Slots that hold a position, those of shared blocks counted once. */
    public abstract long usedSlots();

    /**
     * A sequence without positions.
     *
     * @param most positions that it may come to have
     * @return null if there is no room
     * @throws IllegalArgumentException if it would not fit into an empty memory
     */
    public abstract BlockTable open(int most);

    final void checkMost(int most) {
        if (most < 1 || blocksFor(most) > blocks) throw new IllegalArgumentException(getClass().getSimpleName() + ": a sequence of " + most
                + " positions in " + blocks + " blocks of " + blockSize + "; at least 1 position, and no more than fit");
    }

    /** Blocks that must be free for {@link BlockTable#grow}. */
    abstract int needed(BlockTable table, int positions);

    abstract boolean grow(BlockTable table, int positions);

    abstract BlockTable fork(BlockTable table);

    abstract void truncate(BlockTable table, int length);

    abstract void close(BlockTable table);
}
