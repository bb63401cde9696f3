package lyceum.testing;

import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.function.Predicate;

/**
 * The file of a module's acceptance records, JSON Lines. A later run of some tests replaces those tests' lines and keeps the
 * others, so running one class does not forget the rest; lines whose test is gone are dropped.
 */
public final class AcceptanceFile {

    /** Stands before the name of a test that is tagged {@code heavy} and so does not run every time. */
    public static final String HEAVY = "heavy:";

    private AcceptanceFile() {}

    /**
     * {@code target/acceptance.jsonl} under the working directory, where Maven starts a module's tests; another place if the
     * system property {@code lyceum.acceptance} names one; null where there is no {@code target} folder.
     */
    public static Path ofThisModule() {
        var named = System.getProperty("lyceum.acceptance");
        if (named != null) return Path.of(named);
        var target = Path.of("target").toAbsolutePath();
        return Files.isDirectory(target) ? target.resolve("acceptance.jsonl") : null;
    }

    /**
     * Reads every record of a file.
     *
     * @return no records where the file does not exist
     */
    public static List<AcceptanceRecord> read(Path file) throws IOException {
        if (!Files.exists(file)) return List.of();
        var records = new ArrayList<AcceptanceRecord>();
        for (var line : Files.readAllLines(file)) {
            if (!line.isBlank()) {
                records.add(AcceptanceRecord.fromJson(line));
            }
        }
        return records;
    }

    /** Replaces the lines of the tests that {@code records} name, keeps the others, writes atomically. */
    public static void merge(Path file, List<AcceptanceRecord> records) throws IOException {
        var tests = new HashSet<String>();
        records.forEach(r -> tests.add(r.test()));
        replace(file, tests::contains, records);
    }

    /** Replaces the lines of the tests that {@code stale} accepts, keeps the others, writes atomically. */
    public static synchronized void replace(Path file, Predicate<String> stale, List<AcceptanceRecord> records) throws IOException {
        // Two JVMs run a module's tests side by side: without the lock one would lose what the other has just written.
        try (var channel = FileChannel.open(file.resolveSibling(file.getFileName() + ".lock"), StandardOpenOption.CREATE,
                StandardOpenOption.WRITE); var _ = channel.lock()) {
            replaceLocked(file, stale, records);
        }
    }

    private static void replaceLocked(Path file, Predicate<String> stale, List<AcceptanceRecord> records) throws IOException {
        var lines = new StringBuilder();
        for (var old : read(file)) {
            if (!stale.test(old.test()) && stillThere(old)) {
                lines.append(old.toJson()).append('\n');
            }
        }
        records.forEach(r -> lines.append(r.toJson()).append('\n'));
        var fresh = Files.createTempFile(file.toAbsolutePath().getParent(), "acceptance", ".tmp");
        Files.writeString(fresh, lines);
        Files.move(fresh, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }

    static String nameOf(Method method, boolean heavy) {
        return (heavy ? HEAVY : "") + method.getDeclaringClass().getName() + "#" + method.getName();
    }

    /** A record of something other than a test method (a lab) is kept; a method must still exist and still claim the clause. */
    private static boolean stillThere(AcceptanceRecord record) {
        var test = record.test().startsWith(HEAVY) ? record.test().substring(HEAVY.length()) : record.test();
        var at = test.indexOf('#');
        if (at < 0 || test.startsWith("lab:")) return true;
        try {
            var type = Class.forName(test.substring(0, at), false, Thread.currentThread().getContextClassLoader());
            for (var method : type.getDeclaredMethods()) {
                if (method.getName().equals(test.substring(at + 1)) && claims(method, record)) return true;
            }
            return false;
        } catch (ClassNotFoundException | LinkageError e) {
            return false;
        }
    }

    private static boolean claims(Method method, AcceptanceRecord record) {
        for (var acceptance : method.getAnnotationsByType(Acceptance.class)) {
            for (int clause : acceptance.clause()) {
                if (acceptance.topic().equals(record.topic()) && clause == record.clause()) return true;
            }
        }
        return false;
    }
}
