package lyceum.serve.schedule;

import java.util.BitSet;

/**
 * Side by side and for the worst case: a sequence gets all blocks for the most positions that it may come to have when it is opened, one after another in memory, the
 * first gap that is wide enough. Nothing is shared; a fork is a copy. What is reserved and not filled is waste, and so are gaps too narrow for anybody.
 */
public final class Reservations extends KvAllocator {
    private final BitSet taken = new BitSet();
    private long reserved, used;

    public Reservations(int blocks, int blockSize) { super(blocks, blockSize); }

    @Override public int freeBlocks() { return blocks() - taken.cardinality(); }

    @Override public long reservedSlots() { return reserved; }

    @Override public long usedSlots() { return used; }

    @Override public BlockTable open(int most) {
        checkMost(most);
        int wanted = blocksFor(most), from = taken.nextClearBit(0);
        while (from + wanted <= blocks()) {
            int end = taken.nextSetBit(from);
            if (end < 0 || end - from >= wanted) {
                taken.set(from, from + wanted);
                reserved += (long) wanted * blockSize();
                open++;
                var table = new BlockTable(this, most);
                for (int i = 0; i < wanted; i++) table.add(from + i);
                return table;
            }
            from = taken.nextClearBit(end);
        }
        return null;
    }

    @Override int needed(BlockTable t, int positions) { return 0; }

    @Override boolean grow(BlockTable t, int positions) {
        t.length += positions;
        used += positions;
        return true;
    }

    @Override BlockTable fork(BlockTable t) {
        var other = open(t.most);
        if (other == null) return null;
        for (int i = 0; i < blocksFor(t.length); i++) mover().copy(t.blocks[i], other.blocks[i]);
        grow(other, t.length);
        return other;
    }

    @Override void truncate(BlockTable t, int length) {
        used -= t.length - length;
        t.length = length;
    }

    @Override void close(BlockTable t) {
        taken.clear(t.blocks[0], t.blocks[0] + t.count);
        reserved -= (long) t.count * blockSize();
        used -= t.length;
    }
}
