package lyceum.labs.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabException;

/**
 * Writes an index of what every compiled lab asks for, so that neither the studio nor the command line has to run a lab to find out. The
 * build calls it after compiling; a lab that cannot be described stops the build.
 */
public final class LabIndexWriter {

    private LabIndexWriter() {}

    /**
     * Describes all labs below a folder of classes, which is on the class path too, and writes the index into it.
     *
     * @throws LabException naming every lab that cannot be described, and why
     */
    public static void write(Path classes) throws IOException {
        var file = classes.resolve(LabIndex.RESOURCE);
        Files.createDirectories(file.getParent());
        Files.writeString(file, LabIndex.text(describe(labsBelow(classes))));
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
