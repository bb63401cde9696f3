package lyceum.backend;

import java.util.Arrays;
import java.util.List;

/**
 * A simulator of caches: set-associative, one behind the other, fed with byte addresses.
 *
 * {@snippet :
 * var caches = new CacheHierarchy(CacheHierarchy.Level.of("L1", 32 << 10, 8, 64), CacheHierarchy.Level.of("L2", 1 << 20, 16, 64));
 * AddressTrace.product(256, 8).play(caches);      // or caches.read(address) as you like
 * caches.misses(0);                               // lines that L1 had to fetch
 * caches.bytesBehind(1);                          // traffic between L2 and memory
 * }
 *
 * <p>Line {@code l = address / line} lives in set {@code l mod sets}; a full set gives up the line that was used longest ago (LRU). A write fetches the line as a read does
 * and marks it; a marked line that is given up is written to the next level. Levels fill independently: none throws lines out of another. Nothing is fetched
 * before it is asked for. Not safe for threads.
 *
 * @see <a href="https://doi.org/10.1109/SFFCS.1999.814600">Frigo, Leiserson, Prokop and Ramachandran (1999), for the counts of matrix products</a>
 */
public final class CacheHierarchy {
    /**
     * The form of one cache.
     *
     * @param bytes in all
     * @param ways  lines of a set
     * @param line  bytes of a line
     */
    public record Level(String name, long bytes, int ways, int line) {
        public Level {
            if (line < 1 || ways < 1 || bytes < (long) line * ways || bytes % ((long) line * ways) != 0)
                throw new IllegalArgumentException("CacheHierarchy: " + name + " of " + bytes + " bytes in " + ways + " ways of lines of "
                        + line + "; bytes are a multiple of ways times line");
            if (bytes / line > 1 << 24)
                throw new IllegalArgumentException("CacheHierarchy: " + name + " has " + bytes / line + " lines; at most 2^24");
        }

        public static Level of(String name, long bytes, int ways, int line) { return new Level(name, bytes, ways, line); }

        /** One set: any line may lie anywhere. */
        public static Level fullyAssociative(String name, long bytes, int line) {
            return new Level(name, bytes, Math.toIntExact(bytes / line), line);
        }

        public int lines() { return (int) (bytes / line); }

        public int sets() { return lines() / ways; }
    }

    private final Level[] levels;
    private final Cache[] caches;
    private final long line;

    /** From the nearest level to the farthest. @throws IllegalArgumentException unless lines are equally long */
    public CacheHierarchy(Level... levels) {
        if (levels.length == 0) throw new IllegalArgumentException("CacheHierarchy: no levels; at least one is simulated");
        this.levels = levels.clone();
        this.line = levels[0].line;
        for (var level : levels) {
            if (level.line != line) throw new IllegalArgumentException("CacheHierarchy: lines of " + line + " bytes in " + levels[0].name
                    + ", of " + level.line + " in " + level.name + "; they are equally long");
        }
        this.caches = Arrays.stream(levels).map(Cache::new).toArray(Cache[]::new);
    }

    public List<Level> levels() { return List.of(levels); }

    /** Reads the byte at {@code address}; returns the level that had it, 0 the nearest, {@code levels().size()} for memory. */
    public int read(long address) { return access(0, Math.floorDiv(address, line), false); }

    /** Writes the byte at {@code address}; returns the level that had its line. */
    public int write(long address) { return access(0, Math.floorDiv(address, line), true); }

    private int access(int level, long number, boolean write) {
        if (level == caches.length) return level;
        var cache = caches[level];
        cache.accesses++;
        if (cache.hits(number, write)) return level;
        cache.misses++;
        int found = access(level + 1, number, false);
        long given = cache.fill(number, write);
        if (given != Cache.NONE) store(level + 1, given);
        return found;
    }

    /** A marked line goes down a level; no program waits for it, so that it counts neither as access nor as miss. */
    private void store(int level, long number) {
        caches[level - 1].writeBacks++;
        if (level == caches.length || caches[level].hits(number, true)) return;
        long given = caches[level].fill(number, true);
        if (given != Cache.NONE) store(level + 1, given);
    }

    /** Reads and writes that came to this level. */
    public long accesses(int level) { return caches[level].accesses; }

    /** Those that it had to fetch from the next. */
    public long misses(int level) { return caches[level].misses; }

    public long hits(int level) { return accesses(level) - misses(level); }

    /** Lines that were written to the next level when they were given up. */
    public long writeBacks(int level) { return caches[level].writeBacks; }

    /** Traffic between this level and the next, or memory: lines fetched and lines written. */
    public long bytesBehind(int level) { return line * (misses(level) + writeBacks(level)); }

    /** One level: lines in chains by hash to find them, and in a ring a set, last used first, to know whom to give up. */
    private static final class Cache {
        static final long NONE = Long.MIN_VALUE;

        private final int ways, sets;
        private final long[] number;
        private final boolean[] marked;
        private final int[] newer, older, newest, oldest, used;
        private final int[] chain, next;
        private long accesses, misses, writeBacks;

        Cache(Level level) {
            int lines = level.lines();
            ways = level.ways;
            sets = level.sets();
            number = new long[lines];
            marked = new boolean[lines];
            newer = new int[lines];
            older = new int[lines];
            next = new int[lines];
            newest = new int[sets];
            oldest = new int[sets];
            used = new int[sets];
            chain = new int[Integer.highestOneBit(lines) * 2];
            Arrays.fill(newest, -1);
            Arrays.fill(oldest, -1);
            Arrays.fill(chain, -1);
        }

        private int set(long line) { return (int) Math.floorMod(line, (long) sets); }

        private int bucket(long line) { return (int) (line * 0x9E3779B97F4A7C15L >>> 40) & chain.length - 1; }

        /** True if the line is here; it is then the newest of its set. */
        boolean hits(long line, boolean write) {
            int slot = chain[bucket(line)];
            while (slot >= 0 && number[slot] != line) slot = next[slot];
            if (slot < 0) return false;
            marked[slot] |= write;
            int set = set(line);
            if (newest[set] != slot) {
                unlink(set, slot);
                toFront(set, slot);
            }
            return true;
        }

        /** Takes a line in that is not here; returns a marked one that had to go, or NONE. */
        long fill(long line, boolean write) {
            int set = set(line), slot;
            long given = NONE;
            if (used[set] < ways) slot = set * ways + used[set]++;
            else {
                slot = oldest[set];
                if (marked[slot]) given = number[slot];
                unlink(set, slot);
                unchain(slot);
            }
            number[slot] = line;
            marked[slot] = write;
            int bucket = bucket(line);
            next[slot] = chain[bucket];
            chain[bucket] = slot;
            toFront(set, slot);
            return given;
        }

        private void unchain(int slot) {
            int bucket = bucket(number[slot]), at = chain[bucket];
            if (at == slot) {
                chain[bucket] = next[slot];
                return;
            }
            while (next[at] != slot) at = next[at];
            next[at] = next[slot];
        }

        private void unlink(int set, int slot) {
            int before = newer[slot], after = older[slot];
            if (before < 0) newest[set] = after;
            else older[before] = after;
            if (after < 0) oldest[set] = before;
            else newer[after] = before;
        }

        private void toFront(int set, int slot) {
            newer[slot] = -1;
            older[slot] = newest[set];
            if (newest[set] >= 0) newer[newest[set]] = slot;
            newest[set] = slot;
            if (oldest[set] < 0) oldest[set] = slot;
        }
    }
}
