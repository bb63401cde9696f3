package lyceum.format;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Files that belong together, written into a folder that is there or not: first all of them into a draft inside of it, and only when all are whole are they moved to their
 * places. A disk that fills up, or any error, while the draft is written leaves what the folder held before; what was written stays, whatever happens to the power.
 *
 * <p>The moves themselves are one after the other. Each is whole, but a crash between two of them, or a file that cannot be moved, leaves files of both writings: who cannot
 * have that gives new files new names, and has the one that names them moved last.
 *
 * <p>A process that is killed leaves its draft behind. Whoever writes into the folder next deletes it: beside each draft stands a file that its writer holds locked, and the
 * system takes the lock back however that process ends.
 *
 * {@snippet :
 * var folder = Path.of("model");
 * var tensors = new LinkedHashMap<String, Tensor>(Map.of("weight", Tensor.ones(2, 3)));
 * FolderDraft.write(folder, Set.of("index.json")::contains, draft -> {
 *     Files.writeString(draft.resolve("config.json"), "{}");
 *     Safetensors.write(draft.resolve("model.safetensors"), tensors, Map.of());
 * });
 * }
 */
public final class FolderDraft {
    private static final String PREFIX = ".draft-", LOCK = ".lock", FILE = ".file";
    private static final String NAME = "\\.draft-[0-9a-f-]{36}-[0-9a-f-]{36}\\.(lock|file)";
    /** Of this process: its own drafts are alive, and to open the lock of one a second time would lose it on Linux. */
    private static final String OWN = PREFIX + UUID.randomUUID();

    private FolderDraft() {}

    /** What writes the files, folders of files among them, into the empty folder that it is given. */
    @FunctionalInterface
    public interface Writer {
        void write(Path draft) throws IOException;
    }

    /**
     * Writes files. Others stay, but for the obsolete ones.
     *
     * @param obsolete whether a file that is not written anew is deleted, by its name in the folder, such as {@code words/old.bin}; asked of those beside files that are
     * @throws IOException if they cannot be written, and then the folder is as it was, or not be moved
     */
    public static void write(Path folder, Predicate<String> obsolete, Writer writer) throws IOException {
        write(folder, obsolete, List.of(), writer);
    }

    /** The same where some files name others: these are moved when all others are, in this order, as far as they were written. @param last names in the folder */
    public static void write(Path folder, Predicate<String> obsolete, List<String> last, Writer writer) throws IOException {
        Durable.createDirectories(folder);
        deleteLeftBehind(folder);
        var draft = folder.resolve(OWN + "-" + UUID.randomUUID());
        try (var _ = locked(lock(draft))) {
            try {
                writer.write(Files.createDirectory(draft));
                move(draft, folder, obsolete, last);
            } finally {
                delete(draft); // before the lock is gone, or another process would be at it too
            }
        }
    }

    /**
     * Puts one file into its place, whole, by a draft in a folder on the same disk. What killed processes left there the caller {@linkplain #deleteLeftBehind deletes}. An
     * interrupt of the thread waits.
     *
     * @param lasting false is quick, for many small files: a power cut may lose them until {@link Durable} has forced each and its name
     */
    public static void put(Path folder, Path file, byte[] bytes, boolean lasting) throws IOException {
        Durable.uninterrupted(() -> {
            var draft = folder.resolve(OWN + "-" + UUID.randomUUID() + FILE);
            try (var channel = locked(draft)) { // the draft itself: the lock goes with it to its place
                var rest = ByteBuffer.wrap(bytes);
                while (rest.hasRemaining()) channel.write(rest);
                if (lasting) channel.force(true);
                Files.move(draft, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(draft);
            }
        });
        if (lasting) Durable.forceNames(file.toAbsolutePath().getParent());
    }

    private static void move(Path draft, Path folder, Predicate<String> obsolete, List<String> last) throws IOException {
        var written = new ArrayList<>(files(Files.walk(draft)));
        written.sort(Comparator.comparingInt(file -> last.indexOf(name(draft, file)))); // -1 is any other
        Set<Path> beside = new HashSet<>(), unforced = new LinkedHashSet<>();
        for (var file : written) Durable.force(file);
        for (var file : written) {
            var target = folder.resolve(draft.relativize(file));
            Durable.createDirectories(target.getParent());
            if (last.contains(name(draft, file))) forceNames(unforced); // or it might outlast what it names
            Files.move(file, target, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
            beside.add(target.getParent());
            unforced.add(target.getParent());
        }
        forceNames(unforced); // before what is obsolete goes
        var names = written.stream().map(file -> name(draft, file)).toList();
        for (var parent : beside) for (var file : files(Files.list(parent))) {
            var name = name(folder, file);
            if (!names.contains(name) && !name.startsWith(PREFIX) && obsolete.test(name)) Files.delete(file);
        }
    }

    private static void forceNames(Set<Path> folders) {
        folders.forEach(Durable::forceNames);
        folders.clear();
    }

    private static Path lock(Path draft) { return draft.resolveSibling(draft.getFileName() + LOCK); }

    /** Makes the file and locks it; there is a draft only while there is a lock. */
    private static FileChannel locked(Path file) throws IOException {
        while (true) {
            var channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            try {
                if (channel.tryLock() != null && Files.exists(file)) return channel;
            } catch (IOException e) {
                return channel; // a file system without locks: nobody takes it for a dead one's there either
            }
            channel.close(); // another process was here before it was locked, took it for a dead one's and deletes it
        }
    }

    /** Deletes the drafts of killed processes that a folder holds. What cannot be deleted is left to the next: it is in nobody's way. */
    public static void deleteLeftBehind(Path folder) throws IOException {
        try (var locks = Files.newDirectoryStream(folder, PREFIX + "*")) {
            for (var lock : locks) {
                var name = lock.getFileName().toString();
                if (name.startsWith(OWN) || !name.matches(NAME)) continue;
                try (var channel = FileChannel.open(lock, StandardOpenOption.WRITE)) {
                    if (channel.tryLock() == null) continue;
                    if (name.endsWith(FILE)) Files.deleteIfExists(lock);
                    else delete(lock.resolveSibling(name.substring(0, name.length() - LOCK.length())));
                } catch (IOException | UncheckedIOException | OverlappingFileLockException e) {
                    // another user's, or another thread is at it
                }
            }
        }
    }

    private static String name(Path folder, Path file) { return folder.relativize(file).toString().replace('\\', '/'); }

    /** Closes what it is given. A listing follows a folder that is a link, a walk does not. */
    private static List<Path> files(Stream<Path> paths) {
        try (paths) {
            return paths.filter(Files::isRegularFile).toList();
        }
    }

    /** The draft, if it was made, and then its lock. */
    private static void delete(Path draft) throws IOException {
        if (Files.exists(draft)) try (var all = Files.walk(draft)) {
            for (var each : all.sorted(Comparator.reverseOrder()).toList()) Files.delete(each);
        }
        Files.deleteIfExists(lock(draft));
    }
}
