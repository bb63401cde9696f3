package lyceum.studio.web.view;

import java.util.List;

/**
 * The list of topics with its facets.
 *
 * @param query     what is searched for
 * @param groups    facets with their counts
 * @param chips     what is filtered by, each with the address without it
 * @param clear     address of this search without any filter
 * @param rows      the topics shown
 * @param matched   how many topics match
 * @param total     how many topics there are
 * @param sort      {@code relevance}, {@code name} or {@code number}
 * @param more      address that shows further rows, or null when all are shown
 * @param nearest   where nothing matches: the topics whose names are nearest
 * @param note      what the search had to leave out, in a sentence, or ""
 */
public record TopicsView(String query, List<Group> groups, List<Chip> chips, String clear, List<TopicRow> rows, int matched, int total,
        String sort, String more, List<TopicLink> nearest, String note) {

    /** Facets of one field; the first ones stand open, the rest behind a fold. */
    public record Group(String name, String label, List<Facet> first, List<Facet> rest) {}

    /** A value to filter by, and how many topics would be found with it. */
    public record Facet(String value, String label, int count, boolean on) {}

    /** A filter that is on. */
    public record Chip(String label, String without) {}
}
