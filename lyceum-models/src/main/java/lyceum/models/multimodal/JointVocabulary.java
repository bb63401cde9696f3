package lyceum.models.multimodal;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.tensor.Tensor;

/**
 * One range of ids for texts, pictures, sounds and clips: the 256 bytes of UTF-8, then the codes of each medium, then the marks that open and close each kind, then the
 * padding. Ranges do not overlap.
 *
 * {@snippet :
 * var vocabulary = new JointVocabulary(image, audio, video);
 * int[] ids = vocabulary.text("seven");                               // open, 5 bytes, close
 * vocabulary.text(ids).equals("seven");
 * }
 *
 * @param image codes of pictures; null for none, likewise those that follow
 * @param audio codes of sounds
 * @param video codes of clips
 */
public record JointVocabulary(MediaCodes image, MediaCodes audio, MediaCodes video) {

    /** A kind of segment. */
    public enum Modality {
        TEXT, IMAGE, AUDIO, VIDEO
    }

    /** The codes of a medium; null for text, and for a medium that is not there. */
    public MediaCodes media(Modality kind) {
        return switch (kind) {
            case TEXT -> null;
            case IMAGE -> image;
            case AUDIO -> audio;
            case VIDEO -> video;
        };
    }

    /** Ids of a kind's codes. */
    public int codes(Modality kind) { return kind == Modality.TEXT ? 256 : media(kind) == null ? 0 : media(kind).codes(); }

    /** Its first id. */
    public int low(Modality kind) {
        int low = 0;
        for (var k : Modality.values()) if (k.ordinal() < kind.ordinal()) low += codes(k);
        return low;
    }

    private int marks() { return low(Modality.VIDEO) + codes(Modality.VIDEO); }

    /** The id that opens a segment. */
    public int open(Modality kind) { return marks() + 2 * kind.ordinal(); }

    /** The id that closes it. */
    public int close(Modality kind) { return marks() + 2 * kind.ordinal() + 1; }

    /** What fills up a batch. */
    public int padding() { return marks() + 8; }

    /** All ids. */
    public int size() { return marks() + 9; }

    /** A text as a segment. @throws IllegalArgumentException if half of a surrogate pair is in it, which UTF-8 cannot hold */
    public int[] text(String text) {
        ByteBuffer bytes;
        try {
            bytes = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("JointVocabulary: \"" + text + "\" has half of a surrogate pair; no bytes stand for it", e);
        }
        var ids = new int[bytes.remaining()];
        for (int i = 0; i < ids.length; i++) ids[i] = bytes.get() & 255;
        return segment(Modality.TEXT, ids);
    }

    /** The text of a segment; bytes that are no UTF-8 show as the replacement character. */
    public String text(int... segment) {
        int[] ids = codes(Modality.TEXT, segment);
        var bytes = new byte[ids.length];
        for (int i = 0; i < ids.length; i++) bytes[i] = (byte) ids[i];
        try {
            return StandardCharsets.UTF_8.newDecoder().onMalformedInput(CodingErrorAction.REPLACE)
                    .onUnmappableCharacter(CodingErrorAction.REPLACE).decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Items (n, ..) of a medium as n segments. */
    public List<int[]> segments(Modality kind, Tensor items) {
        var ids = medium(kind).ids(items);
        int length = medium(kind).length();
        int[] flat = ids.toIntArray();
        return IntStream.range(0, (int) items.size(0)).mapToObj(i -> segment(kind, Arrays.copyOfRange(flat, i * length, (i + 1) * length)))
                .toList();
    }

    /** The items (n, ..) of n segments of one kind. */
    public Tensor items(Modality kind, List<int[]> segments) {
        int length = medium(kind).length();
        var flat = new long[segments.size() * length];
        for (int i = 0; i < segments.size(); i++) {
            int[] codes = codes(kind, segments.get(i));
            if (codes.length != length)
                throw new IllegalArgumentException("JointVocabulary: a segment of " + codes.length + " codes; " + kind + " has " + length);
            for (int k = 0; k < length; k++) flat[i * length + k] = codes[k];
        }
        return medium(kind).items(Tensor.of(flat, segments.size(), length));
    }

    MediaCodes medium(Modality kind) {
        if (kind == Modality.TEXT) throw new IllegalArgumentException("JointVocabulary: a text has no items; use text");
        if (media(kind) == null) throw new IllegalArgumentException("JointVocabulary: no codes of " + kind + "; it was made without them");
        return media(kind);
    }

    private int[] segment(Modality kind, int[] codes) {
        int low = low(kind);
        var ids = new int[codes.length + 2];
        ids[0] = open(kind);
        ids[codes.length + 1] = close(kind);
        for (int i = 0; i < codes.length; i++) ids[i + 1] = low + codes[i];
        return ids;
    }

    private int[] codes(Modality kind, int[] segment) {
        int n = segment.length;
        if (n < 2 || segment[0] != open(kind) || segment[n - 1] != close(kind))
            throw new IllegalArgumentException("JointVocabulary: " + Arrays.toString(segment) + " is not a segment of " + kind);
        int low = low(kind), count = codes(kind);
        var codes = new int[n - 2];
        for (int i = 0; i < codes.length; i++) {
            codes[i] = segment[i + 1] - low;
            if (codes[i] < 0 || codes[i] >= count)
                throw new IllegalArgumentException("JointVocabulary: id " + segment[i + 1] + " in a segment of " + kind);
        }
        return codes;
    }
}
