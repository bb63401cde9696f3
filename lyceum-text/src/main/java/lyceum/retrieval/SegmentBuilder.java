package lyceum.retrieval;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import lyceum.text.internal.TermTable;

/** Gathers postings of documents in order, and lays them out as the sections of a segment. */
final class SegmentBuilder {
    static final int BLOCK = 128;

    private static final class Field {
        private final TermTable<PostingStream> terms = new TermTable<>(PostingStream::new);
        /** Of each document in terms; none until one has the field. */
        private int[] lengths = {};
    }

    private final SequencedMap<String, Field> fields = new LinkedHashMap<>();
    private final List<byte[]> ids = new ArrayList<>();

    static String key(String field, String term) { return field + '\0' + term; }

    int size() { return ids.size(); }

    /** The next document's number. */
    int add(String id) {
        ids.add(id.getBytes(StandardCharsets.UTF_8));
        return ids.size() - 1;
    }

    private Field field(String name) { return fields.computeIfAbsent(name, _ -> new Field()); }

    void length(int document, String field, int length) {
        var own = field(field);
        if (document >= own.lengths.length)
            own.lengths = Arrays.copyOf(own.lengths, Math.max(16, Math.max(document + 1, 2 * own.lengths.length)));
        own.lengths[document] = length;
    }

    /** The list of a term, to which postings may be added. @throws IllegalArgumentException if the term has no UTF-8 */
    PostingStream list(String field, String term) { return field(field).terms.of(term); }

    /**
     * The lists of a text's words, null for an empty one; nothing is added to them yet. All are found before the first is written to: one look does not wait for another
     * where nothing lies between them.
     *
     * @throws IllegalArgumentException if a word has no UTF-8
     */
    PostingStream[] lists(String field, List<String> words) {
        var terms = field(field).terms;
        var lists = new PostingStream[words.size()];
        int place = 0;
        for (var word : words) lists[place++] = word.isEmpty() ? null : terms.of(word);
        return lists;
    }

    /** The words of a field; an empty one takes a place and is not kept. */
    void text(int document, String field, PostingStream[] words) {
        int length = 0;
        for (int place = 0; place < words.length; place++) {
            if (words[place] == null) continue;
            length++;
            words[place].word(document, place);
        }
        length(document, field, length);
    }

    /** A list with its key as the file has it, and the lengths of the field's texts. */
    private record Keyed(byte[] key, PostingStream list, int[] lengths) {}

    SequencedMap<String, MemorySegment> sections() {
        var all = new ArrayList<Keyed>();
        var names = new ArrayList<byte[]>();
        var lengths = new ByteSink();
        fields.forEach((name, field) -> {
            if (field.lengths.length == 0) return;
            var own = Arrays.copyOf(field.lengths, ids.size());
            names.add(name.getBytes(StandardCharsets.UTF_8));
            for (int length : own) lengths.putInt(length);
            field.terms.forEach(list -> {
                if (list.size() > 0) all.add(new Keyed(key(name, list.term()).getBytes(StandardCharsets.UTF_8), list, own));
            });
        });
        all.sort((a, b) -> Arrays.compareUnsigned(a.key, b.key));
        ByteSink directory = new ByteSink(), data = new ByteSink();
        var layout = new PostingLayout(data);
        for (var each : all) {
            directory.putInt(each.list.size());
            directory.putInt(data.size());
            layout.write(each.list, each.lengths);
        }
        var sections = new LinkedHashMap<String, MemorySegment>();
        sections.put("ids", StringTable.write(ids));
        sections.put("fields", StringTable.write(names));
        sections.put("lengths", lengths.segment());
        sections.put("terms", StringTable.write(all.stream().map(Keyed::key).toList()));
        sections.put("lists", directory.segment());
        sections.put("postings", data.segment());
        return sections;
    }
}
