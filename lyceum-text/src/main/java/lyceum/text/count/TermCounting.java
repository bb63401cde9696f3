package lyceum.text.count;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import lyceum.backend.Parallel;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;
import lyceum.text.internal.TermTable;

/**
 * Counts terms of texts as they come, and numbers them in the order in which they come. Words as they stand are looked up where they stand, without a string of their own; other
 * terms are split by all threads, a batch at a time.
 */
final class TermCounting {
    private static final int BATCH = 512;

    /** A term: its column, or -1 if it is not counted; the last row that has it, and where. */
    private static final class Counted implements TermTable.Term {
        final String term;
        int column = -1, row = -1, entry;

        Counted(String term) { this.term = term; }

        @Override public String term() { return term; }
    }

    private final CountVectorizer how;
    private final TermTable<Counted> numbers = new TermTable<>(Counted::new);
    private final List<String> terms = new ArrayList<>();
    private int[] rowStart = new int[1024], column = new int[1 << 14], count = new int[1 << 14];
    private long[] keys = new long[64];
    private int rows, entries;

    TermCounting(CountVectorizer how) { this.how = how; }

    /** With these columns and no others. */
    TermCounting(CountVectorizer how, List<String> vocabulary) {
        this(how);
        for (var term : vocabulary) {
            var known = numbers.of(term);
            if (known.column >= 0) throw new IllegalArgumentException("CountVectorizer: the vocabulary has '" + term + "' twice");
            known.column = terms.size();
            terms.add(term);
        }
    }

    TermCounting count(Iterable<String> texts) {
        read(texts.iterator(), true);
        return this;
    }

    Csr counted(Iterable<String> texts) {
        read(texts.iterator(), false);
        for (int i = 0; i < rows; i++) sort(rowStart[i], rowStart[i + 1]);
        return csr(terms.size());
    }

    private void read(Iterator<String> texts, boolean growing) {
        int least = how.plainWords();
        if (least > 0) {
            while (texts.hasNext()) {
                var text = texts.next();
                // of other texts lower case may be longer, and no letter
                boolean each = how.lowerCase() && isAscii(text);
                var read = each ? text : how.prepared(text);
                WordRuns.find(read, least, (from, to) -> {
                    if (each && hasCapital(read, from, to))
                        addWord(read.substring(from, to).toLowerCase(Locale.ROOT), 0, to - from, growing);
                    else addWord(read, from, to, growing);
                });
                endRow();
            }
            return;
        }
        var batch = new ArrayList<String>();
        while (texts.hasNext()) {
            batch.clear();
            while (texts.hasNext() && batch.size() < BATCH) batch.add(texts.next());
            var split = new String[batch.size()][];
            Parallel.range(split.length, 16, (from, to) -> {
                for (int i = (int) from; i < to; i++) split[i] = how.terms(batch.get(i)).toArray(String[]::new);
            });
            for (var words : split) {
                for (var word : words) addWord(word, 0, word.length(), growing);
                endRow();
            }
        }
    }

    private static boolean isAscii(String text) {
        int any = 0;
        for (int i = 0, n = text.length(); i < n; i++) any |= text.charAt(i);
        return any < 128;
    }

    private static boolean hasCapital(String text, int from, int to) {
        for (int i = from; i < to; i++) if (text.charAt(i) >= 'A' && text.charAt(i) <= 'Z') return true;
        return false;
    }

    private void addWord(String text, int from, int to, boolean growing) {
        var term = growing ? numbers.of(text, from, to) : numbers.find(text, from, to);
        if (term == null) return;
        if (term.row == rows) {
            if (!how.binary()) count[term.entry]++;
            return;
        }
        if (term.column < 0) {
            if (!growing) return;
            term.column = terms.size();
            terms.add(term.term);
        }
        if (entries == column.length) {
            column = Arrays.copyOf(column, 2 * entries);
            count = Arrays.copyOf(count, 2 * entries);
        }
        term.row = rows;
        term.entry = entries;
        column[entries] = term.column;
        count[entries++] = 1;
    }

    private void endRow() {
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
        if (keys.length < to - from) keys = new long[2 * (to - from)];
        for (int e = from; e < to; e++) keys[e - from] = (long) column[e] << 32 | count[e];
        Arrays.sort(keys, 0, to - from);
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
