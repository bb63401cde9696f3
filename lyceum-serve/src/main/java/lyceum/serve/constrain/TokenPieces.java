package lyceum.serve.constrain;

import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import lyceum.text.Tokenizer;

/**
 * The bytes of a vocabulary's tokens, as a tree of their beginnings: what a grammar walks to find all tokens that fit at once. Made once for a tokenizer, shared by all
 * constraints over it. Immutable.
 *
 * <p>A text is finished with tokens of one byte where nothing else will do, so each byte that texts need should be a token; those of byte-level and byte-fallback
 * tokenizers are. Control tokens and empty ones never come.
 */
public final class TokenPieces {
    private final byte[][] pieces;
    private final byte[] label; // of nodes in preorder; node 0 is the root
    private final int[] depth, end, firstToken, tokens;
    private final long[] single = new long[4], occurring = new long[4];

    /** By id; null for a token that is no text. */
    public TokenPieces(List<byte[]> pieces) {
        this.pieces = pieces.toArray(byte[][]::new);
        int count = 0, total = 1, most = 0;
        var order = new Integer[this.pieces.length];
        for (int id = 0; id < order.length; id++) {
            var piece = this.pieces[id];
            if (piece == null || piece.length == 0) continue;
            order[count++] = id;
            most = Math.max(most, piece.length);
            for (byte b : piece) occurring[(b & 255) >> 6] |= 1L << b;
            if (piece.length == 1) single[(piece[0] & 255) >> 6] |= 1L << piece[0];
        }
        if (count == 0) throw new IllegalArgumentException("TokenPieces: no token of " + order.length + " has bytes");
        Arrays.sort(order, 0, count, (a, b) -> {
            int c = Arrays.compareUnsigned(this.pieces[a], this.pieces[b]);
            return c != 0 ? c : a - b;
        });
        for (int i = 0; i < count; i++) {
            var piece = this.pieces[order[i]];
            total += piece.length - (i == 0 ? 0 : shared(this.pieces[order[i - 1]], piece));
        }
        label = new byte[total];
        depth = new int[total];
        end = new int[total];
        firstToken = new int[total + 1];
        tokens = new int[count];
        var open = new int[most + 1];
        int node = 0, held = 0;
        for (int i = 0; i < count; i++) {
            var piece = this.pieces[order[i]];
            int same = i == 0 ? 0 : shared(this.pieces[order[i - 1]], piece);
            for (; held > same; held--) end[open[held]] = node + 1;
            while (held < piece.length) {
                label[++node] = piece[held];
                depth[node] = ++held;
                open[held] = node;
                firstToken[node] = i;
            }
            tokens[i] = order[i];
        }
        for (; held >= 0; held--) end[open[held]] = node + 1;
        firstToken[total] = count;
    }

    private static int shared(byte[] a, byte[] b) {
        int same = Arrays.mismatch(a, b);
        return same < 0 ? a.length : same;
    }

    /** Of a tokenizer: {@link Tokenizer#bytes} of each id that is no control token. */
    public static TokenPieces of(Tokenizer tokenizer) {
        var special = tokenizer.specials();
        var vocabulary = tokenizer.vocabulary();
        return of(vocabulary.size(),
                id -> special.isSpecial(id) || vocabulary.isSpecial(id) || vocabulary.isReserved(id) ? null : tokenizer.bytes(id));
    }

    /** By a function of the id. */
    public static TokenPieces of(int vocabulary, IntFunction<byte[]> bytes) {
        var pieces = new byte[vocabulary][];
        for (int id = 0; id < vocabulary; id++) pieces[id] = bytes.apply(id);
        return new TokenPieces(Arrays.asList(pieces));
    }

    public int vocabulary() { return pieces.length; }

    /** The bytes of a token; null for one that is no text. */
    public byte[] bytes(int id) { return pieces[id] == null ? null : pieces[id].clone(); }

    byte[] piece(int id) { return pieces[id]; }

    /** Bytes that are tokens. */
    long[] single() { return single; }

    /** Bytes that are in tokens. */
    long[] occurring() { return occurring; }

    int nodes() { return label.length; }

    int label(int node) { return label[node] & 255; }

    int depth(int node) { return depth[node]; }

    /** Behind the last node of its subtree. */
    int end(int node) { return end[node]; }

    /** How many tokens end at a node. */
    int tokens(int node) {
        int from = firstToken[node], to = from;
        if (node == 0) return 0;
        for (int last = end[node] < label.length ? firstToken[end[node]] : tokens.length; to < last; to++)
            if (pieces[tokens[to]].length != depth[node]) break;
        return to - from;
    }

    /** The i-th of them. */
    int token(int node, int i) { return tokens[firstToken[node] + i]; }
}
