package lyceum.data;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * SHA-256 (FIPS 180-4) of bytes or of a text's UTF-8 form: 64 hexadecimal digits in lower case. Equal contents have equal names, everywhere and at every
 * run; two different ones have never been seen to share one.
 */
public final class ContentHash {
    private final MessageDigest digest = sha256();

    private ContentHash() {}

    /** A hash of what is yet to come, piece by piece. */
    public static ContentHash begin() { return new ContentHash(); }

    /** The hash of a text. */
    public static String of(String text) { return of(text.getBytes(StandardCharsets.UTF_8)); }

    /** The hash of bytes. */
    public static String of(byte[] bytes) { return HexFormat.of().formatHex(sha256().digest(bytes)); }

    /** Whether this is the form of such a hash. */
    public static boolean isOne(String name) {
        if (name == null || name.length() != 64) return false;
        for (int i = 0; i < 64; i++) if (!HexFormat.isHexDigit(name.charAt(i)) || Character.isUpperCase(name.charAt(i))) return false;
        return true;
    }

    /** Adds a part, told from its neighbours by its length: {@code "ab", "c"} and {@code "a", "bc"} differ. */
    public ContentHash part(String text) {
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        for (int shift = 24; shift >= 0; shift -= 8) digest.update((byte) (bytes.length >>> shift));
        digest.update(bytes);
        return this;
    }

    /** Adds bytes as they are. */
    public ContentHash bytes(byte[] bytes, int from, int length) {
        digest.update(bytes, from, length);
        return this;
    }

    /** The hash of all that was added; this object then begins anew. */
    public String hex() { return HexFormat.of().formatHex(digest.digest()); }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
