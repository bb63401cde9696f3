package lyceum.plot;

/**
 * A directed edge.
 *
 * @param from id of the node it leaves
 * @param to id of the node it enters
 * @param label written beside it, may be empty
 */
public record Edge(String from, String to, String label) {
    /** Checks and cleans. */
    public Edge {
        from = Check.text("edge from", from, Check.LABEL);
        to = Check.text("edge to", to, Check.LABEL);
        label = Check.text("edge label", label, Check.LABEL);
    }

    /** An edge without a label. */
    public static Edge of(String from, String to) { return new Edge(from, to, ""); }
}
