package lyceum.text;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.TreeMap;
import lyceum.backend.Parallel;
import lyceum.text.internal.ByteTrie;
import lyceum.text.internal.Utf8;

/** Expected counts of pieces over a corpus (forward and backward), and counts along the best ways. */
final class UnigramExpectation {
    private static final int CHUNKS = 16;

    private final byte[][] words;
    private final double[] wordCounts;

    /** Words as bytes; what the alphabet lacks cuts a word. */
    UnigramExpectation(TreeMap<String, Long> tally, HashSet<String> characters) {
        var runs = new TreeMap<String, Long>();
        tally.forEach((word, count) -> {
            int begin = 0;
            for (int i = 0; i < word.length();) {
                int c = word.codePointAt(i), next = i + Character.charCount(c);
                if (!characters.contains(Character.toString(c))) {
                    if (i > begin) runs.merge(word.substring(begin, i), count, Long::sum);
                    begin = next;
                }
                i = next;
            }
            if (begin < word.length()) runs.merge(word.substring(begin), count, Long::sum);
        });
        words = new byte[runs.size()][];
        wordCounts = new double[words.length];
        int w = 0;
        for (var e : runs.entrySet()) {
            words[w] = e.getKey().getBytes(StandardCharsets.UTF_8);
            wordCounts[w++] = e.getValue();
        }
    }

    static ByteTrie trie(List<String> pieces) {
        var trie = new ByteTrie();
        for (int i = 0; i < pieces.size(); i++) trie.put(pieces.get(i).getBytes(StandardCharsets.UTF_8), i);
        return trie;
    }

    /** What is done with a word. */
    private interface Work {
        double word(byte[] word, double count, double[] counts, Room room);
    }

    /** Room for one thread. */
    static final class Room {
        double[] alpha = new double[64], beta = new double[64];
        int[] from = new int[64], id = new int[64];

        void reserve(int n) {
            if (n <= alpha.length) return;
            alpha = new double[2 * n];
            beta = new double[2 * n];
            from = new int[2 * n];
            id = new int[2 * n];
        }
    }

    /** Chunks are fixed and their sums are added in order, so that no number of threads shows. */
    private double sum(Work work, double[] counts) {
        var partial = new double[CHUNKS][];
        var logs = new double[CHUNKS];
        Parallel.range(CHUNKS, 1, (from, to) -> {
            for (int c = (int) from; c < to; c++) {
                partial[c] = new double[counts.length];
                var room = new Room();
                int end = (int) ((long) words.length * (c + 1) / CHUNKS);
                for (int w = (int) ((long) words.length * c / CHUNKS); w < end; w++)
                    logs[c] += work.word(words[w], wordCounts[w], partial[c], room);
            }
        });
        double sum = 0;
        for (int c = 0; c < CHUNKS; c++) {
            sum += logs[c];
            for (int i = 0; i < counts.length; i++) counts[i] += partial[c][i];
        }
        return sum;
    }

    /** Adds each piece's expected count and gives the log-likelihood of all words. */
    double run(List<String> pieces, double[] scores, double[] counts) {
        var trie = trie(pieces);
        return sum((word, count, expected, room) -> expect(trie, scores, word, count, expected, room), counts);
    }

    private static double expect(ByteTrie trie, double[] scores, byte[] word, double count, double[] expected, Room room) {
        int n = word.length;
        room.reserve(n + 1);
        double[] alpha = room.alpha, beta = room.beta;
        Arrays.fill(alpha, 0, n + 1, Double.NEGATIVE_INFINITY);
        Arrays.fill(beta, 0, n + 1, Double.NEGATIVE_INFINITY);
        alpha[0] = 0;
        beta[n] = 0;
        for (int at = 0; at < n; at++) {
            if (alpha[at] == Double.NEGATIVE_INFINITY) continue;
            for (int node = 0, i = at; i < n && (node = trie.step(node, word[i])) >= 0; i++) {
                int id = trie.value(node);
                if (id >= 0) alpha[i + 1] = logAdd(alpha[i + 1], alpha[at] + scores[id]);
            }
        }
        double z = alpha[n];
        for (int at = n - 1; at >= 0; at--) {
            if (Utf8.isContinuation(word[at])) continue;
            for (int node = 0, i = at; i < n && (node = trie.step(node, word[i])) >= 0; i++) {
                int id = trie.value(node);
                if (id < 0) continue;
                beta[at] = logAdd(beta[at], scores[id] + beta[i + 1]);
                expected[id] += count * Math.exp(alpha[at] + scores[id] + beta[i + 1] - z);
            }
        }
        return count * z;
    }

    private static double logAdd(double a, double b) {
        double high = Math.max(a, b), low = Math.min(a, b);
        return low == Double.NEGATIVE_INFINITY ? high : high + Math.log1p(Math.exp(low - high));
    }

    /** Adds how often each piece is on the best way of a word. */
    void best(ByteTrie trie, double[] scores, double[] counts) {
        sum((word, count, used, room) -> {
            for (int end = viterbi(trie, scores, word, -1, room); end > 0; end = room.from[end]) used[room.id[end]] += count;
            return 0;
        }, counts);
    }

    /** Finds the best way without one piece; links lie in the room. Gives the word's length, or 0 where there is no way. */
    static int viterbi(ByteTrie trie, double[] scores, byte[] word, int without, Room room) {
        int n = word.length;
        room.reserve(n + 1);
        Arrays.fill(room.alpha, 0, n + 1, Double.NEGATIVE_INFINITY);
        room.alpha[0] = 0;
        for (int at = 0; at < n; at++) {
            if (room.alpha[at] == Double.NEGATIVE_INFINITY) continue;
            for (int node = 0, i = at; i < n && (node = trie.step(node, word[i])) >= 0; i++) {
                int id = trie.value(node);
                if (id < 0 || id == without) continue;
                double value = room.alpha[at] + scores[id];
                if (value <= room.alpha[i + 1]) continue;
                room.alpha[i + 1] = value;
                room.from[i + 1] = at;
                room.id[i + 1] = id;
            }
        }
        return room.alpha[n] == Double.NEGATIVE_INFINITY ? 0 : n;
    }
}
