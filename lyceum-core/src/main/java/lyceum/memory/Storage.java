package lyceum.memory;

import java.lang.foreign.MemorySegment;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;

/**
 * The bytes behind one or more tensors: a range of an off-heap block.
 *
 * <p>A storage of its own block returns it to the cache when it becomes unreachable or when its {@link Scope} closes; one carved from a slab
 * merely keeps the slab alive. {@link #version()} counts in-place writes, so that a gradient can tell that an activation it saved was changed.
 */
public final class Storage {
    private final MemorySegment segment;
    private final long base;
    private final long bytes;
    /** Keeps a slab (or whatever owns the segment) reachable. */
    private final Object owner;
    /** The block that is this storage's alone, or null. */
    private Block block;
    private volatile int version;
    private volatile String closedBy;
    private List<Reader> readers;
    private int compactAt = 16;

    Storage(MemorySegment segment, long base, long bytes, Object owner, Block block) {
        this.segment = segment;
        this.base = base;
        this.bytes = bytes;
        this.owner = owner;
        this.block = block;
    }

    /**
     * Wraps memory that something else owns, such as a mapped file; it is never pooled. Writing to it is up to the segment. Arrays on the Java heap
     * are copied: kernels work with addresses, and an array has none.
     */
    public static Storage wrap(MemorySegment segment) {
        if (segment.isNative()) return new Storage(segment, 0, segment.byteSize(), segment, null);
        var copy = Allocator.allocate(segment.byteSize(), null);
        MemorySegment.copy(segment, 0, copy.segment(), copy.base(), segment.byteSize());
        return copy;
    }

    /** The block; this storage begins at {@link #base()}. @throws lyceum.LyceumException if its scope has closed */
    public MemorySegment segment() {
        if (closedBy != null)
            throw new lyceum.LyceumException("This tensor belongs to " + closedBy + ", which has closed; keep it with scope.keep(tensor)");
        return segment;
    }

    /** Offset in bytes of this storage in {@link #segment()}. */
    public long base() { return base; }

    /** Where it begins in memory, for native code; it must stay reachable for as long as that runs. @throws lyceum.LyceumException if its scope has closed */
    public long address() { return segment().address() + base; }

    public long bytes() { return bytes; }

    /** True if it has a block to itself, which no small one has. */
    public boolean isBlock() { return block != null; }

    /** Number of in-place writes so far. */
    public int version() { return version; }

    @SuppressWarnings("NonAtomicOperationOnVolatileField") // two threads that write one tensor at once are already a race of the user's
    public void written() { version++; }

    void block(Block block) { this.block = block; }

    void close(String scope) {
        closedBy = scope;
        if (block != null) block.release();
    }

    /**
     * Work that will read a storage later, known by a weak reference: work that nobody asks for is never done. Those that are done are forgotten soon, and
     * not only when a collection has found them dead: else a loop over the same tensors leaves it a hundred thousand references to look at (a tenth of a
     * second at each collection, for work of 3 us a call).
     */
    public abstract static class Reader extends WeakReference<Object> {
        protected Reader(Object work) { super(work); }

        /** True if it will not read any more. */
        protected abstract boolean isDone();
    }

    /** Notes work that will read this storage later, so that an in-place write can have it done first. */
    public synchronized void addReader(Reader reader) {
        if (readers == null) readers = new ArrayList<>(4);
        if (readers.size() >= compactAt) {
            readers.removeIf(Reader::isDone);
            compactAt = Math.max(16, 2 * readers.size());
        }
        readers.add(reader);
    }

    /** The noted work that is still reachable; it is forgotten here. */
    public synchronized List<Object> takeReaders() {
        if (readers == null || readers.isEmpty()) return List.of();
        var alive = new ArrayList<Object>();
        for (var reader : readers) {
            var work = reader.get();
            if (work != null) alive.add(work);
        }
        readers.clear();
        return alive;
    }

    Object owner() { return owner; }
}
