package lyceum.text.compare;

import java.util.List;

/**
 * A cheapest way from a to b.
 *
 * @param cost of all edits
 * @param edits from left to right
 */
public record EditAlignment(double cost, List<Edit> edits) {
    /** What happens to an item. */
    public enum Kind {
        MATCH, SUBSTITUTE, DELETE, INSERT, SWAP
    }

    /** @param inA the item of a, or before which one is inserted @param inB the item of b, or before which one of a is deleted */
    public record Edit(Kind kind, int inA, int inB) {}

    public EditAlignment { edits = List.copyOf(edits); }

    public int count(Kind kind) { return (int) edits.stream().filter(e -> e.kind == kind).count(); }
}
