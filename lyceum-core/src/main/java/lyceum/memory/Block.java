package lyceum.memory;

import java.lang.foreign.MemorySegment;
import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.util.function.Consumer;

/**
 * A block in use, and the phantom of whoever uses it (a {@link Storage}, or a {@link Slab}).
 *
 * <p>Instead of {@link java.lang.ref.Cleaner}: the thread that needs memory takes the dead blocks from the queue itself, at once after a
 * collection, where a cleaner's thread would first have to be scheduled; and the list of those alive answers who holds the memory.
 */
final class Block extends PhantomReference<Object> {
    final MemorySegment memory;
    private final boolean slab;
    /** Where it was asked for, or null. */
    final String site;
    private final Live list;
    private Block previous, next;
    private boolean linked;

    private Block(Live list, Object user, MemorySegment memory, String site) {
        super(user, list.queue);
        this.list = list;
        this.slab = user instanceof Slab;
        this.memory = memory;
        this.site = site;
    }

    boolean isSlab() { return slab; }

    /** Gives the memory back, if that has not been done. */
    void release() {
        if (!list.remove(this)) return;
        clear();
        list.allocator.giveBack(memory);
    }

    /** Tells that the thread which hands over what the collector found dead has begun. */
    static final class Messenger extends PhantomReference<Object> {
        private volatile boolean arrived;

        private Messenger(ReferenceQueue<Object> queue) { super(new Object(), queue); }

        boolean hasArrived() { return arrived; }
    }

    /** All blocks in use. */
    static final class Live {
        private final ReferenceQueue<Object> queue = new ReferenceQueue<>();
        private final Allocator allocator;
        private Block first;

        /** @param allocator is given back what is no longer in use */
        Live(Allocator allocator) { this.allocator = allocator; }

        Block add(Object user, MemorySegment memory, String site) {
            var block = new Block(this, user, memory, site);
            synchronized (this) {
                block.linked = true;
                block.next = first;
                if (first != null) first.previous = block;
                first = block;
            }
            return block;
        }

        private synchronized boolean remove(Block block) {
            if (!block.linked) return false;
            block.linked = false;
            if (block.previous == null) first = block.next;
            else block.previous.next = block.next;
            if (block.next != null) block.next.previous = block.previous;
            block.previous = block.next = null;
            return true;
        }

        /** Frees the blocks whose users the collector has found dead so far. */
        void reclaim() { for (var dead = queue.poll(); dead != null; dead = queue.poll()) free(dead); }

        /** The same, waiting until {@code millis} have passed without a dead one. */
        void reclaim(long millis) throws InterruptedException {
            for (var dead = queue.remove(millis); dead != null; dead = queue.remove(millis)) free(dead);
        }

        private static void free(Reference<?> dead) {
            if (dead instanceof Block block) block.release();
            else if (dead instanceof Messenger messenger) messenger.arrived = true;
        }

        /** Comes through the queue after the next collection, among the blocks that it found dead. */
        Messenger messenger() { return new Messenger(queue); }

        synchronized void forEach(Consumer<Block> visitor) {
            for (var block = first; block != null; block = block.next) visitor.accept(block);
        }
    }
}
