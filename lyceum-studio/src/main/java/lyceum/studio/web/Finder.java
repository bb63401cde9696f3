package lyceum.studio.web;

import java.util.List;
import lyceum.labs.catalogue.Topic;
import lyceum.studio.web.view.Piece;

/** Finds topics by a query, best first. */
@FunctionalInterface
interface Finder {

    /** A topic, its title and summary cut where the query hit them. */
    record Found(Topic topic, List<Piece> title, List<Piece> summary) {}

    List<Found> find(String query);
}
