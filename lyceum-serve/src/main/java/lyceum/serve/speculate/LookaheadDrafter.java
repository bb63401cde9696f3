package lyceum.serve.speculate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.llm.generate.TokenHistory;
import lyceum.serve.Drafter;

/**
 * Guesses of the model itself for an {@link lyceum.serve.Engine}, without a draft: one row of Jacobi's iteration. A pass that checks guesses also says what the model finds
 * likeliest behind each of them, right or wrong; where the places are still ahead, that is the next pass's guess. Runs of N ids that came about so, and those of the text, are
 * kept by their first id and are guessed first.
 *
 * <p>This is {@link LookaheadSource} with a window of one row, whose guesses stand one behind the other as an engine checks them, and no tree of branches.
 *
 * @see <a href="https://arxiv.org/abs/2402.02057">Fu et al. (2024)</a>
 * @see <a href="https://arxiv.org/abs/2305.10427">Santilli et al. (2023)</a>
 */
public final class LookaheadDrafter implements Drafter {
    private static final int POOL = 4096;

    private final int run;
    private final Map<TokenHistory, Trajectory> texts = new IdentityHashMap<>();

    /** @param run length N of the runs, 2 at least */
    public LookaheadDrafter(int run) {
        if (run < 2) throw new IllegalArgumentException("LookaheadDrafter: runs of " + run + " ids; 2 at least");
        this.run = run;
    }

    /** Ids at places from a start on. */
    private record Row(int start, int[] ids) {
        /** At a place, or -1. */
        int at(int place) { return place < start || place >= start + ids.length ? -1 : ids[place - start]; }
    }

    private static final class Trajectory {
        final Map<Integer, int[]> pool = new LinkedHashMap<>(16, 0.75f, true) { // the longest unused first
            private static final long serialVersionUID = 1;

            @Override protected boolean removeEldestEntry(Map.Entry<Integer, int[]> eldest) { return size() > POOL; }
        };
        final List<Row> rows = new ArrayList<>(); // guesses of the last passes, the latest first
        Row ahead = new Row(0, new int[0]); // what the last pass found likeliest
        int learned; // ids of the text whose runs are in the pool
    }

    @Override public boolean looks() { return true; }

    @Override public int[] guess(TokenHistory text, int most) {
        var known = texts.computeIfAbsent(text, _ -> new Trajectory());
        int size = text.size();
        for (; known.learned + run <= size; known.learned++) {
            var behind = new int[run - 1];
            for (int i = 0; i < behind.length; i++) behind[i] = text.id(known.learned + 1 + i);
            known.pool.put(text.id(known.learned), behind);
        }
        var guesses = new int[most];
        int n = 0;
        for (var next = known.pool.get(text.id(size - 1)); next != null && n < most; next = known.pool.get(guesses[n - 1]))
            for (int i = 0; i < next.length && n < most; i++) guesses[n++] = next[i];
        for (; n < most; n++) {
            int likely = known.ahead.at(size + n);
            guesses[n] = likely >= 0 ? likely : text.id(n % size); // anything will do to begin with
        }
        return guesses;
    }

    @Override public void checked(TokenHistory text, int[] guesses, int[] likeliest) {
        var known = texts.get(text);
        if (known == null) return;
        int size = text.size();
        known.rows.addFirst(new Row(size, guesses));
        if (known.rows.size() >= run) known.rows.removeLast();
        for (int place = size + 1; place < size + likeliest.length; place++) {
            var ids = new int[run];
            ids[run - 1] = likeliest[place - size];
            boolean whole = true;
            for (int k = 1; k < run && whole; k++) { // each id a pass before the one behind it
                int at = place - k;
                ids[run - 1 - k] = at < 0 ? -1 : at < size ? text.id(at) : k <= known.rows.size() ? known.rows.get(k - 1).at(at) : -1;
                whole = ids[run - 1 - k] >= 0;
            }
            if (whole) known.pool.put(ids[0], Arrays.copyOfRange(ids, 1, run));
        }
        known.ahead = new Row(size, likeliest);
    }

    @Override public void ended(TokenHistory text) { texts.remove(text); }
}
