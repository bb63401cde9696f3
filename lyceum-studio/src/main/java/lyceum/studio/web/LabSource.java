package lyceum.studio.web;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Pattern;

/** A lab's own source, which its module ships beside the class. */
final class LabSource {

    private static final Pattern HEAD = Pattern.compile("(?s)\\A(?:/\\*.*?\\*/\\s*)?package [\\w.]+;\\s*(?:import [^;]+;\\s*)*");

    private LabSource() {}

    /** The source below the imports, if it was shipped. */
    static Optional<String> find(String labClass) {
        var outer = labClass.contains("$") ? labClass.substring(0, labClass.indexOf('$')) : labClass;
        try (var in = LabSource.class.getResourceAsStream("/" + outer.replace('.', '/') + ".java")) {
            return in == null ? Optional.empty()
                    : Optional.of(HEAD.matcher(new String(in.readAllBytes(), StandardCharsets.UTF_8)).replaceFirst(""));
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
