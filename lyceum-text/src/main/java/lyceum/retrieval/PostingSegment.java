package lyceum.retrieval;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import lyceum.FormatException;

/** A part of an index that never changes: documents, and the postings of their terms. Read in place, be it a file or memory. */
final class PostingSegment {
    private static final String KIND = "postings";

    private final SequencedMap<String, MemorySegment> sections;
    private final StringTable ids, terms;
    private final MemorySegment lists, postings;
    private final Map<String, TextLengths> lengths = new HashMap<>();

    PostingSegment(SequencedMap<String, MemorySegment> sections) {
        this.sections = sections;
        ids = new StringTable(sections.get("ids"));
        terms = new StringTable(sections.get("terms"));
        lists = sections.get("lists");
        postings = sections.get("postings");
        var fields = new StringTable(sections.get("fields"));
        var all = sections.get("lengths");
        if (all.byteSize() != 4L * fields.size() * ids.size() || lists.byteSize() != 8L * terms.size())
            throw new FormatException("InvertedIndex: the sections of a segment do not fit each other");
        for (int f = 0; f < fields.size(); f++) {
            var length = new int[ids.size()];
            MemorySegment.copy(all, IndexFile.INT, 4L * f * length.length, length, 0, length.length);
            lengths.put(fields.get(f), new TextLengths(length));
        }
    }

    static PostingSegment read(Path path) throws IOException {
        var file = IndexFile.read(path, KIND);
        var sections = new LinkedHashMap<String, MemorySegment>();
        for (var name : new String[] {"ids", "fields", "lengths", "terms", "lists", "postings"}) sections.put(name, file.section(name, 0));
        return new PostingSegment(sections);
    }

    void write(Path path) throws IOException { IndexFile.write(path, KIND, sections); }

    long bytes() { return sections.values().stream().mapToLong(MemorySegment::byteSize).sum(); }

    int size() { return ids.size(); }

    String id(int document) { return ids.get(document); }

    int terms() { return terms.size(); }

    /** A term's field, the character 0, and the term. */
    String term(int number) {
        var key = terms.get(number);
        if (key.indexOf('\0') < 0) throw new FormatException("InvertedIndex: the term '" + key + "' has no field");
        return key;
    }

    Iterable<String> fields() { return lengths.keySet(); }

    /** Of each document, or null where the segment has no such field. */
    TextLengths lengths(String field) { return lengths.get(field); }

    /** The number of the term in the field, or -1; one in a field without lengths is none. */
    int find(String field, String term) {
        return lengths.containsKey(field) ? terms.find(SegmentBuilder.key(field, term).getBytes(StandardCharsets.UTF_8)) : -1;
    }

    PostingCursor cursor(int term) {
        return new PostingCursor(postings, lists.get(IndexFile.INT, 8L * term + 4), lists.get(IndexFile.INT, 8L * term), size());
    }

    /** Null where no document has the term. */
    PostingCursor cursor(String field, String term) {
        int number = find(field, term);
        return number < 0 ? null : cursor(number);
    }
}
