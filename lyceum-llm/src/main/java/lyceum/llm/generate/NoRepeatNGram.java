package lyceum.llm.generate;

import java.util.Arrays;
import lyceum.random.Rng;

/**
 * Bans what would complete an n-gram that the text has already: no n tokens come twice in a row of the same order. An index of the last n - 1 tokens is kept up, so
 * that a step costs what it finds, not the length of the text.
 *
 * @see <a href="https://arxiv.org/abs/1705.04304">Paulus, Xiong and Socher (2018), section 2.5</a>
 */
final class NoRepeatNGram implements LogitProcessor {
    private final int n;
    private final boolean prompt;
    private int[] heads = new int[256], before = new int[256]; // 1 + the place behind a run; the one before it in the same slot
    private int read = -1;

    NoRepeatNGram(int n, boolean prompt) {
        this.n = n;
        this.prompt = prompt;
    }

    @Override public void apply(LogitRow row, TokenHistory history, Rng stream) {
        int first = prompt ? 0 : history.promptLength(), size = history.size();
        if (read < 0) read = first + n - 1; // the first id that stands behind a whole run
        for (; read < size; read++) index(history, read);
        if (size - first < n - 1) return;
        for (int i = heads[slot(history, size)] - 1; i >= 0; i = before[i] - 1) if (same(history, i, size)) row.ban(history.id(i));
    }

    private void index(TokenHistory history, int place) {
        if (place >= before.length) {
            before = Arrays.copyOf(before, 2 * place);
            heads = new int[2 * before.length];
            int first = prompt ? 0 : history.promptLength();
            for (int i = first + n - 1; i < place; i++) chain(history, i);
        }
        chain(history, place);
    }

    private void chain(TokenHistory history, int place) {
        int slot = slot(history, place);
        before[place] = heads[slot];
        heads[slot] = place + 1;
    }

    /** Of the n - 1 ids before a place. */
    private int slot(TokenHistory history, int place) {
        int h = 1;
        for (int i = place - n + 1; i < place; i++) h = (h ^ history.id(i)) * 0x01000193;
        return (h ^ h >>> 15) * 0x9E3779B9 >>> 8 & heads.length - 1;
    }

    private boolean same(TokenHistory history, int a, int b) {
        for (int i = 1; i < n; i++) if (history.id(a - i) != history.id(b - i)) return false;
        return true;
    }
}
