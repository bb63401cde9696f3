package lyceum.retrieval;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/** Gathers postings of documents in order, and lays them out as the sections of a segment. */
final class SegmentBuilder {
    static final int BLOCK = 128;

    /** Where a term stands. What is said of it lies together, for a word in a text is a step to anywhere in memory. */
    private static final class Postings {
        /** Of each document its number, how often, and that many gaps between places, or none at all. */
        private int[] stream = new int[6];
        private int end, countAt, size, places, lastDocument = -1, lastPlace;

        private void put(int value) {
            if (end == stream.length) stream = Arrays.copyOf(stream, Math.addExact(end, Math.max(end, 2)));
            stream[end++] = value;
        }

        void document(int document, int count) {
            put(document);
            countAt = end;
            put(count);
            size++;
            lastDocument = document;
            lastPlace = 0;
        }

        /** Once more, at a place behind the last. */
        void word(int document, int place) {
            if (lastDocument != document) document(document, 0);
            stream[countAt]++;
            place(place);
        }

        void place(int place) {
            put(place - lastPlace);
            places++;
            lastPlace = place;
        }

        Lists lists() {
            var lists = new Lists(new int[size], new int[size], new int[places]);
            for (int at = 0, i = 0, gap = 0; i < size; i++) {
                lists.documents[i] = stream[at++];
                int count = lists.counts[i] = stream[at++];
                if (places == 0) continue;
                System.arraycopy(stream, at, lists.gaps, gap, count);
                gap += count;
                at += count;
            }
            return lists;
        }
    }

    /** Documents, how often, and the gaps between a term's places there. */
    private record Lists(int[] documents, int[] counts, int[] gaps) {}

    /** Of each field, by term. */
    private final Map<String, Map<String, Postings>> terms = new HashMap<>();
    private final SequencedMap<String, int[]> lengths = new LinkedHashMap<>();
    private final List<byte[]> ids = new ArrayList<>();

    static String key(String field, String term) { return field + '\0' + term; }

    int size() { return ids.size(); }

    /** The next document's number. */
    int add(String id) {
        ids.add(id.getBytes(StandardCharsets.UTF_8));
        return ids.size() - 1;
    }

    void length(int document, String field, int length) {
        var all = lengths.computeIfAbsent(field, _ -> new int[16]);
        if (document >= all.length) lengths.put(field, all = Arrays.copyOf(all, Math.max(document + 1, 2 * all.length)));
        all[document] = length;
    }

    /** The words of a field; an empty one takes a place and is not kept. */
    void text(int document, String field, List<String> words) {
        var own = terms(field);
        int length = 0;
        for (int place = 0; place < words.size(); place++) {
            if (words.get(place).isEmpty()) continue;
            length++;
            own.computeIfAbsent(words.get(place), _ -> new Postings()).word(document, place);
        }
        length(document, field, length);
    }

    void weight(int document, String field, String term, int quanta) {
        terms(field).computeIfAbsent(term, _ -> new Postings()).document(document, quanta);
    }

    private Map<String, Postings> terms(String field) { return terms.computeIfAbsent(field, _ -> new HashMap<>()); }

    /** Copies what a cursor stands on, from another segment. */
    void posting(int document, String key, PostingCursor from) {
        int cut = key.indexOf('\0');
        var postings = terms(key.substring(0, cut)).computeIfAbsent(key.substring(cut + 1), _ -> new Postings());
        postings.document(document, from.count());
        if (!from.hasPlaces()) {
            // Weights beside text under one term, as files of before may have: the list keeps places for all or none.
            if (postings.places > 0) for (int i = 0; i < from.count(); i++) postings.place(postings.lastPlace);
            return;
        }
        int[] places = from.places();
        for (int i = 0; i < from.count(); i++) postings.place(places[i]);
    }

    SequencedMap<String, MemorySegment> sections() {
        var keys = new ArrayList<Map.Entry<byte[], Postings>>();
        terms.forEach((field, own) -> own
                .forEach((term, postings) -> keys.add(Map.entry(key(field, term).getBytes(StandardCharsets.UTF_8), postings))));
        keys.sort((a, b) -> Arrays.compareUnsigned(a.getKey(), b.getKey()));
        ByteSink directory = new ByteSink(), data = new ByteSink(), fields = new ByteSink();
        var fieldOf = new HashMap<String, int[]>(lengths);
        for (var each : keys) {
            directory.putInt(each.getValue().size);
            directory.putInt(data.size());
            var text = new String(each.getKey(), StandardCharsets.UTF_8);
            write(each.getValue().lists(), fieldOf.get(text.substring(0, text.indexOf('\0'))), data);
        }
        for (var all : lengths.values()) for (int d = 0; d < ids.size(); d++) fields.putInt(d < all.length ? all[d] : 0);
        var sections = new LinkedHashMap<String, MemorySegment>();
        sections.put("ids", StringTable.write(ids));
        sections.put("fields", StringTable.write(lengths.keySet().stream().map(f -> f.getBytes(StandardCharsets.UTF_8)).toList()));
        sections.put("lengths", fields.segment());
        sections.put("terms", StringTable.write(keys.stream().map(Map.Entry::getKey).toList()));
        sections.put("lists", directory.segment());
        sections.put("postings", data.segment());
        return sections;
    }

