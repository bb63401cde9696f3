package lyceum.retrieval;

import java.util.List;

/** Which documents match, with no order among them. */
public sealed interface TextQuery {
    /** Documents with this very term in the field: it is not analysed. */
    record Term(String field, String term) implements TextQuery {}

    /** Documents with the terms of the text side by side in the field, as the index analyses it. A text without terms matches nothing. */
    record Phrase(String field, String text) implements TextQuery {}

    /** Documents that match every part; none at all: all documents. */
    record And(List<TextQuery> parts) implements TextQuery {
        public And { parts = List.copyOf(parts); }
    }

    /** Documents that match a part. */
    record Or(List<TextQuery> parts) implements TextQuery {
        public Or { parts = List.copyOf(parts); }
    }

    /** All other documents. */
    record Not(TextQuery part) implements TextQuery {}

    static TextQuery term(String term) { return new Term(InvertedIndex.TEXT, term); }

    static TextQuery phrase(String text) { return new Phrase(InvertedIndex.TEXT, text); }

    static TextQuery and(TextQuery... parts) { return new And(List.of(parts)); }

    static TextQuery or(TextQuery... parts) { return new Or(List.of(parts)); }

    static TextQuery not(TextQuery part) { return new Not(part); }
}
