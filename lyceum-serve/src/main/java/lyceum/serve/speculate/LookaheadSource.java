package lyceum.serve.speculate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.tensor.Tensor;

/**
 * Guesses of the target itself, without a draft: a window of W places ahead, held over the last N - 1 passes as in Jacobi's iteration, yields runs of N ids that the model
 * would write somewhere; a pool keeps them by their first id, and up to G that begin with the text's last id are checked in the same pass.
 *
 * {@snippet :
 * var decoder = new TreeDecoder(model, new LookaheadSource(10, 4, 10));
 * long extra = LookaheadSource.extraFlops(model.config(), 500, (10 + 10) * 3);
 * }
 *
 * <p>Row 0 of the window begins with the text's last id and follows it; a place of row r stands behind the same column of row r - 1. A pass so reads
 * {@code (W + G)(N - 1)} ids where plain decoding reads 1, fewer while the pool is young. Runs of the prompt are in the pool from the start.
 *
 * @param window places W
 * @param run length N of the runs, 2 at least
 * @param branches runs G checked in a pass
 * @param pool runs kept in all; those longest unused go
 * @see <a href="https://arxiv.org/abs/2402.02057">Fu et al. (2024), section 3</a>
 */
public record LookaheadSource(int window, int run, int branches, int pool) implements TreeSource {
    public LookaheadSource {
        if (window < 1 || run < 2 || branches < 0 || pool < 1) throw new IllegalArgumentException("LookaheadSource: a window of " + window
                + ", runs of " + run + ", " + branches + " branches, a pool of " + pool + "; at least 1, 2, 0 and 1");
    }

    /** A pool of 4096 runs. */
    public LookaheadSource(int window, int run, int branches) { this(window, run, branches, 4096); }

    @Override public Session start(DecoderLM target) { return new Looking(target.vocabulary()); }

    /**
     * Floating-point operations of matrix products that a pass over n ids has beyond one over a single id: {@code 2 P (n - 1)} for P weights a token meets, and in each
     * attention {@code 4 w (n (t + n) - (t + 1))} for heads of width w in all and t ids in the cache.
     */
    public static long extraFlops(DecoderConfig config, long cached, long ids) {
        long products = (long) config.width() * config.vocabulary(), scores = 0;
        for (var block : config.blocks()) {
            var a = block.attention();
            long q = (long) a.heads() * a.headWidth(), k = (long) a.keyHeads() * a.headWidth();
            products += config.width() * (2 * q + 2 * k) + (block.gated() ? 3L : 2L) * config.width() * block.hidden();
            scores += 4 * q;
        }
        return 2 * products * (ids - 1) + scores * (ids * (cached + ids) - (cached + 1));
    }

    private final class Looking implements Session {
        private final int[][] rows = new int[run - 1][window]; // of the last passes, the oldest first; row 0 column 0 is the text's last id
        private final Map<List<Integer>, Boolean> recent = new LinkedHashMap<>(16, 0.75f, true); // runs, the longest unused first
        private final Map<Integer, LinkedHashSet<List<Integer>>> byFirst = new LinkedHashMap<>();
        private final List<Integer> text = new ArrayList<>();
        private final int[][] places = new int[run - 1][window]; // in the tree, -1 for none

        Looking(int vocabulary) {
            for (int r = 0; r < rows.length; r++) for (int c = 0; c < window; c++) rows[r][c] = (31 * r + 7 * c + 1) % vocabulary; // anything
        }

        @Override public TokenTree propose(int last, int levels) {
            rows[0][0] = last;
            var ids = new ArrayList<>(List.of(last));
            var parents = new ArrayList<>(List.of(-1));
            var runs = new ArrayList<>(byFirst.getOrDefault(last, new LinkedHashSet<>()));
            Collections.reverse(runs); // the latest first
            for (var one : runs.subList(0, Math.min(branches, runs.size()))) {
                recent.get(one); // used
                int parent = 0;
                for (int i = 1; i < run && i <= levels; i++) {
                    ids.add(one.get(i));
                    parents.add(parent);
                    parent = ids.size() - 1;
                }
            }
            for (var row : places) Arrays.fill(row, -1);
            places[0][0] = 0;
            for (int r = 0; r < rows.length; r++) for (int c = r == 0 ? 1 : 0; c < window && c + r <= levels; c++) {
                ids.add(rows[r][c]);
                parents.add(r == 0 ? places[0][c - 1] : places[r - 1][c]);
                places[r][c] = ids.size() - 1;
            }
            return new TokenTree(ints(ids), ints(parents));
        }

        @Override public void advance(int[] read, Tensor hidden, int next, TokenTree tree, TreeDecoding.Output output) {
            if (tree == null) for (int id : read) text.add(id);
            if (tree == null) {
                text.add(next);
                for (int i = 0; i + run <= text.size(); i++) add(List.copyOf(text.subList(i, i + run)));
                return;
            }
            var found = new int[window];
            for (int c = 0; c < window; c++) {
                int place = places[run - 2][c];
                if (place < 0) return; // the context is nearly full
                found[c] = largest(output.logits().get(place).toDoubleArray());
                var one = new ArrayList<Integer>();
                for (int[] row : rows) one.add(row[c]);
                one.add(found[c]);
                add(List.copyOf(one));
            }
            for (int r = 0; r + 1 < rows.length; r++) System.arraycopy(rows[r + 1], 0, rows[r], 0, window);
            System.arraycopy(found, 0, rows[run - 2], 0, window);
        }

        private void add(List<Integer> one) {
            var same = byFirst.computeIfAbsent(one.getFirst(), _ -> new LinkedHashSet<>());
            same.remove(one);
            same.add(one);
            recent.put(one, true);
            if (recent.size() <= pool) return;
            var oldest = recent.keySet().iterator().next();
            recent.remove(oldest);
            byFirst.get(oldest.getFirst()).remove(oldest);
        }

        private static int largest(double[] z) {
            int best = 0;
            for (int i = 1; i < z.length; i++) if (z[i] > z[best]) best = i;
            return best;
        }

        private static int[] ints(List<Integer> all) { return all.stream().mapToInt(Integer::intValue).toArray(); }
    }
}
