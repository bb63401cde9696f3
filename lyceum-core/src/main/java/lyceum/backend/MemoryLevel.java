package lyceum.backend;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import lyceum.memory.Memory;
import lyceum.memory.Scope;

/**
 * A cache of this machine, or its memory, and how fast it is read: each is a roof of its own ({@link #roofline}).
 *
 * <p>Measured by reading a block of half a cache's size over and over, and one that the last cache cannot hold. Sizes are those that Linux tells, a virtual machine those of its host, half a gigabyte
 * and more; elsewhere usual ones. A level beyond the second counts as shared by all threads.
 *
 * @param name     {@code L1}, {@code L2}, {@code L3} or {@code memory}
 * @param capacity bytes; of memory, those that {@link Memory#budget} allows
 * @param bytesAlone read a second by one thread, {@code bytes} by all {@link Parallel#threads()} together
 */
public record MemoryLevel(String name, long capacity, double bytesAlone, double bytes) {
    private static final Path LINUX = Path.of("/sys/devices/system/cpu/cpu0/cache");
    private static final long[] USUAL = {32 << 10, 1 << 20, 32 << 20};
    private static final int PRIVATE = 2;
    /** Of what must be written before it is read: a huge cache is not filled to be measured. */
    private static final long MOST = 128 << 20;
    private static final long OF_A_THREAD = 64 << 20;

    private static final class Once {
        static final List<MemoryLevel> MEASURED = measure();
    }

    /** From the nearest to memory; measured at the first call, as {@link Roofline#measured} is, and a tenth of a second longer. */
    public static List<MemoryLevel> measured() { return Once.MEASURED; }

    /** This machine's arithmetic fed from this level. */
    public Roofline roofline() {
        var measured = Roofline.measured();
        return new Roofline(measured.operationsAlone(), measured.operations(), bytesAlone, bytes);
    }

    private static List<MemoryLevel> measure() {
        var sizes = sizes(LINUX);
        var levels = new ArrayList<MemoryLevel>();
        for (int i = 0; i < sizes.length; i++) levels.add(measure("L" + (i + 1), sizes[i], within(sizes[i]), i < PRIVATE));
        var roofs = Roofline.measured();
        levels.add(new MemoryLevel("memory", Memory.budget(), roofs.bytesAlone(), roofs.bytes()));
        return List.copyOf(levels);
    }

    /** Measured anew: what {@link Roofline} is of. Many threads sit on several chips, each with a cache like the one that is told. */
    static MemoryLevel memory() {
        long block = Math.max(beyondCaches(), Parallel.threads() * OF_A_THREAD);
        return measure("memory", Memory.budget(), Math.min(block, Memory.budget() / 8), false);
    }

    /** Bytes that the last cache does not hold. */
    public static long beyondCaches() {
        var sizes = sizes(LINUX);
        return beyond(sizes[sizes.length - 1]);
    }

    /** Bytes that a cache of this size holds, and the one before it does not. */
    static long within(long cache) { return Math.min(cache / 2, MOST); }

    /** Bytes that a cache of this size does not hold: read in a circle, half as many again would already drive each other out. */
    static long beyond(long cache) { return cache + Math.min(3 * cache, 2 * MOST); }

    /** @param block of a thread if it has the level for itself, else of all */
    private static MemoryLevel measure(String name, long capacity, long block, boolean isPrivate) {
        try (var scope = Scope.open("memory to read")) {
            return measured(name, capacity, block, isPrivate);
        }
    }

    private static MemoryLevel measured(String name, long capacity, long block, boolean isPrivate) {
        int threads = Parallel.threads();
        var one = new ReadLoop(block);
        one.pass(); // into the cache
        double alone = Roofline.rate(1, t -> one.pass());
        if (threads == 1) return new MemoryLevel(name, capacity, alone, alone);
        var each = new ReadLoop[threads];
        for (int t = 0; t < threads; t++) each[t] = isPrivate ? new ReadLoop(block) : one.part(t, threads);
        Parallel.range(threads, 1, (from, to) -> each[(int) from].pass());
        return new MemoryLevel(name, capacity, alone, Math.max(alone, Roofline.rate(threads, t -> each[t].pass())));
    }

    /** Of the data caches, as Linux tells them, or usual ones. */
    static long[] sizes(Path folder) {
        var found = new long[8];
        int levels = 0;
        try {
            for (int i = 0; Files.isDirectory(folder.resolve("index" + i)); i++) {
                var cache = folder.resolve("index" + i);
                if (Files.readString(cache.resolve("type")).strip().equals("Instruction")) continue;
                int level = Integer.parseInt(Files.readString(cache.resolve("level")).strip());
                found[level - 1] = bytes(Files.readString(cache.resolve("size")).strip());
                levels = Math.max(levels, level);
            }
        } catch (IOException | RuntimeException untold) {
            return USUAL;
        }
        if (levels == 0) return USUAL;
        var sizes = new long[levels];
        for (int i = 0; i < levels; i++) sizes[i] = found[i] > 0 ? found[i] : USUAL[Math.min(i, USUAL.length - 1)];
        return sizes;
    }

    /** {@code 32K}, {@code 1M}. */
    private static long bytes(String text) {
        int unit = "KMG".indexOf(text.charAt(text.length() - 1));
        return unit < 0 ? Long.parseLong(text) : Long.parseLong(text.substring(0, text.length() - 1)) << 10 * (unit + 1);
    }

    @Override public String toString() {
        return String.format(Locale.ROOT, "%s of %,d KB: %.1f GB/s (%.1f on one thread)", name, capacity >> 10, bytes * 1e-9,
                bytesAlone * 1e-9);
    }
}
