package lyceum.retrieval;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Pattern;

/** Reads files that one file names while another process may replace them all: that one is moved to its place last, and those of before go after it. */
final class NamedFiles {
    private static final int TRIES = 20, LAST = 999_999_999;

    private NamedFiles() {}

    /** What reads the files that the content of the naming one tells. */
    @FunctionalInterface
    interface Reader<T> {
        T read(byte[] naming) throws IOException;
    }

    /** Reads anew for as long as the naming file is another one afterwards: what was read, or found missing, may then be of both. */
    static <T> T read(Path naming, Reader<T> reader) throws IOException {
        byte[] told = Files.readAllBytes(naming);
        for (int tries = 1;; tries++) {
            byte[] now;
            try {
                var found = reader.read(told);
                now = Files.readAllBytes(naming);
                if (Arrays.equals(told, now)) return found;
            } catch (IOException | RuntimeException e) {
                try {
                    now = Files.readAllBytes(naming);
                } catch (IOException gone) {
                    e.addSuppressed(gone);
                    throw e;
                }
                if (Arrays.equals(told, now)) throw e;
            }
            if (tries == TRIES)
                throw new IOException(naming + " was replaced each of the " + TRIES + " times that it was read; open it when fewer write");
            told = now;
        }
    }

    /** A number above those of all files that {@code name} takes, its first group: one that came back could not be told from what it was before. */
    static int next(Path directory, Pattern name) throws IOException {
        int last = 0;
        if (Files.isDirectory(directory)) try (var files = Files.newDirectoryStream(directory)) {
            for (var file : files) {
                var own = name.matcher(file.getFileName().toString());
                if (own.matches() && Files.isRegularFile(file)) last = Math.max(last, Integer.parseInt(own.group(1)));
            }
        }
        if (last == LAST) throw new IOException(directory + " holds a file of number " + LAST + ", and none is above; move it away");
        return last + 1;
    }
}
