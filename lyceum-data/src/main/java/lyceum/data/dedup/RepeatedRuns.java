package lyceum.data.dedup;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lyceum.data.corpus.Corpus;
import lyceum.data.corpus.Document;
import lyceum.data.corpus.Words;

/**
 * Runs of words that stand in more than one place (the exact-substring pass of Lee and others 2022), by a {@link SuffixArray} over all documents. The first
 * place keeps the run, first in the order of the documents' hashes, so that the order of the corpus does not matter.
 */
public final class RepeatedRuns {
    private RepeatedRuns() {}

    /**
     * The parts of each document that repeat what stands before.
     *
     * @param run words that a run has at least
     * @return by id, begin and end of each part in the text, in turn; documents without any are left out
     */
    public static Map<String, int[]> cuts(Corpus corpus, int run) {
        var documents = new ArrayList<>(corpus.toList());
        documents.sort(Comparator.comparing(Document::hash).thenComparing(Document::id));
        var words = documents.stream().map(document -> Words.of(document.text())).toList();
        var starts = new int[words.size() + 1];
        for (int d = 0; d < words.size(); d++) starts[d + 1] = Math.addExact(starts[d], words.get(d).count() + 1);
        var first = SuffixArray.of(tokens(words, starts)).firstOccurrences(run);
        var cuts = new HashMap<String, int[]>();
        for (int d = 0; d < words.size(); d++) {
            var cut = cuts(words.get(d), first, starts[d], run);
            if (cut.length > 0) cuts.put(documents.get(d).id(), cut);
        }
        return cuts;
    }

    /** Words by number; a number of its own ends each document, so that no run goes over an end. */
    private static int[] tokens(List<Words> words, int[] starts) {
        var numbers = new HashMap<Long, Integer>();
        var tokens = new int[starts[words.size()]];
        for (int d = 0; d < words.size(); d++) {
            int at = starts[d];
            for (int i = 0; i < words.get(d).count(); i++) {
                long hash = words.get(d).hash(i);
                var number = numbers.get(hash);
                if (number == null) numbers.put(hash, number = numbers.size());
                tokens[at++] = number;
            }
            tokens[at] = -1 - d;
        }
        return tokens;
    }

    private static int[] cuts(Words words, int[] first, int start, int run) {
        var cut = new int[2 * words.count() + 2];
        int n = 0, until = 0;
        for (int i = 0; i + run <= words.count(); i++) {
            int earliest = first[start + i];
            if (earliest < 0 || earliest == start + i) continue;
            int begin = words.begin(i), end = words.end(i + run - 1);
            if (n > 0 && i < until) cut[n - 1] = end;
            else {
                cut[n++] = begin;
                cut[n++] = end;
            }
            until = i + run;
        }
        return Arrays.copyOf(cut, n);
    }
}
