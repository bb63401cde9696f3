package lyceum.labs.catalogue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import lyceum.labs.run.LabJson;

/** JSON on the class path, one file a module, so that work on two modules never meets in one file. */
final class ModuleFiles {

    /** Every module that realises a topic. */
    static final List<String> MODULES = List.of("core", "data", "stats", "nn", "learn", "text", "models", "rl", "llm", "align", "serve",
            "agent", "ops", "cluster", "labs");

    private ModuleFiles() {}

    /** The entries of all modules' files in a folder, module after module; a module without a file has none. */
    static <T> List<T> read(String folder, Class<T[]> type) {
        var entries = new ArrayList<T>();
        for (var module : MODULES) {
            try (var in = ModuleFiles.class.getResourceAsStream(folder + "/" + module + ".json")) {
                if (in != null) {
                    entries.addAll(List.of(LabJson.read(new String(in.readAllBytes(), StandardCharsets.UTF_8), type)));
                }
            } catch (IOException e) {
                throw new UncheckedIOException("cannot read " + folder + "/" + module + ".json", e);
            }
        }
        return entries;
    }
}
