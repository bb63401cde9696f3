package lyceum.labs.search;

import java.util.Map;

/** Finds topics by what a query means instead of by its words; a sentence encoder will implement it. */
@FunctionalInterface
public interface MeaningIndex {

    /** Knows no meanings. */
    MeaningIndex NONE = (query, count) -> Map.of();

    /** The slugs of at most {@code count} topics nearest in meaning, each with its similarity from 0 to 1. */
    Map<String, Double> nearest(String query, int count);
}
