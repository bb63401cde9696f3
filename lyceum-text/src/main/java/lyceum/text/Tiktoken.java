package lyceum.text;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lyceum.FormatException;
import lyceum.text.internal.ByteAlphabet;
import lyceum.text.internal.ByteTable;

/** Reads tiktoken's vocabularies: a line a token, its bytes in base 64 and its rank; two neighbours merge where together they are a token, the least rank first. */
public final class Tiktoken {
    private static final int MOST_TOKENS = 4_000_000, MOST_BYTES = 1 << 12;

    private Tiktoken() {}

    /**
     * A tokenizer out of ranks.
     *
     * @param ranks the bytes of a {@code .tiktoken} file
     * @param pattern how texts are cut into words, such as {@link PreTokenizer#GPT4} for cl100k
     * @param specials control tokens by text
     * @throws FormatException if a line is no token or a rank is there twice: names the line
     */
    public static TokenizerPipeline read(byte[] ranks, String pattern, Map<String, Integer> specials) {
        var byRank = new TreeMap<Integer, byte[]>();
        int line = 0;
        for (int at = 0; at < ranks.length; line++) {
            int end = at;
            while (end < ranks.length && ranks[end] != '\n') end++;
            var text = new String(ranks, at, end - at, StandardCharsets.ISO_8859_1).strip();
            at = end + 1;
            if (text.isEmpty()) continue;
            int space = text.indexOf(' ');
            try {
                byte[] token = Base64.getDecoder().decode(text.substring(0, Math.max(0, space)));
                int rank = Integer.parseInt(text.substring(space + 1));
                if (token.length == 0 || token.length > MOST_BYTES || rank < 0 || rank > MOST_TOKENS)
                    throw new IllegalArgumentException("out of bounds");
                if (byRank.put(rank, token) != null)
                    throw new FormatException("tiktoken: line " + (line + 1) + " has the rank " + rank + " a second time");
            } catch (IllegalArgumentException e) {
                throw new FormatException("tiktoken: line " + (line + 1) + " is not a token in base 64 and its rank", e);
            }
        }
        if (byRank.isEmpty() || byRank.lastKey() > 4 * byRank.size() + 1000) throw new FormatException(
                "tiktoken: " + byRank.size() + " tokens" + (byRank.isEmpty() ? "" : " with ranks to " + byRank.lastKey()));
        var builder = new Vocabulary.Builder();
        var keys = new byte[byRank.lastKey() + 1][];
        for (int rank = 0; rank < keys.length; rank++) {
            keys[rank] = byRank.get(rank);
            if (keys[rank] == null) builder.addReserved();
            else builder.add(ByteAlphabet.spelled(keys[rank], 0, keys[rank].length));
        }
        Vocabulary vocabulary;
        try {
            vocabulary = builder.build();
        } catch (IllegalArgumentException e) {
            throw new FormatException("tiktoken: " + e.getMessage(), e);
        }
        var model = new Bpe(vocabulary, merges(vocabulary, keys), null, "", "", false, false, true, true);
        var added = new ArrayList<AddedToken>();
        specials.forEach((text, id) -> added.add(AddedToken.control(text, id)));
        var named = TokenizerJson.roles(new SpecialTokens(added), null, null);
        return new TokenizerPipeline(
                new TokenizerSpec(null, PreTokenizer.byteLevel(pattern), model, null, new TokenDecoder.ByteLevel(), named, null, null));
    }

    /** All ways in which two tokens are a third. */
    private static List<Bpe.Merge> merges(Vocabulary vocabulary, byte[][] keys) {
        var table = new ByteTable(keys);
        var merges = new ArrayList<Bpe.Merge>();
        for (var key : keys) {
            if (key == null) continue;
            for (int cut = 1; cut < key.length; cut++) {
                int left = table.get(key, 0, cut), right = left < 0 ? -1 : table.get(key, cut, key.length);
                if (right >= 0) merges.add(new Bpe.Merge(vocabulary.token(left), vocabulary.token(right)));
            }
        }
        return merges;
    }

    /** The lines of a {@code .tiktoken} file for a byte-level tokenizer whose ids are ranks. */
    public static byte[] write(TokenizerPipeline tokenizer) {
        if (!tokenizer.isByteLevel())
            throw new IllegalArgumentException("Tiktoken.write: only byte-level vocabularies have ranks of bytes");
        var v = tokenizer.spec().model().vocabulary();
        var lines = new StringBuilder();
        for (int id = 0; id < v.size(); id++) {
            byte[] token = v.isReserved(id) || tokenizer.specials().find(id) != null ? null : ByteAlphabet.bytes(v.token(id));
            if (token != null) lines.append(Base64.getEncoder().encodeToString(token)).append(' ').append(id).append('\n');
        }
        return lines.toString().getBytes(StandardCharsets.US_ASCII);
    }
}
