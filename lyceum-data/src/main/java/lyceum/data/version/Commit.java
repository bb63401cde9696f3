package lyceum.data.version;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A version of a dataset and where it came from.
 *
 * @param id       hash of all the rest
 * @param dataset  the rows' id
 * @param parents  commits before it: none for the first, two for a merge
 * @param message  what changed
 * @param metadata author, time or whatever one wants to be part of the id
 */
public record Commit(String id, String dataset, List<String> parents, String message, Map<String, String> metadata) {
    public Commit {
        parents = List.copyOf(parents);
        metadata = Collections.unmodifiableMap(new TreeMap<>(metadata));
    }
}
