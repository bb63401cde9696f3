package lyceum.labs.catalogue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * The committed ledger in a working copy: a file for each module that has checks, by the module of the topic, not of the test.
 *
 * @param folder where the files lie
 * @param module the module of a topic
 */
public record LedgerFolder(Path folder, Function<String, String> module) {

    /** Where it lies below the root of the project. */
    public static final String PLACE = "lyceum-labs/src/main/resources/lyceum/labs/ledger";

    /** The ledger of the project at {@code root}, whose topics are those that Lyceum ships. */
    public static LedgerFolder of(Path root) {
        var catalogue = Catalogue.load();
        return new LedgerFolder(root.resolve(PLACE), slug -> catalogue.bySlug(slug).module());
    }

    /** Whether there is such a folder. */
    public boolean exists() { return Files.isDirectory(folder); }

    /** Every entry of every module. */
    public Ledger read() throws IOException {
        var entries = new ArrayList<LedgerEntry>();
        for (var file : files()) {
            entries.addAll(Ledger.parse(Files.readString(file)).entries());
        }
        return Ledger.of(entries);
    }

    /**
     * Writes the files whose text changes and removes those of modules without entries.
     *
     * @return whether any did
     */
    public boolean write(Ledger ledger) throws IOException {
        var byModule = new TreeMap<String, List<LedgerEntry>>();
        ledger.entries().forEach(e -> byModule.computeIfAbsent(module.apply(e.topic()), m -> new ArrayList<>()).add(e));
        boolean changed = false;
        for (var file : files()) {
            if (!byModule.containsKey(file.getFileName().toString().replaceFirst("\\.json$", ""))) {
                Files.delete(file);
                changed = true;
            }
        }
        for (var part : byModule.entrySet()) {
            var file = folder.resolve(part.getKey() + ".json");
            var text = Ledger.of(part.getValue()).toJson();
            if (!Files.exists(file) || !Files.readString(file).equals(text)) {
                Files.writeString(file, text);
                changed = true;
            }
        }
        return changed;
    }

    private List<Path> files() throws IOException {
        try (var files = Files.list(folder)) {
            return files.filter(f -> f.toString().endsWith(".json")).sorted().toList();
        }
    }
}
