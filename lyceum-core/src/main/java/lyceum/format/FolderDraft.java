package lyceum.format;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.function.Predicate;

/**
 * Files that belong together, written into a folder that is there or not: first all of them beside it, inside of the folder, and only when all are whole are they moved to
 * their places. A disk that fills up, or any error, leaves what the folder held before.
 *
 * {@snippet :
 * FolderDraft.write(folder, Set.of("index.json")::contains, draft -> {
 *     Files.writeString(draft.resolve("config.json"), json);
 *     Safetensors.write(draft.resolve("model.safetensors"), tensors, Map.of());
 * });
 * }
 */
public final class FolderDraft {
    private FolderDraft() {}

    /** What writes the files, names without folders, into the empty folder that it is given. */
    @FunctionalInterface
    public interface Writer {
        void write(Path draft) throws IOException;
    }

    /**
     * Writes files. Those of the folder that have other names stay, but for the obsolete ones.
     *
     * @param obsolete whether a file of the folder that is not written anew is deleted, by its name
     * @throws IOException if they cannot be written, and then the folder is as it was
     */
    public static void write(Path folder, Predicate<String> obsolete, Writer writer) throws IOException {
        Files.createDirectories(folder);
        var draft = Files.createTempDirectory(folder, ".draft");
        try {
            writer.write(draft);
            var written = list(draft);
            for (var file : written)
                Files.move(file, folder.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
            var names = written.stream().map(f -> f.getFileName().toString()).toList();
            for (var file : list(folder)) {
                var name = file.getFileName().toString();
                if (Files.isRegularFile(file) && !names.contains(name) && obsolete.test(name)) Files.delete(file);
            }
        } finally {
            for (var file : list(draft)) Files.deleteIfExists(file);
            Files.deleteIfExists(draft);
        }
    }

    private static List<Path> list(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            return files.toList();
        }
    }
}
