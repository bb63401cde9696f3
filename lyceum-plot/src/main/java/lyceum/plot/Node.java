package lyceum.plot;

/**
 * A node of a tree or graph.
 *
 * @param id unique within its network
 * @param label what is written in it; a {@code |} begins a new line
 * @param group nodes of one group share a colour; empty: plain
 */
public record Node(String id, String label, String group) {
    /** Checks and cleans. */
    public Node {
        id = Check.text("node id", id, Check.LABEL);
        label = Check.text("node label", label, Check.LABEL);
        group = Check.text("node group", group, Check.LABEL);
    }

    /** A node whose label is its id. */
    public static Node of(String id) { return new Node(id, id, ""); }

    /** A plain node. */
    public static Node of(String id, String label) { return new Node(id, label, ""); }
}
