package lyceum.labs.run;

import java.io.IOException;
import java.net.URI;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import lyceum.data.ContentHash;
import lyceum.labs.Lab;
import lyceum.labs.LabException;

/**
 * Writes an index of what every compiled lab asks for, so that neither the studio nor the command line has to run a lab to find out. The
 * build calls it after compiling; a lab that cannot be described stops the build.
 */
public final class LabIndexWriter {
    /** Beside the index: the hash of the classes it was made with. */
    private static final String MADE_WITH = "lyceum/labs/parameters.hash";

    private LabIndexWriter() {}

    /**
     * Describes all labs below a folder of classes, which is on the class path too, and writes the index into it. An index that was made with the
     * same classes, those of the modules below included, is kept.
     *
     * @throws LabException naming every lab that cannot be described, and why
     */
    public static void write(Path classes) throws IOException {
        Path file = classes.resolve(LabIndex.RESOURCE), madeWith = classes.resolve(MADE_WITH);
        String hash = hash(classes);
        if (Files.exists(file) && Files.exists(madeWith) && Files.readString(madeWith).equals(hash)) return;
        Files.createDirectories(file.getParent());
        Files.writeString(file, LabIndex.text(describe(labsBelow(classes))));
        Files.writeString(madeWith, hash);
    }

    /** Of all class files in this folder and in the folders of the class path, by name and content. */
    private static String hash(Path classes) throws IOException {
        var roots = new ArrayList<Path>(List.of(classes));
        if (LabIndexWriter.class.getClassLoader() instanceof URLClassLoader loader)
            for (var url : loader.getURLs()) if (url.getProtocol().equals("file")) roots.add(Path.of(URI.create(url.toString())));
        var hash = ContentHash.begin();
        for (var root : roots) {
            if (!Files.isDirectory(root)) continue;
            try (var files = Files.walk(root)) {
                for (var file : files.filter(f -> f.toString().endsWith(".class")).sorted().toList()) {
                    var bytes = Files.readAllBytes(file);
                    hash.part(root.relativize(file).toString()).bytes(bytes, 0, bytes.length);
                }
            }
        }
        return hash.hex();
    }

    /** Class names that end in Lab, nested classes left out; whether they are labs is for {@link #describe} to see. */
    private static List<String> labsBelow(Path classes) throws IOException {
        try (var files = Files.walk(classes)) {
            return files.map(file -> classes.relativize(file).toString().replace('\\', '/'))
                    .filter(name -> name.endsWith("Lab.class") && !name.contains("$"))
                    .map(name -> name.substring(0, name.length() - ".class".length()).replace('/', '.')).sorted().toList();
        }
    }

    private static List<LabClass> describe(List<String> names) {
        var labs = new ArrayList<LabClass>();
        var troubles = new ArrayList<String>();
        for (var name : names) {
            try {
                if (LabClass.isLab(name)) {
                    labs.add(LabClass.described(name));
                }
            } catch (RuntimeException | LinkageError e) {
                troubles.add(Stacks.sentence(e));
            }
        }
        if (!troubles.isEmpty()) throw new LabException("labs that cannot be described: " + String.join("; ", troubles), null);
        return labs;
    }
}
