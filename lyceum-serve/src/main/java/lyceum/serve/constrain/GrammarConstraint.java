package lyceum.serve.constrain;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import lyceum.llm.TokenConstraint;
import lyceum.llm.generate.LogitProcessor;
import lyceum.llm.generate.LogitRow;
import lyceum.llm.generate.TokenHistory;
import lyceum.random.Rng;
import lyceum.text.Tokenizer;

/**
 * Lets a model write texts of a {@link Grammar} only: before each token, those that continue no text of it are banned. A token may begin within one symbol of the grammar
 * and end within another, and a character may be spread over tokens, since all is decided byte by byte.
 *
 * {@snippet :
 * var constraint = new GrammarConstraint(Grammar.json(), TokenPieces.of(tokenizer), tokenizer.specials().eos()).within(200);
 * var request = new GenerationRequest(prompt, SamplingOptions.DEFAULT, new StopCriteria(200), rng).withConstraint(constraint);
 * var sampling = SamplingOptions.topP(0.9).withOwn(List.of(constraint::processor));     // the same as a step of the sampling chain
 * }
 *
 * <p>What is left of the model's distribution is renormalised step by step; it is not the model's distribution given a valid text. A grammar is compiled once, and the
 * masks of places that came before are kept (64 MiB at most), so make one constraint for many texts. Safe to share between threads.
 *
 * @see <a href="https://arxiv.org/abs/2411.15100">Dong et al. (2024): tokens that the top of the stack settles, and those that it does not</a>
 */
public final class GrammarConstraint implements TokenConstraint {
    /** No bound of tokens. */
    public static final int ENDLESS = Integer.MAX_VALUE;

    private final TokenMasks masks;
    private final int[] ends;
    private final int budget;
    private final StackSet beginning;

    /**
     * @param ends marks that may come where the text may end
     * @throws IllegalArgumentException if a production begins with itself, or these tokens can write no text of the grammar
     */
    public GrammarConstraint(Grammar grammar, TokenPieces pieces, int... ends) { this(new TokenMasks(grammar, pieces), ENDLESS, ends); }

    private GrammarConstraint(TokenMasks masks, int budget, int... ends) {
        this.masks = masks;
        this.budget = budget;
        this.ends = ends.clone();
        for (int end : ends)
            if (end < 0 || end >= masks.pieces.vocabulary()) throw new IllegalArgumentException(
                    "GrammarConstraint: the end mark " + end + " is not an id of " + masks.pieces.vocabulary());
        beginning = masks.machine.start();
        if (budget != ENDLESS && budget < beginning.cost + 1) throw new IllegalArgumentException(
                "GrammarConstraint: " + budget + " tokens; the shortest text may take " + beginning.cost + " and an end mark");
    }

    /** Of a tokenizer with an end mark. */
    public static GrammarConstraint of(Grammar grammar, Tokenizer tokenizer) {
        return new GrammarConstraint(grammar, TokenPieces.of(tokenizer), tokenizer.specials().eos());
    }

    /**
     * The same for texts of at most so many tokens, the end mark counted: a token comes only if the text can be finished behind it, by its shortest end in tokens of one
     * byte.
     *
     * @throws IllegalArgumentException if the shortest text is longer
     */
    public GrammarConstraint within(int tokens) { return new GrammarConstraint(masks, tokens, ends); }

    @Override public Written start() { return new Written(beginning, budget); }

    /** The same as a step of a sampling chain, for one text: bans what may not come, and follows what is drawn. */
    public LogitProcessor processor() {
        var state = start();
        var allowed = new long[(masks.pieces.vocabulary() + 63) / 64];
        return new LogitProcessor() {
            @Override public void apply(LogitRow row, TokenHistory history, Rng stream) {
                Arrays.fill(allowed, 0);
                if (state.allowed(allowed)) row.banOthers(allowed);
            }

            @Override public void drawn(LogitRow row, int id) { state.accept(id); }
        };
    }

    /** Whether a whole text fits. */
    public boolean accepts(String text) {
        var state = beginning;
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) state = state.step(b & 255);
        return state.accepts;
    }

    /** Where one text stands. For one thread. */
    public final class Written implements State {
        private StackSet at;
        private int left;
        private boolean ended;

        private Written(StackSet at, int left) {
            this.at = at;
            this.left = left;
        }

        @Override public boolean allowed(long[] allowed) {
            if (ended) {
                for (int end : ends) allowed[end >> 6] |= 1L << end;
                return true;
            }
            var mask = masks.mask(at);
            long[] bits = mask.bits();
            if (left != ENDLESS && mask.worst() > left - 2) { // one for this token, one for the end mark
                bits = masks.within(at, left - 2);
                if (bits == null && !at.accepts) bits = masks.within(at, masks.nearest(at));
            }
            if (bits != null) System.arraycopy(bits, 0, allowed, 0, Math.min(bits.length, allowed.length)); // a model may have more ids than its tokenizer, or fewer
            if (at.accepts) for (int end : ends) allowed[end >> 6] |= 1L << end;
            return true;
        }

        @Override public void accept(int id) {
            for (int end : ends) if (id == end) ended = true;
            if (left != ENDLESS) left--;
            if (ended) return;
            var piece = id < 0 || id >= masks.pieces.vocabulary() ? null : masks.pieces.piece(id);
            var to = at;
            if (piece != null) for (byte b : piece) to = to.step(b & 255);
            if (piece == null || to.isDead()) throw new IllegalArgumentException("GrammarConstraint.accept: the token " + id
                    + (piece == null ? "" : " \"" + new String(piece, StandardCharsets.UTF_8) + "\"") + " cannot come here");
            at = to;
        }

        /** Whether the text may end here. */
        public boolean isComplete() { return ended || at.accepts; }

        /** Bytes at least that are still to be written. */
        public int shortest() { return ended ? 0 : at.cost; }

        @Override public Written fork() {
            var other = new Written(at, left);
            other.ended = ended;
            return other;
        }
    }
}
