package lyceum.labs.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What every lab asks for, as {@link LabIndexWriter} wrote it down when the labs were built: no lab has to run to be described. */
final class LabIndex {

    /** Where it lies on the class path. */
    static final String RESOURCE = "lyceum/labs/parameters.json";

    private static final class Shipped {
        private static final LabIndex INDEX = read();
    }

    private final Map<String, LabClass> labs = new HashMap<>();

    private LabIndex(List<LabClass> labs) { labs.forEach(lab -> this.labs.put(lab.name(), lab)); }

    /** The index on the class path; empty where there is none. */
    static LabIndex shipped() { return Shipped.INDEX; }

    static LabIndex parse(String json) { return new LabIndex(Arrays.asList(LabJson.read(json, LabClass[].class))); }

    /** One lab a line, by name, so that equal labs make equal files. */
    static String text(List<LabClass> labs) {
        var text = new StringBuilder("[");
        labs.stream().sorted(Comparator.comparing(LabClass::name))
                .forEach(lab -> text.append(text.length() == 1 ? "\n" : ",\n").append(LabJson.write(lab)));
        return text.append("\n]\n").toString();
    }

    /** A lab by its class name, if it stood there when the index was written. */
    Optional<LabClass> find(String name) { return Optional.ofNullable(labs.get(name)); }

    /** Their number. */
    int size() { return labs.size(); }

    private static LabIndex read() {
        try (var in = LabIndex.class.getResourceAsStream("/" + RESOURCE)) {
            return in == null ? new LabIndex(List.of()) : parse(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + RESOURCE, e);
        }
    }
}
