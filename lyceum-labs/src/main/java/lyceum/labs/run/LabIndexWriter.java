package lyceum.labs.run;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lyceum.labs.LabException;

/**
 * Writes an index of what every compiled lab asks for, so that neither the studio nor the command line has to run a lab to find out. The
 * build calls it after compiling; a lab that cannot be described stops the build. What was described is kept under the hash of all that it
 * hangs on ({@link LabHashes}): a build describes the labs that changed, and all when something below them did.
 */
public final class LabIndexWriter {

    private final Map<String, LabClass> kept;
    private final Map<String, LabClass> described = new HashMap<>();
    private final List<String> troubles = new ArrayList<>();
    private int anew;

    private LabIndexWriter(Map<String, LabClass> kept) { this.kept = kept; }

    /**
     * Describes all labs below a folder of classes, which is on the class path too, and writes the index into it.
     *
     * @param kept a file of earlier descriptions, which is written anew; it may be missing
     * @throws LabException naming every lab that cannot be described, and why
     */
    public static void write(Path classes, Path kept) throws IOException { write(classes, kept, classPath()); }

    /**
     * @param classPath what labs may hang on; where it is empty nothing is taken over
     * @return how many labs had to be described
     */
    static int write(Path classes, Path kept, List<Path> classPath) throws IOException {
        var labs = labsBelow(classes);
        var writer = new LabIndexWriter(classPath.isEmpty() ? Map.of() : read(kept));
        var hashes = new LabHashes(classes, classPath, labs);
        labs.forEach(lab -> writer.describe(lab, hashes.of(lab)));
        if (!writer.troubles.isEmpty())
            throw new LabException("labs that cannot be described: " + String.join("; ", writer.troubles), null);
        var file = classes.resolve(LabIndex.RESOURCE);
        Files.createDirectories(file.getParent());
        Files.writeString(file, LabIndex.text(List.copyOf(writer.described.values())));
        var lines = new StringBuilder();
        writer.described.forEach((hash, lab) -> lines.append(hash).append(' ').append(LabJson.write(lab)).append('\n'));
        Files.writeString(kept, lines);
        return writer.anew;
    }

    private void describe(String name, String hash) {
        var known = kept.get(hash);
        try {
            described.put(hash, known == null ? LabClass.described(name) : known);
            if (known == null) anew++;
        } catch (RuntimeException | LinkageError e) {
            troubles.add(Stacks.sentence(e));
        }
    }

    /** Earlier descriptions by hash; a file that is damaged holds none. */
    private static Map<String, LabClass> read(Path file) throws IOException {
        var found = new HashMap<String, LabClass>();
        if (!Files.exists(file)) return found;
        try {
            for (var line : Files.readAllLines(file)) {
                int blank = line.indexOf(' ');
                found.put(line.substring(0, blank), LabJson.read(line.substring(blank + 1), LabClass.class));
            }
            return found;
        } catch (RuntimeException | CharacterCodingException e) {
            return Map.of();
        }
    }

    /** The labs among the classes whose names end in Lab, nested classes left out. */
    private static List<String> labsBelow(Path classes) throws IOException {
        try (var files = Files.walk(classes)) {
            return files.map(file -> classes.relativize(file).toString().replace('\\', '/'))
                    .filter(name -> name.endsWith("Lab.class") && !name.contains("$"))
                    .map(name -> name.substring(0, name.length() - ".class".length()).replace('/', '.')).sorted().filter(LabClass::isLab)
                    .toList();
        }
    }

    /** What this thread's classes come from; empty where that cannot be told. */
    private static List<Path> classPath() {
        if (Thread.currentThread().getContextClassLoader() instanceof URLClassLoader loader)
            return Arrays.stream(loader.getURLs()).map(LabIndexWriter::path).toList();
        return Arrays.stream(System.getProperty("java.class.path", "").split(File.pathSeparator)).filter(p -> !p.isEmpty()).map(Path::of)
                .toList();
    }

    private static Path path(URL url) {
        try {
            return Path.of(url.toURI());
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("cannot tell the file of " + url, e);
        }
    }
}
