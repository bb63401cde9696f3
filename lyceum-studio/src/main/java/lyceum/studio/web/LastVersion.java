package lyceum.studio.web;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The status of every topic when the last version was published: a file that a release writes, the version on its first line, then
 * {@code slug status} a line. Before the second version there is none.
 *
 * @param version its number
 * @param status  by slug
 */
record LastVersion(String version, Map<String, String> status) {

    private static final String RESOURCE = "/lyceum/studio/last-version.txt";

    static Optional<LastVersion> load() {
        try (var in = LastVersion.class.getResourceAsStream(RESOURCE)) {
            return in == null ? Optional.empty()
                    : Optional.of(parse(new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList()));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + RESOURCE, e);
        }
    }

    static LastVersion parse(List<String> lines) {
        var status = new LinkedHashMap<String, String>();
        lines.stream().skip(1).filter(line -> !line.isBlank()).map(line -> line.split(" ", 2))
                .forEach(line -> status.put(line[0], line[1]));
        return new LastVersion(lines.getFirst(), status);
    }

    /** The status of a topic then; one that was not in the catalogue was planned at best. */
    String of(String slug) { return status.getOrDefault(slug, "planned"); }
}
