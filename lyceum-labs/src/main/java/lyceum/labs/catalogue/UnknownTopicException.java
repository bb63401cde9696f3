package lyceum.labs.catalogue;

import java.util.List;

/** A slug that names no topic; offers the nearest ones. */
public class UnknownTopicException extends IllegalArgumentException {

    private static final long serialVersionUID = 1;

    /** Slugs, nearest first. */
    private final transient List<String> nearest;

    /** Names the slug and what it may have meant. */
    public UnknownTopicException(String slug, List<String> nearest) {
        super("there is no topic '" + slug + "'" + (nearest.isEmpty() ? "" : "; did you mean " + String.join(", ", nearest) + "?"));
        this.nearest = List.copyOf(nearest);
    }

    /** Slugs, nearest first. */
    public List<String> nearest() {
        return nearest;
    }
}
