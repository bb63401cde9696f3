package lyceum.studio.web;

import java.util.List;
import java.util.Optional;
import lyceum.labs.catalogue.Topic;
import lyceum.studio.web.view.Piece;

/** Finds topics by a query, best first. */
@FunctionalInterface
interface Finder {

    /** A topic, its title and summary cut where the query hit them. */
    record Found(Topic topic, List<Piece> title, List<Piece> summary) {}

    List<Found> find(String query);

    /** Why a query is answered by its words alone, as the second half of a sentence; empty where nothing is left out. */
    default Optional<String> wordsAlone(String query) { return Optional.empty(); }
}
