package lyceum.serve.schedule;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;

/**
 * Blocks by need: a sequence has as many as its positions fill, the last one partly, wherever they are free. Each block counts who refers to it, so that sequences with a
 * common beginning share it; one that writes into a shared block copies it first.
 *
 * @see <a href="https://arxiv.org/abs/2309.06180">Kwon et al. (2023), section 4</a>
 */
public final class BlockPool extends KvAllocator {
    private final int[] references, free, filled; // filled: slots with a position
    private final boolean[] cut; // blocks of which some sequences see less than others
    private final Set<BlockTable> tables = new HashSet<>();
    private int freeCount;
    private long used;

    /** @param blocks of the memory @param blockSize slots of each */
    public BlockPool(int blocks, int blockSize) {
        super(blocks, blockSize);
        references = new int[blocks];
        filled = new int[blocks];
        cut = new boolean[blocks];
        free = new int[blocks];
        for (int i = 0; i < blocks; i++) free[i] = blocks - 1 - i; // the lowest first
        freeCount = blocks;
    }

    @Override public int freeBlocks() { return freeCount; }

    @Override public long reservedSlots() { return (long) (blocks() - freeCount) * blockSize(); }

    @Override public long usedSlots() { return used; }

    /** How many sequences, and caches, refer to a block; 0 for a free one. */
    public int references(int block) { return references[block]; }

    /** The blocks that are free. */
    public int[] free() { return Arrays.copyOf(free, freeCount); }

    private int take() {
        int block = free[--freeCount];
        references[block] = 1;
        filled[block] = 0;
        cut[block] = false;
        return block;
    }

    /** One more reference to a block that is taken. */
    public void retain(int block) {
        if (references[block] == 0) throw new IllegalStateException("BlockPool.retain: block " + block + " is free");
        references[block]++;
    }

    /** One reference less; the last one frees the block. */
    public void release(int block) {
        if (references[block] == 0) throw new IllegalStateException("BlockPool.release: block " + block + " is free already");
        if (--references[block] > 0) {
            if (cut[block]) refill(block);
            return;
        }
        used -= filled[block];
        filled[block] = 0;
        free[freeCount++] = block;
    }

    @Override public BlockTable open(int most) {
        checkMost(most);
        open++;
        var table = new BlockTable(this, most);
        tables.add(table);
        return table;
    }

    /** Begins a sequence with full blocks that hold its first positions: it refers to them from now on. */
    public void adopt(BlockTable table, int... full) {
        if (table.length > 0) throw new IllegalStateException("BlockPool.adopt: the sequence has " + table.length + " positions already");
        for (int block : full) {
            retain(block);
            table.add(block);
        }
        table.length = full.length * blockSize();
    }

    private boolean writesShared(BlockTable t) { return t.length % blockSize() != 0 && references[t.blocks[t.length / blockSize()]] > 1; }

    @Override int needed(BlockTable t, int positions) {
        return blocksFor(t.length + positions) - t.count + (positions > 0 && writesShared(t) ? 1 : 0);
    }

    @Override boolean grow(BlockTable t, int positions) {
        if (positions == 0) return true;
        if (needed(t, positions) > freeCount) return false;
        if (writesShared(t)) own(t, t.length / blockSize());
        while (t.count < blocksFor(t.length + positions)) t.add(take());
        for (int p = t.length; p < t.length + positions;) {
            int at = p % blockSize(), n = Math.min(blockSize() - at, t.length + positions - p);
            fill(t.blocks[p / blockSize()], at + n);
            p += n;
        }
        t.length += positions;
        return true;
    }

    private void fill(int block, int slots) {
        used += slots - filled[block];
        filled[block] = slots;
    }

    /** A shared block is as full as for the longest of its sequences, unless a cache has it: that keeps full ones. */
    private void refill(int block) {
        int holders = 0, most = 0;
        for (var t : tables) for (int i = 0; i < t.count; i++) {
            if (t.blocks[i] != block) continue;
            holders++;
            most = Math.max(most, Math.min(blockSize(), t.length - i * blockSize()));
        }
        if (holders == references[block]) fill(block, most);
    }

    private void own(BlockTable t, int i) {
        int from = t.blocks[i], copy = take();
        mover().copy(from, copy);
        fill(copy, filled[from]);
        t.blocks[i] = copy;
        release(from);
    }

    @Override BlockTable fork(BlockTable t) {
        var other = open(t.most);
        for (int i = 0; i < t.count; i++) {
            retain(t.blocks[i]);
            other.add(t.blocks[i]);
        }
        other.length = t.length;
        return other;
    }

    @Override void truncate(BlockTable t, int length) {
        int kept = blocksFor(length);
        while (t.count > kept) release(t.blocks[--t.count]);
        t.length = length;
        if (kept == 0) return;
        int last = t.blocks[kept - 1];
        if (references[last] == 1) fill(last, length - (kept - 1) * blockSize());
        else {
            cut[last] = true; // others may see more than this sequence does
            refill(last);
        }
    }

    @Override void close(BlockTable t) {
        while (t.count > 0) release(t.blocks[--t.count]);
        tables.remove(t);
    }
}
