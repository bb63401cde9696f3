package lyceum.data.corpus;

import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import lyceum.data.ContentHash;

/**
 * A text and what is known of it: the unit that has a licence, falls into a split and is kept or dropped whole.
 *
 * @param id       stays with the document for ever: splits, shards and reports go by it
 * @param text     as it is read
 * @param domain   where it is from: {@code "news"}, {@code "web"}
 * @param licence  an SPDX name or a phrase, {@code "unknown"} where nobody says
 * @param metadata whatever else; read in order of the keys
 */
public record Document(String id, String text, String domain, String licence, Map<String, String> metadata) {
    /** Copies the metadata. @throws NullPointerException naming the part that is missing */
    public Document {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(text, "text");
        Objects.requireNonNull(domain, "domain");
        Objects.requireNonNull(licence, "licence");
        metadata = Collections.unmodifiableMap(new TreeMap<>(metadata));
    }

    /** A document of no particular domain or licence. */
    public static Document of(String id, String text) { return new Document(id, text, "", "unknown", Map.of()); }

    /** SHA-256 of the text: equal for exact copies. */
    public String hash() { return ContentHash.of(text); }

    /** Length of the text in UTF-8. */
    public long bytes() { return utf8Length(text); }

    public Document withText(String text) { return text.equals(this.text) ? this : new Document(id, text, domain, licence, metadata); }

    public Document withId(String id) { return new Document(id, text, domain, licence, metadata); }

    public Document withDomain(String domain) { return new Document(id, text, domain, licence, metadata); }

    /** With one more entry of metadata. */
    public Document with(String key, String value) {
        var more = new TreeMap<>(metadata);
        more.put(key, value);
        return new Document(id, text, domain, licence, more);
    }

    static long utf8Length(String text) {
        long bytes = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isSurrogate(c)) return text.getBytes(StandardCharsets.UTF_8).length;
            bytes += c < 0x80 ? 1 : c < 0x800 ? 2 : 3;
        }
        return bytes;
    }
}
