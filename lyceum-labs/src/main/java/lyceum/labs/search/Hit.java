package lyceum.labs.search;

import java.util.List;
import lyceum.labs.catalogue.Topic;

/**
 * A topic that was found.
 *
 * @param topic   which
 * @param score   how well it fits; comparable within one answer only
 * @param title   what the query hit in its title, in order, apart from each other
 * @param summary what the query hit in its summary
 */
public record Hit(Topic topic, double score, List<Span> title, List<Span> summary) {}