    /** Blocks' lines (last document, offsets of data and places), the best pairs of all, and the blocks: best pairs, gaps, counts, places. */
    private static void write(Lists p, int[] lengths, ByteSink out) {
        int size = p.documents.length, start = out.size(), blocks = (size + BLOCK - 1) / BLOCK, place = 0, last = -1;
        out.putInt(blocks);
        for (int i = 0; i < 3 * blocks; i++) out.putInt(0);
        var fronts = new Front[blocks];
        for (int b = 0; b < blocks; b++) fronts[b] = Front.of(p, lengths, b * BLOCK, Math.min(size, (b + 1) * BLOCK));
        Front.of(fronts).write(out);
        for (int b = 0; b < blocks; b++) {
            int from = b * BLOCK, to = Math.min(size, from + BLOCK), line = start + 4 + 12 * b;
            out.setInt(line, p.documents[to - 1]);
            out.setInt(line + 4, out.size() - start);
            if (blocks > 1) fronts[b].write(out);
            int[] gaps = new int[to - from], counts = new int[to - from];
            int places = 0;
            for (int i = from; i < to; last = p.documents[i++]) {
                gaps[i - from] = p.documents[i] - last - 1;
                counts[i - from] = p.counts[i] - 1;
                places += p.counts[i];
            }
            BitPacking.pack(gaps, gaps.length, out);
            BitPacking.pack(counts, counts.length, out);
            if (p.gaps.length == 0) continue;
            out.setInt(line + 8, out.size() - start);
            BitPacking.pack(Arrays.copyOfRange(p.gaps, place, place + places), places, out);
            place += places;
        }
    }

    /**
     * Pairs of count and length that no other posting beats in both, the greatest count first: a bound of any score that rises with counts and falls with lengths.
     */
    private record Front(int[] counts, int[] lengths) {
        /** Greater counts are sorted, lesser ones counted. */
        private static final int MANY = 1024;

        static Front of(Lists p, int[] lengths, int from, int to) {
            var own = new int[to - from];
            if (lengths != null) for (int i = from; i < to; i++) own[i - from] = lengths[p.documents[i]];
            return of(Arrays.copyOfRange(p.counts, from, to), own);
        }

        static Front of(Front[] parts) {
            if (parts.length == 1) return parts[0];
            int n = 0;
            for (var part : parts) n += part.counts.length;
            int[] counts = new int[n], lengths = new int[n];
            n = 0;
            for (var part : parts) {
                System.arraycopy(part.counts, 0, counts, n, part.counts.length);
                System.arraycopy(part.lengths, 0, lengths, n, part.counts.length);
                n += part.counts.length;
            }
            return of(counts, lengths);
        }

        /** Of pairs in any order. */
        private static Front of(int[] counts, int[] lengths) {
            int most = 0;
            for (int count : counts) most = Math.max(most, count);
            var pairs = most < MANY ? counted(counts, lengths, most) : sorted(counts, lengths);
            int[] kept = new int[pairs.length], shortest = new int[pairs.length];
            int n = 0, least = Integer.MAX_VALUE;
            for (long pair : pairs) {
                if ((int) pair >= least) continue;
                least = (int) pair;
                kept[n] = Integer.MAX_VALUE - (int) (pair >>> 32);
                shortest[n++] = least;
            }
            return new Front(Arrays.copyOf(kept, n), Arrays.copyOf(shortest, n));
        }

        /** The shortest of each count. */
        private static long[] counted(int[] counts, int[] lengths, int most) {
            var shortest = new int[most + 1];
            Arrays.fill(shortest, Integer.MAX_VALUE);
            for (int i = 0; i < counts.length; i++) shortest[counts[i]] = Math.min(shortest[counts[i]], lengths[i]);
            var pairs = new long[most + 1];
            for (int count = most; count >= 0; count--) pairs[most - count] = pair(count, shortest[count]);
            return pairs;
        }

        private static long[] sorted(int[] counts, int[] lengths) {
            var pairs = new long[counts.length];
            for (int i = 0; i < pairs.length; i++) pairs[i] = pair(counts[i], lengths[i]);
            Arrays.sort(pairs);
            return pairs;
        }

        private static long pair(int count, int length) { return (long) (Integer.MAX_VALUE - count) << 32 | length; }

        void write(ByteSink out) {
            out.putInt(counts.length);
            BitPacking.pack(counts, counts.length, out);
            BitPacking.pack(lengths, lengths.length, out);
        }
    }
}
