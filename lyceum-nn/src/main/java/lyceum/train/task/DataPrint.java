package lyceum.train.task;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import lyceum.FormatException;
import lyceum.data.ContentHash;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What the files and folders that a run's data name were when it began, so that a run that goes on knows them again, wherever they have been copied to. Files that
 * are named within those, such as the clips of JSON lines, count where the task says that it reads them.
 *
 * @param files how many
 * @param bytes of all
 * @param hash of names, sizes and contents; of more than 256 MiB in all, of each file's first and last 64 KiB
 */
record DataPrint(long files, long bytes, String hash) {
    private static final long WHOLE = 256L << 20;
    private static final int PART = 1 << 16;

    private record Found(String name, Path path, long size) {}

    /**
     * @param roots files, and folders with all that is below them
     * @param except a folder that does not count: the run's own may lie among its data
     */
    static DataPrint of(List<Path> roots, Path except) throws IOException { return of(roots, except, WHOLE); }

    static DataPrint of(List<Path> roots, Path except, long whole) throws IOException {
        var left = except.toAbsolutePath().normalize();
        var all = new ArrayList<Found>();
        for (int r = 0; r < roots.size(); r++) {
            var root = roots.get(r);
            try (var below = Files.walk(root, FileVisitOption.FOLLOW_LINKS)) {
                for (var path : (Iterable<Path>) below
                        .filter(p -> !p.toAbsolutePath().normalize().startsWith(left) && Files.isRegularFile(p)).sorted()::iterator)
                    all.add(new Found(r + "/" + root.relativize(path), path, Files.size(path)));
            } catch (UncheckedIOException e) {
                throw e.getCause();
            }
        }
        long bytes = all.stream().mapToLong(Found::size).sum();
        var hash = ContentHash.begin();
        for (var found : all) {
            hash.part(found.name).part(Long.toString(found.size));
            try (var file = FileChannel.open(found.path)) {
                if (bytes <= whole || found.size <= 2 * PART) add(hash, Channels.newInputStream(file), Long.MAX_VALUE);
                else {
                    add(hash, Channels.newInputStream(file), PART);
                    add(hash, Channels.newInputStream(file.position(found.size - PART)), PART);
                }
            }
        }
        return new DataPrint(all.size(), bytes, hash.hex());
    }

    private static void add(ContentHash hash, InputStream in, long most) throws IOException {
        var buffer = new byte[PART];
        for (long left = most; left > 0;) {
            int n = in.read(buffer, 0, (int) Math.min(left, buffer.length));
            if (n < 0) return;
            hash.bytes(buffer, 0, n);
            left -= n;
        }
    }

    JsonNode json() { return JsonMapper.shared().createObjectNode().put("files", files).put("bytes", bytes).put("sha256", hash); }

    /** @throws FormatException if it is not what {@link #json} gives */
    static DataPrint of(JsonNode json) {
        if (!json.path("files").canConvertToLong() || !json.path("bytes").canConvertToLong()
                || !ContentHash.isOne(json.path("sha256").asString("")))
            throw new FormatException("what was read is " + json + "; it has files, bytes and sha256");
        return new DataPrint(json.path("files").asLong(), json.path("bytes").asLong(), json.path("sha256").asString());
    }

    /** How many, in words. */
    String told() { return String.format(Locale.ROOT, "%,d file%s of %,d bytes", files, files == 1 ? "" : "s", bytes); }
}
