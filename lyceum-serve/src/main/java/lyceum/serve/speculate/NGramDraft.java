package lyceum.serve.speculate;

import java.util.ArrayList;
import java.util.List;
import lyceum.llm.generate.SamplingOptions;
import lyceum.llm.generate.TokenHistory;
import lyceum.random.Rng;

/**
 * Guesses that a text goes on as it did before: what followed the last ids where they came last, the longest run of them that came. No model, no memory; good where
 * an answer repeats its question, code, lists.
 *
 * @param longest ids to look for at first
 * @param shortest ids to look for at last
 * @see <a href="https://arxiv.org/abs/2304.04487">Yang et al. (2023): inference with reference</a>
 */
public record NGramDraft(int longest, int shortest) implements DraftSource {
    public NGramDraft {
        if (shortest < 1 || longest < shortest) throw new IllegalArgumentException(
                "NGramDraft: runs of " + longest + " down to " + shortest + " ids; at least one, the longest no shorter");
    }

    @Override public Session start(List<int[]> prompts, List<SamplingOptions> sampling, List<Rng> streams) {
        var texts = new ArrayList<TokenHistory>();
        prompts.forEach(p -> texts.add(new TokenHistory(p)));
        return new Session() {
            private List<TokenHistory> rows = texts;

            @Override public List<Draft> propose(int most) { return rows.stream().map(t -> Draft.certain(guess(t, most))).toList(); }

            @Override public void advance(int row, int... ids) { for (int id : ids) rows.get(row).add(id); }

            @Override public void keep(int... kept) {
                var left = new ArrayList<TokenHistory>();
                for (int r : kept) left.add(rows.get(r));
                rows = left;
            }
        };
    }

    private int[] guess(TokenHistory text, int most) {
        int size = text.size();
        for (int n = Math.min(longest, size - 1); n >= shortest; n--) for (int at = size - n - 1; at >= 0; at--) {
            int same = 0;
            while (same < n && text.id(at + same) == text.id(size - n + same)) same++;
            if (same < n) continue;
            var found = new int[Math.min(most, size - at - n)];
            for (int i = 0; i < found.length; i++) found[i] = text.id(at + n + i);
            return found;
        }
        return new int[0];
    }
}
