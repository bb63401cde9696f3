package lyceum.data.corpus;

/** A pass over another pass, which closes it. */
record Passing(DocumentReader source, DocumentReader reading) implements DocumentReader {
    @Override public Document next() { return reading.next(); }

    @Override public void close() { source.close(); }
}
