package lyceum.memory;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;

/**
 * What tensors hold in memory, in figures.
 *
 * {@snippet :
 * System.out.println(Memory.stats());
 * // 812 MiB in use (peak 1.2 GiB), 96 MiB cached, budget 12 GiB, 7 collections. Largest: 24 x 32 MiB, 3 x 8 MiB, 41 slabs of 64 KiB
 * }
 *
 * <p>With {@code LYCEUM_MEMORY_SITES=on} (or {@code -Dlyceum.memory.sites=on}) holders are also told apart by the line that had them
 * computed, which for pending work is the line that read it first.
 */
public final class Memory {
    private Memory() {}

    /** The figures now. Walks the list of blocks in use: for people and tests, not for inner loops. */
    public static Stats stats() { return Allocator.INSTANCE.stats(); }

    /**
     * The most bytes in use at once while {@code body} runs, beyond those in use when it begins: what a training step needs. Counts what other threads
     * allocate meanwhile.
     */
    public static long peakOf(Runnable body) { return Allocator.INSTANCE.peakOf(body); }

    /** The most bytes that tensors may take, used and cached together. */
    public static long budget() { return Allocator.INSTANCE.budget(); }

    /** Collects, and gives what is cached back to the system: for a process that will do nothing for a while. */
    public static void release() { Allocator.INSTANCE.release(); }

    /** True if so many bytes are more than the {@link #budget()}; where they surely are not, the machine is not asked for its size. */
    public static boolean exceedsBudget(long bytes) { return Allocator.INSTANCE.isBeyond(bytes); }

    /**
     * Blocks of one size.
     *
     * @param bytes of each; requests are rounded up to the next of four sizes an octave
     * @param count how many there are
     * @param slab  true for blocks that many small tensors share
     * @param site  where they were asked for, or null unless sites are noted
     */
    public record Holder(long bytes, long count, boolean slab, String site) {
        public long total() { return bytes * count; }

        @Override public String toString() {
            return count + (slab ? count == 1 ? " slab of " : " slabs of " : " x ") + text(bytes) + (site == null ? "" : " at " + site);
        }
    }

    /**
     * @param inUse       bytes of blocks that belong to tensors which are reachable, or not yet collected
     * @param cached      bytes of blocks that wait for reuse
     * @param peak        the most bytes that were ever in use at once
     * @param budget      the most that may be in use and cached together
     * @param collections how often the allocator asked the Java collector to run
     * @param slabs       blocks that small tensors (up to 32 KiB) share
     * @param holders     what is in use, by size of block and site, the largest total first
     */
    public record Stats(long inUse, long cached, long peak, long budget, int collections, long slabs, List<Holder> holders) {
        static Stats of(long inUse, long cached, long peak, long budget, int collections, Block.Live live) {
            record Kind(long bytes, boolean slab, String site) {}
            var counts = new HashMap<Kind, Long>();
            live.forEach(block -> counts.merge(new Kind(block.memory.byteSize(), block.isSlab(), block.site), 1L, Long::sum));
            var holders = new ArrayList<Holder>();
            counts.forEach((kind, count) -> holders.add(new Holder(kind.bytes, count, kind.slab, kind.site)));
            holders.sort(Comparator.comparingLong(Holder::total).reversed().thenComparing(Comparator.comparingLong(Holder::bytes)));
            long slabs = holders.stream().filter(Holder::slab).mapToLong(Holder::count).sum();
            return new Stats(inUse, cached, peak, budget, collections, slabs, List.copyOf(holders));
        }

        /** A sentence with the {@code n} largest holders. */
        String largest(int n) {
            if (holders.isEmpty()) return "Nothing is held";
            var text = new StringBuilder("Largest: ");
            for (int i = 0; i < Math.min(n, holders.size()); i++) text.append(i == 0 ? "" : ", ").append(holders.get(i));
            return text.toString();
        }

        @Override public String toString() {
            return text(inUse) + " in use (peak " + text(peak) + "), " + text(cached) + " cached, budget " + text(budget) + ", "
                    + collections + (collections == 1 ? " collection. " : " collections. ") + largest(5);
        }
    }

    /** Bytes for people: 64 KiB, 1.5 MiB, 12 GiB. */
    static String text(long bytes) {
        var units = new String[] {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
        int unit = 0;
        double value = bytes;
        while (value >= 1024 && unit < units.length - 1) {
            value /= 1024;
            unit++;
        }
        return (value == Math.rint(value) || value >= 100 ? Long.toString(Math.round(value)) : String.format(Locale.ROOT, "%.1f", value))
                + " " + units[unit];
    }
}
