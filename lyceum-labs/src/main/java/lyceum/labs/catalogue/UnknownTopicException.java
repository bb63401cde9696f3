package lyceum.labs.catalogue;

import java.util.List;

/** A slug that names no topic; offers the nearest ones. */
public class UnknownTopicException extends IllegalArgumentException {

    private static final long serialVersionUID = 1;
    private static final int SHOWN = 80;

    /** Slugs, nearest first. */
    private final transient List<String> nearest;

    /** Names the slug and what it may have meant. */
    public UnknownTopicException(String slug, List<String> nearest) {
        super("there is no topic '" + (slug.length() > SHOWN ? slug.substring(0, SHOWN) + "..." : slug) + "'"
                + (nearest.isEmpty() ? "" : "; did you mean " + String.join(", ", nearest) + "?"));
        this.nearest = List.copyOf(nearest);
    }

    /** Slugs, nearest first. */
    public List<String> nearest() { return nearest; }
}
