package lyceum.backend.x86.machine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Cleaner;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import lyceum.backend.x86.asm.Assembler;
import lyceum.memory.Pages;

/**
 * Pages that hold machine code. They are written first and made executable then, never both at once, and go back to the system when their
 * {@link Kernel} is unreachable. At most 256 MiB are held, or
 * {@code -Dlyceum.code.most=BYTES}.
 *
 * <p>{@code LYCEUM_DUMP_CODE=dir} (or {@code -Dlyceum.dump.code}) writes a listing of every kernel into that folder, and a line
 * {@code address bytes name} into its {@code map.txt}, by which a crash log can be read.
 */
public final class CodeMemory {
    /** Thrown where code is needed and cannot be had, so that another backend computes. */
    public static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1;

        Refused(String name) { super("no executable memory for " + name + "; " + held() + " bytes are held", null, false, false); }
    }

    static final long MOST = Long.getLong("lyceum.code.most", 256L << 20);

    private static final Cleaner CLEANER = Cleaner.create();
    private static final AtomicLong HELD = new AtomicLong(), NANOS = new AtomicLong();
    private static final AtomicBoolean FULL = new AtomicBoolean();
    private static final Path DUMP = dump();

    private CodeMemory() {}

    private static Path dump() {
        var set = System.getProperty("lyceum.dump.code", System.getenv("LYCEUM_DUMP_CODE"));
        return set == null || set.isBlank() ? null : Path.of(set);
    }

    /** True if listings are written: an {@link Assembler} should then keep one. */
    public static boolean isListed() { return DUMP != null; }

    /** Bytes of code that are held now. */
    public static long held() { return HELD.get(); }

    /** Nanoseconds that went into making kernels, from the first instruction until they could be called, on all threads together. */
    public static long nanos() { return NANOS.get(); }

    /** The code as a kernel; empty if the system refuses executable memory or the most is held already, so that the caller falls back. */
    public static Optional<Kernel> load(String name, Assembler.Code code) {
        long bytes = Pages.round(code.bytes().length);
        if (HELD.addAndGet(bytes) > MOST) return refused(bytes);
        var pages = Pages.map(bytes);
        if (pages == null) return refused(bytes);
        MemorySegment.copy(MemorySegment.ofArray(code.bytes()), 0, pages, 0, code.bytes().length);
        if (!Pages.protect(pages, Pages.Rights.READ_EXECUTE)) {
            Pages.unmap(pages.address(), bytes);
            return refused(bytes);
        }
        var kernel = new Kernel(name, pages);
        CLEANER.register(kernel, new Free(pages.address(), bytes));
        NANOS.addAndGet(System.nanoTime() - code.begun());
        if (DUMP != null) write(name, code, pages.address());
        return Optional.of(kernel);
    }

    /** Says so once, if there has been some before: where there never was any, the choice of the backend says it. */
    private static Optional<Kernel> refused(long bytes) {
        long held = HELD.addAndGet(-bytes);
        if (held > 0 && !FULL.getAndSet(true))
            System.getLogger("lyceum.backend").log(System.Logger.Level.WARNING, "No more memory for machine code: " + held
                    + " bytes are held of at most " + MOST + " (-Dlyceum.code.most=BYTES); what needs more is computed without it");
        return Optional.empty();
    }

    /** The code as a kernel. @throws Refused where {@link #load} gives none */
    public static Kernel require(String name, Assembler.Code code) {
        var loaded = load(name, code);
        if (loaded.isEmpty()) throw new Refused(name);
        return loaded.get();
    }

    private record Free(long address, long bytes) implements Runnable {
        @Override public void run() {
            Pages.unmap(address, bytes);
            HELD.addAndGet(-bytes);
        }
    }

    private static synchronized void write(String name, Assembler.Code code, long address) {
        try {
            Files.createDirectories(DUMP);
            Files.writeString(DUMP.resolve(name.replaceAll("[^A-Za-z0-9._-]", "_") + ".s"), code.listing());
            Files.writeString(DUMP.resolve("map.txt"), String.format(Locale.ROOT, "%x %d %s%n", address, code.bytes().length, name),
                    StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException("LYCEUM_DUMP_CODE: cannot write the listing of " + name + " to " + DUMP, e);
        }
    }
}
