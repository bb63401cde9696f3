package lyceum.labs.search;

/** Characters {@code start} to {@code end - 1} of a text. */
public record Span(int start, int end) {}
