package lyceum.labs.search;

import java.util.Map;
import java.util.Optional;

/** Finds topics by what a query means instead of by its words: {@link TopicMeanings} does it by a sentence encoder. */
@FunctionalInterface
public interface MeaningIndex {

    /** Knows no meanings. */
    MeaningIndex NONE = (query, count) -> Map.of();

    /** The slugs of at most {@code count} topics nearest in meaning, each with its similarity from 0 to 1. */
    Map<String, Double> nearest(String query, int count);

    /** Why nothing is found by meaning now, as the second half of a sentence: {@code the encoder is still loading}; empty where it answers. */
    default Optional<String> silent() { return Optional.empty(); }
}
