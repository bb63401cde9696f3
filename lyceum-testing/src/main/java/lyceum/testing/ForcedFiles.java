package lyceum.testing;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;

/**
 * What a piece of code forces onto the disk, as the JVM's own recorder saw it: what a power cut would spare, without one.
 */
public final class ForcedFiles {
    private static final String EVENT = "jdk.FileForce";

    private ForcedFiles() {}

    /** What may fail. */
    @FunctionalInterface
    public interface Body {
        void run() throws Exception;
    }

    /**
     * Runs {@code body}; gives the names of what was forced in a folder, files and folders, in the order of time. What is unique in a name is cut off: a random number, {@code .part} and {@code .tmp}.
     *
     * @return relative to {@code folder}, which itself is {@code ""}; other threads' too, so it is a folder of one's own
     */
    public static List<String> below(Path folder, Body body) throws Exception {
        var file = Files.createTempFile("forced", ".jfr");
        try (var recording = new Recording()) {
            recording.enable(EVENT).withoutThreshold().withoutStackTrace();
            recording.start();
            body.run();
            recording.stop();
            recording.dump(file);
            return RecordingFile.readAllEvents(file).stream().filter(event -> event.getEventType().getName().equals(EVENT))
                    .sorted(Comparator.comparing(RecordedEvent::getStartTime)).map(event -> Path.of(event.getString("path")))
                    .filter(path -> path.startsWith(folder)).map(path -> name(folder, path)).toList();
        } finally {
            Files.delete(file);
        }
    }

    private static String name(Path folder, Path path) {
        return folder.relativize(path).toString().replace('\\', '/').replaceAll("\\.draft-[0-9a-f-]+", ".draft")
                .replaceAll("\\d*\\.(part|tmp)$", "");
    }
}
