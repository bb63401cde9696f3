package lyceum.labs.run;

import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Keeps results of runs, a JSON file each, beside an index of one line a run. The latest 1,000 are kept.
 *
 * <p>Where the folder cannot be written (a read-only home, a full disk) a result stays in memory until the process ends, and
 * {@link #save} says so; nothing fails. A file's name is the hash of its content and never comes from a request.
 */
public final class RunStore {

    private static final int KEPT = 1_000;
    /** Characters of results that could not be stored. */
    private static final int KEPT_IN_MEMORY = 16 << 20;
    /** Bytes of the index that are read, from its end: many times what 1,000 lines take. */
    private static final int INDEX_READ = 8 << 20;
    private static final String INDEX = "runs.jsonl";
    private static final System.Logger LOG = System.getLogger(RunStore.class.getName());
    private static final Pattern ID = Pattern.compile("[0-9a-f]{24}");

    /** Puts a text into a file, whole or not at all; a seam for tests of full disks. */
    @FunctionalInterface
    interface Disk {
        void write(Path file, String text) throws IOException;
    }

    /**
     * What became of a result.
     *
     * @param id      to fetch it by, whether or not it is on disk
     * @param warning why it is not on disk; an empty text when it is
     */
    public record Saved(String id, String warning) {}

    private final Path folder;
    private final Disk disk;
    private final LinkedHashMap<String, StoredRun> index = new LinkedHashMap<>();
    private final LinkedHashMap<String, String> unsaved = new LinkedHashMap<>();
    private boolean indexRead;
    /** Bytes of the index as this store left it. */
    private long indexSize;

    /** A store in {@code folder}, which is made when the first run is saved. */
    public RunStore(Path folder) { this(folder, RunStore::writeWhole); }

    RunStore(Path folder, Disk disk) {
        this.folder = folder;
        this.disk = disk;
    }

    /** Keeps a result. */
    public synchronized Saved save(LabResult result) {
        readIndex();
        var json = result.toJson();
        var id = idOf(json);
        var entry = StoredRun.of(id, result);
        try {
            Files.createDirectories(folder);
            disk.write(folder.resolve(id + ".json"), json);
            try (var alone = FolderLock.take(folder)) {
                catchUp();
                index.remove(id);
                index.put(id, entry);
                append(LabJson.write(entry));
                prune(alone.held());
                indexSize = Files.size(folder.resolve(INDEX));
            }
            return new Saved(id, "");
        } catch (IOException e) {
            index.remove(id);
            index.put(id, entry);
            unsaved.put(id, json);
            forgetUnsaved();
            return new Saved(id, "the run is not stored: " + reason(e) + ". It stays available until this process ends");
        }
    }

    /** Where another studio stored or forgot runs meanwhile, the index is read anew. */
    private void catchUp() throws IOException {
        var file = folder.resolve(INDEX);
        if (Files.exists(file) && Files.size(file) != indexSize) {
            index.keySet().retainAll(unsaved.keySet());
            readEntries();
        }
    }

    private void forgetUnsaved() {
        long held = unsaved.values().stream().mapToLong(String::length).sum();
        while (held > KEPT_IN_MEMORY && unsaved.size() > 1) {
            var oldest = unsaved.pollFirstEntry();
            held -= oldest.getValue().length();
            index.remove(oldest.getKey());
        }
    }

    /** A line that another process was killed in ends where the next one begins. */
    private void append(String line) throws IOException {
        var file = folder.resolve(INDEX);
        Files.writeString(file, (endsInALine(file) ? "" : "\n") + line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private static boolean endsInALine(Path file) throws IOException {
        var last = tail(file, 1);
        return last.isEmpty() || last.equals("\n");
    }

    /** The last bytes of a file as text; what is no UTF-8 in it is replaced. Empty where there is no file. */
    private static String tail(Path file, int bytes) throws IOException {
        try (var channel = FileChannel.open(file)) {
            channel.position(Math.max(0, channel.size() - bytes));
            return new String(Channels.newInputStream(channel).readNBytes(bytes), StandardCharsets.UTF_8);
        } catch (NoSuchFileException e) {
            return "";
        }
    }

    /** A stored result; anything that is no id finds nothing, and a damaged file is left out from then on. */
    public synchronized Optional<LabResult> find(String id) {
        readIndex();
        if (!ID.matcher(id).matches() || !index.containsKey(id)) return Optional.empty();
        try {
            var json = unsaved.containsKey(id) ? unsaved.get(id) : Files.readString(folder.resolve(id + ".json"));
            return Optional.of(whole(LabResult.fromJson(json)));
        } catch (NoSuchFileException e) {
            index.remove(id); // another studio forgot it
        } catch (IOException | IllegalArgumentException e) {
            leaveOut(id, e);
        }
        return Optional.empty();
    }

    /** Shows a run no more, since it is damaged; its file stays for whoever wants to look at it. */
    public synchronized void leaveOut(String id, Exception why) {
        if (index.remove(id) != null) {
            LOG.log(System.Logger.Level.WARNING, "the stored run {0} in {1} is damaged and left out: {2}", id, folder, why.getMessage());
        }
    }

    private static LabResult whole(LabResult result) {
        if (result == null || Stream.of(result.slug(), result.lab(), result.title(), result.version(), result.machine(), result.date())
                .anyMatch(Objects::isNull)) {
            throw new IllegalArgumentException("a part of the record is missing");
        }
        return result;
    }

    /** The latest run of a topic with these parameters and seed. */
    public synchronized Optional<StoredRun> last(String slug, Map<String, Object> params, long seed) {
        return latest(Integer.MAX_VALUE).stream().filter(r -> r.slug().equals(slug) && r.seed() == seed && r.params().equals(params))
                .findFirst();
    }

    /** The latest runs, newest first. */
    public synchronized List<StoredRun> latest(int count) {
        readIndex();
        var runs = new ArrayList<>(index.values());
        return List.copyOf(runs.reversed().subList(0, Math.min(count, runs.size())));
    }

    /** The topics whose latest run took longest, slowest first. */
    public synchronized List<StoredRun> slowest(int count) {
        readIndex();
        var latest = new LinkedHashMap<String, StoredRun>();
        index.values().forEach(r -> latest.put(r.slug(), r));
        return latest.values().stream().sorted(Comparator.comparingDouble(StoredRun::seconds).reversed()).limit(count).toList();
    }

    /** At the first question, not at the start of the program. */
    private void readIndex() {
        if (indexRead) return;
        indexRead = true;
        try {
            readEntries();
        } catch (IOException e) {
            // The store cannot be read: it starts empty, and saving will say what is wrong.
            index.clear();
        }
    }

    private void readEntries() throws IOException { tail(folder.resolve(INDEX), INDEX_READ).lines().forEach(this::readEntry); }

    /** A line that was cut off by a crash, or is damaged in another way, is skipped. */
    private void readEntry(String line) {
        try {
            var entry = LabJson.read(line, StoredRun.class);
            if (entry != null && entry.whole() && ID.matcher(entry.id()).matches()) {
                index.remove(entry.id());
                index.put(entry.id(), entry);
            }
        } catch (IllegalArgumentException e) {
            return;
        }
    }

    /** Forgets the oldest, a fifth at a time, so that the index is rarely rewritten. */
    private void prune(boolean alone) throws IOException {
        if (!alone || index.size() < KEPT + KEPT / 5) return;
        while (index.size() > KEPT) {
            Files.deleteIfExists(folder.resolve(index.pollFirstEntry().getKey() + ".json"));
        }
        var lines = new StringBuilder();
        index.values().stream().filter(r -> !unsaved.containsKey(r.id())).forEach(r -> lines.append(LabJson.write(r)).append('\n'));
        disk.write(folder.resolve(INDEX), lines.toString());
    }

    private static void writeWhole(Path file, String text) throws IOException {
        var fresh = Files.createTempFile(file.getParent(), "run", ".tmp");
        try {
            Files.writeString(fresh, text);
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(fresh);
        }
    }

    private String reason(IOException e) {
        return switch (e) {
            case AccessDeniedException a -> folder + " may not be written";
            case FileSystemException f when f.getReason() != null -> folder + ": " + f.getReason();
            default -> folder + ": " + e.getMessage();
        };
    }

    private static String idOf(String json) {
        try {
            var hash = MessageDigest.getInstance("SHA-256").digest(json.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash, 0, 12);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
