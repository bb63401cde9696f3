package lyceum.text;

import java.util.Arrays;
import lyceum.text.internal.ByteTrie;
import lyceum.text.internal.Utf8;

/** {@link Unigram} at work: the best way through the lattice of pieces (Viterbi), or a way drawn by its probability. */
final class UnigramPieces extends Pieces {
    /** How much less probable than the least probable piece an unknown character is, as SentencePiece has it. */
    static final double UNKNOWN_PENALTY = 10;

    private final ByteTrie trie = new ByteTrie();
    private final double[] scores;
    private final int unknown;
    private final int[] byteFallback;
    private final double unknownScore;
    private final KnownWords known = new KnownWords();

    /** Room for the ways that end at each byte, for where the best one is cut, and for its pieces. */
    private static final class Scratch {
        double[] best = new double[64];
        int[] from = new int[64], id = new int[64], cuts = new int[64], ids = new int[64], ends = new int[64];
        int size;

        void reserve(int n) {
            if (n <= best.length) return;
            best = new double[2 * n];
            from = new int[2 * n];
            id = new int[2 * n];
            cuts = new int[2 * n];
            ids = new int[2 * n];
            ends = new int[2 * n];
        }

        void put(int id, int end) {
            ids[size] = id;
            ends[size++] = end;
        }
    }

    UnigramPieces(Unigram model, byte[][] keys) {
        var v = model.vocabulary();
        scores = new double[v.size()];
        unknown = model.unknown() == null ? -1 : v.id(model.unknown());
        byteFallback = model.byteFallback() ? byteIds(v) : null;
        double least = Double.POSITIVE_INFINITY, most = Double.NEGATIVE_INFINITY;
        for (int id = 0; id < v.size(); id++) {
            if (skipped(v, id, keys)) continue;
            least = Math.min(least, v.score(id));
            most = Math.max(most, v.score(id));
        }
        for (int id = 0; id < v.size(); id++) {
            scores[id] = v.score(id);
            if (skipped(v, id, keys)) continue;
            trie.put(keys[id], id);
            if (model.userDefined().contains(v.token(id))) scores[id] = keys[id].length * most - 0.1; // SentencePiece's bonus
        }
        unknownScore = (least == Double.POSITIVE_INFINITY ? 0 : least) - UNKNOWN_PENALTY;
    }

    private boolean skipped(Vocabulary v, int id, byte[][] keys) {
        return id == unknown || keys[id] == null || keys[id].length == 0 || v.isSpecial(id)
                || byteFallback != null && Decoding.byteOf(v.token(id)) >= 0;
    }

    @Override void cut(byte[] b, int from, int to, Sink sink) {
        boolean draw = sink.rng != null;
        if (!draw && known.cut(b, from, to, sink)) return;
        if (!(sink.scratch instanceof Scratch)) sink.scratch = new Scratch();
        var s = (Scratch) sink.scratch;
        int n = to - from;
        s.reserve(n + 1);
        Arrays.fill(s.best, 0, n + 1, Double.NEGATIVE_INFINITY);
        s.best[0] = 0;
        for (int at = 0; at < n;) {
            int length = Math.min(Utf8.length(b[from + at]), n - at);
            boolean single = false;
            for (int node = 0, i = at; i < n; i++) {
                node = trie.step(node, b[from + i]);
                if (node < 0) break;
                int id = trie.value(node);
                if (id < 0) continue;
                relax(s, at, i + 1, id, (draw ? sink.rate : 1) * scores[id], draw);
                single |= i + 1 - at == length;
            }
            if (!single) relax(s, at, at + length, -1, (draw ? sink.rate : 1) * unknownScore, draw);
            at += length;
        }
        if (draw) back(b, from, n, s, sink);
        path(b, from, n, s);
        if (draw) KnownWords.emit(s.ids, s.ends, s.size, from, sink);
        else known.learn(b, from, to, s.ids, s.ends, s.size, sink);
    }

    private static void relax(Scratch s, int at, int end, int id, double score, boolean sum) {
        double value = s.best[at] + score;
        if (sum) {
            double high = Math.max(value, s.best[end]), low = Math.min(value, s.best[end]);
            s.best[end] = low == Double.NEGATIVE_INFINITY ? high : high + Math.log1p(Math.exp(low - high));
        } else if (value > s.best[end]) {
            s.best[end] = value;
            s.from[end] = at;
            s.id[end] = id;
        }
    }

    /** Draws a way from the end backwards: a last piece by its share of all ways that end here (forward filtering, backward sampling). */
    private void back(byte[] b, int from, int n, Scratch s, Sink sink) {
        for (int end = n; end > 0; end = s.from[end]) {
            double u = sink.rng.nextDouble(), sum = 0;
            int chosen = -2, start = 0;
            for (int at = end - 1; at >= 0; at--) {
                if (Utf8.isContinuation(b[from + at])) continue;
                int length = Math.min(Utf8.length(b[from + at]), n - at), node = 0, id;
                boolean single = false;
                for (int i = at; i < end && node >= 0; i++) {
                    node = trie.step(node, b[from + i]);
                    if (node >= 0 && i + 1 - at == length && trie.value(node) >= 0) single = true;
                }
                id = node >= 0 ? trie.value(node) : -1;
                boolean isUnknown = id < 0 && !single && at + length == end;
                if (id < 0 && !isUnknown) continue;
                sum += Math.exp(s.best[at] + sink.rate * (id < 0 ? unknownScore : scores[id]) - s.best[end]);
                chosen = id;
                start = at;
                if (u < sum) break;
            }
            s.id[end] = chosen;
            s.from[end] = start;
        }
    }

    /** Puts down the pieces of the way that the links tell, from the end backwards; neighbouring unknown characters are one piece. */
    private void path(byte[] b, int from, int n, Scratch s) {
        int steps = 0;
        for (int end = n; end > 0; end = s.from[end]) steps++;
        for (int end = n, i = steps; i > 0; end = s.from[end]) s.cuts[--i] = end;
        s.size = 0;
        for (int i = 0, start = 0; i < steps; start = s.cuts[i++]) {
            int end = s.cuts[i], id = s.id[end];
            if (id >= 0) s.put(id, end);
            else if (byteFallback != null) for (int k = start; k < end; k++) s.put(byteFallback[b[from + k] & 0xFF], k + 1);
            else {
                while (i + 1 < steps && s.id[s.cuts[i + 1]] < 0) i++;
                s.put(unknown, s.cuts[i]);
            }
        }
    }
}
