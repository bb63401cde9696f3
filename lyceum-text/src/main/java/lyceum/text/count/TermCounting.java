package lyceum.text.count;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import lyceum.backend.Parallel;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;

/** Counts terms of texts as they come: batches are split by all threads, numbers are given in the order of the texts. */
final class TermCounting {
    private static final int BATCH = 512;

    private final CountVectorizer how;
    private final Map<String, Integer> numbers = new HashMap<>();
    private final List<String> terms = new ArrayList<>();
    private int[] rowStart = new int[1024], column = new int[1 << 14], count = new int[1 << 14];
    private int rows, entries;

    TermCounting(CountVectorizer how) { this.how = how; }

    /** With these columns and no others. */
    TermCounting(CountVectorizer how, List<String> vocabulary) {
        this(how);
        for (var term : vocabulary) {
            if (numbers.putIfAbsent(term, terms.size()) != null)
                throw new IllegalArgumentException("CountVectorizer: the vocabulary has '" + term + "' twice");
            terms.add(term);
        }
    }

    TermCounting count(Iterable<String> texts) {
        read(texts.iterator(), true);
        return this;
    }

    Csr counted(Iterable<String> texts) {
        read(texts.iterator(), false);
        return csr(terms.size());
    }

    private void read(Iterator<String> texts, boolean growing) {
        var batch = new ArrayList<String>();
        while (texts.hasNext()) {
            batch.clear();
            while (texts.hasNext() && batch.size() < BATCH) batch.add(texts.next());
            var split = new List<?>[batch.size()];
            Parallel.range(split.length, 16, (from, to) -> {
                for (int i = (int) from; i < to; i++) split[i] = how.terms(batch.get(i));
            });
            for (var each : split) add(each, growing);
        }
    }

    private void add(List<?> words, boolean growing) {
        var ids = new int[words.size()];
        int size = 0;
        for (var word : words) {
            var number = numbers.get(word);
            if (number == null && growing) {
                number = terms.size();
                terms.add((String) word);
                numbers.put((String) word, number);
            }
            if (number != null) ids[size++] = number;
        }
        Arrays.sort(ids, 0, size);
        for (int i = 0; i < size; i++) {
            if (i > 0 && ids[i] == ids[i - 1]) {
                if (!how.binary()) count[entries - 1]++;
                continue;
            }
            if (entries == column.length) {
                column = Arrays.copyOf(column, 2 * entries);
                count = Arrays.copyOf(count, 2 * entries);
            }
            column[entries] = ids[i];
            count[entries++] = 1;
        }
        if (++rows == rowStart.length) rowStart = Arrays.copyOf(rowStart, 2 * rows);
        rowStart[rows] = entries;
    }

    private Csr csr(int columns) {
        var values = new double[entries];
        for (int e = 0; e < entries; e++) values[e] = count[e];
        return Csr.of(rows, columns, Arrays.copyOf(rowStart, rows + 1), Arrays.copyOf(column, entries), Tensor.of(values));
    }

    CountVectorizerModel model() { return new CountVectorizerModel(how, kept().stream().map(terms::get).toList()); }

    /** The matrix over the terms that stay, without splitting the texts again. */
    DocumentTermMatrix matrix() {
        var kept = kept();
        var place = new int[terms.size()];
        Arrays.fill(place, -1);
        for (int j = 0; j < kept.size(); j++) place[kept.get(j)] = j;
        int write = 0, from = 0;
        for (int i = 0; i < rows; i++) {
            int to = rowStart[i + 1], first = write;
            for (int e = from; e < to; e++) {
                if (place[column[e]] < 0) continue;
                column[write] = place[column[e]];
                count[write++] = count[e];
            }
            from = to;
            rowStart[i + 1] = write;
            sort(first, write);
        }
        entries = write;
        return DocumentTermMatrix.of(csr(kept.size()), kept.stream().map(terms::get).toList());
    }

    /** A row by its columns. */
    private void sort(int from, int to) {
        var keys = new long[to - from];
        for (int e = from; e < to; e++) keys[e - from] = (long) column[e] << 32 | count[e];
        Arrays.sort(keys);
        for (int e = from; e < to; e++) {
            column[e] = (int) (keys[e - from] >>> 32);
            count[e] = (int) keys[e - from];
        }
    }

    /** Numbers of the terms that stay, by name. */
    private List<Integer> kept() {
        int[] documents = new int[terms.size()];
        long[] total = new long[terms.size()];
        for (int e = 0; e < entries; e++) {
            documents[column[e]]++;
            total[column[e]] += count[e];
        }
        double fewest = how.minDocuments() < 1 ? how.minDocuments() * rows : how.minDocuments(),
                most = how.maxDocuments() <= 1 ? how.maxDocuments() * rows : how.maxDocuments();
        var names = IntStream.range(0, terms.size()).boxed().filter(t -> documents[t] >= fewest && documents[t] <= most)
                .sorted((a, b) -> terms.get(a).compareTo(terms.get(b))).toList();
        if (how.maxFeatures() > 0 && names.size() > how.maxFeatures())
            names = names.stream().sorted((a, b) -> Long.compare(total[b], total[a])).limit(how.maxFeatures())
                    .sorted((a, b) -> terms.get(a).compareTo(terms.get(b))).toList();
        if (names.isEmpty()) throw new IllegalArgumentException("CountVectorizer: no term of " + rows + " texts is left of " + terms.size()
                + "; are all of them stop words, too rare or too common?");
        return names;
    }
}
