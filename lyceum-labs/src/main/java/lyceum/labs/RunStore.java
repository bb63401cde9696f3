package lyceum.labs;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
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
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Keeps results of runs, a JSON file each, beside an index of one line a run. The latest 1,000 are kept.
 *
 * <p>Where the folder cannot be written (a read-only home, a full disk) a result stays in memory until the process ends, and
 * {@link #save} says so; nothing fails. A file's name is the hash of its content and never comes from a request.
 */
public final class RunStore {

    private static final int KEPT = 1_000;
    private static final int KEPT_IN_MEMORY = 32;
    private static final String INDEX = "runs.jsonl";
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
    public record Saved(String id, String warning) { }

    private final Path folder;
    private final Disk disk;
    private final LinkedHashMap<String, StoredRun> index = new LinkedHashMap<>();
    private final LinkedHashMap<String, LabResult> unsaved = new LinkedHashMap<>();
    private boolean indexRead;

    /** A store in {@code folder}, which is made when the first run is saved. */
    public RunStore(Path folder) {
        this(folder, RunStore::writeWhole);
    }

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
        index.remove(id);
        index.put(id, entry);
        try {
            Files.createDirectories(folder);
            disk.write(folder.resolve(id + ".json"), json);
            Files.writeString(folder.resolve(INDEX), LabJson.write(entry) + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            prune();
            return new Saved(id, "");
        } catch (IOException e) {
            unsaved.put(id, result);
            if (unsaved.size() > KEPT_IN_MEMORY) {
                var oldest = unsaved.firstEntry().getKey();
                unsaved.remove(oldest);
                index.remove(oldest);
            }
            return new Saved(id, "the run is not stored: " + reason(e) + ". It stays available until this process ends");
        }
    }

    /** A stored result; anything that is no id finds nothing. */
    public synchronized Optional<LabResult> find(String id) {
        readIndex();
        if (!ID.matcher(id).matches() || !index.containsKey(id)) {
            return Optional.empty();
        }
        if (unsaved.containsKey(id)) {
            return Optional.of(unsaved.get(id));
        }
        try {
            return Optional.of(LabResult.fromJson(Files.readString(folder.resolve(id + ".json"))));
        } catch (IOException | IllegalArgumentException e) {
            index.remove(id);
            return Optional.empty();
        }
    }

    /** The latest run of a topic with these parameters and seed. */
    public synchronized Optional<StoredRun> last(String slug, Map<String, Object> params, long seed) {
        return latest(Integer.MAX_VALUE).stream().filter(r -> r.slug().equals(slug) && r.seed() == seed && r.params().equals(params)).findFirst();
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
        if (indexRead) {
            return;
        }
        indexRead = true;
        try {
            for (var line : Files.readAllLines(folder.resolve(INDEX))) {
                readEntry(line);
            }
        } catch (IOException e) {
            // There is no store yet, or it cannot be read: it starts empty, and saving will say what is wrong.
            index.clear();
        }
    }

    /** A line that was cut off by a crash is skipped. */
    private void readEntry(String line) {
        try {
            var entry = LabJson.read(line, StoredRun.class);
            if (entry != null && entry.id() != null && ID.matcher(entry.id()).matches()) {
                index.remove(entry.id());
                index.put(entry.id(), entry);
            }
        } catch (IllegalArgumentException e) {
            return;
        }
    }

    /** Forgets the oldest, a fifth at a time, so that the index is rarely rewritten. */
    private void prune() throws IOException {
        if (index.size() < KEPT + KEPT / 5) {
            return;
        }
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
            case java.nio.file.AccessDeniedException a -> folder + " may not be written";
            case java.nio.file.FileSystemException f when f.getReason() != null -> folder + ": " + f.getReason();
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
