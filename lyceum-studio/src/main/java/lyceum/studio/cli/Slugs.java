package lyceum.studio.cli;

import java.util.Iterator;
import lyceum.labs.catalogue.Catalogue;
import lyceum.labs.catalogue.Topic;

/** Every slug, for shell completion. */
final class Slugs implements Iterable<String> {

    @Override public Iterator<String> iterator() { return Catalogue.load().topics().stream().map(Topic::slug).iterator(); }
}
