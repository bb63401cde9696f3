package lyceum.text;

import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Set;
import java.util.function.IntPredicate;
import lyceum.random.Rng;
import lyceum.text.internal.AlignedText;
import lyceum.text.internal.ByteAlphabet;

/** A model made ready to cut words; and where the pieces go. */
abstract class Pieces {
    /** Takes pieces and gives them their place in the original. For one thread. */
    static final class Sink {
        final TokenBuffer out;
        final boolean trimmed;
        AlignedText text;
        int word;
        /** Draws other segmentations than the best one where it is not null. */
        Rng rng;
        double rate;
        /** For the use of a model. */
        Object scratch;

        Sink(TokenBuffer out, boolean trimmed) {
            this.out = out;
            this.trimmed = trimmed;
        }

        /** A piece that covers these bytes of the text. */
        void add(int id, int from, int to) {
            if (!out.keepsSpans()) out.add(id);
            else if (to <= from) {
                int at = from < text.to ? text.start(from) : from > text.from ? text.end(from - 1) : text.start(from);
                out.add(id, at, at, word);
            } else {
                int start = text.start(from), end = text.end(to - 1);
                if (trimmed) {
                    while (from < to - 1 && isSpace(text.b[from])) start = text.start(++from);
                    while (to > from + 1 && isSpace(text.b[to - 1])) end = text.end(--to - 1);
                }
                out.add(id, start, Math.max(start, end), word);
            }
        }

        private static boolean isSpace(byte b) { return b == ' ' || b >= 9 && b <= 13; }
    }

    /** Cuts the word in bytes {@code from} to {@code to} of the sink's text. */
    abstract void cut(byte[] b, int from, int to, Sink sink);

    /** @param controls pieces that nothing in a text is, whatever it spells */
    static Pieces of(SubwordModel model, boolean raw, IntPredicate controls) {
        var v = model.vocabulary();
        var keys = new byte[v.size()][];
        for (int id = 0; id < keys.length; id++) if (!v.isReserved(id) && !controls.test(id)) keys[id] = key(v.token(id), raw);
        return switch (model) {
            case Bpe bpe -> new BpePieces(bpe, raw, keys);
            case WordPiece wordPiece -> new WordPiecePieces(wordPiece, raw, keys);
            case Unigram unigram -> new UnigramPieces(unigram, keys);
            case WordLevel wordLevel -> new WordLevelPieces(wordLevel, keys);
        };
    }

    /** The bytes by which a piece is found: its UTF-8, or what it spells in the alphabet of bytes (null where it spells nothing). */
    static byte[] key(String piece, boolean raw) { return raw ? ByteAlphabet.bytes(piece) : piece.getBytes(StandardCharsets.UTF_8); }

    static void checkUnknown(String model, Vocabulary vocabulary, String unknown) {
        Objects.requireNonNull(vocabulary, "vocabulary");
        if (unknown != null && !vocabulary.contains(unknown))
            throw new IllegalArgumentException(model + ": the unknown piece \"" + unknown + "\" is not in the vocabulary");
    }

    static void checkUserDefined(String model, Vocabulary vocabulary, Set<String> userDefined) {
        for (var piece : userDefined)
            if (!vocabulary.contains(piece))
                throw new IllegalArgumentException(model + ": the user-defined piece \"" + piece + "\" is not in the vocabulary");
    }

    /** The ids of {@code <0x00>} to {@code <0xFF>}, or null where one is missing. */
    static int[] byteIds(Vocabulary vocabulary) {
        var ids = new int[256];
        for (int b = 0; b < 256; b++) if ((ids[b] = vocabulary.id(Decoding.byteToken(b))) < 0) return null;
        return ids;
    }
}
