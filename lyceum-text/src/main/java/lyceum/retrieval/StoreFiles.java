package lyceum.retrieval;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import lyceum.format.Durable;

/** The directory of a store. */
final class StoreFiles {
    private StoreFiles() {}

    /** What a crash or a merge left behind. A file that cannot be deleted yet goes the next time. */
    static void sweep(Path directory, List<String> segments, int generation) throws IOException {
        try (var files = Files.newDirectoryStream(directory, "{segment-*,log-*}")) {
            for (var file : files) {
                var name = file.getFileName().toString();
                if (name.equals("log-" + generation + ".lyl") || segments.contains(name.substring(0, name.indexOf('.')))) continue;
                try {
                    Files.delete(file);
                } catch (IOException e) {
                    System.getLogger(StoreFiles.class.getName()).log(System.Logger.Level.DEBUG, "cannot delete " + file, e);
                }
            }
        }
    }

    /** Segments never change: where the file system can, another name is given to them in place of a copy. */
    static void copy(Path from, Path to, Set<String> except) throws IOException {
        Durable.createDirectories(to);
        try (var there = Files.list(to)) {
            if (there.findAny().isPresent()) throw new IOException("snapshot: " + to + " is not empty");
        }
        try (var files = Files.newDirectoryStream(from)) {
            for (var file : files) {
                var name = file.getFileName().toString();
                if (except.contains(name)) continue;
                boolean linked = false;
                if (name.startsWith("segment-")) try {
                    Files.createLink(to.resolve(name), file);
                    linked = true;
                } catch (IOException | UnsupportedOperationException e) {
                    // another file system
                }
                if (!linked) {
                    Files.copy(file, to.resolve(name));
                    Durable.force(to.resolve(name));
                }
            }
        }
        Durable.forceNames(to);
    }
}
