package lyceum.data.corpus;

import java.io.ByteArrayOutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * A mail (RFC 5322, MIME as in RFC 2045 to 2047): its headers by lower-case name, and the plain text of its body, or of its HTML where that is all there
 * is. Attachments are left out.
 */
record Mail(Map<String, String> headers, String body) {
    private static final int DEEPEST = 16, MOST_PARTS = 1000;
    private static final Pattern ENCODED = Pattern.compile("=\\?([\\w.:-]{1,40})\\?([bBqQ])\\?([^?\\s]{0,2000})\\?=");

    /** @throws IllegalArgumentException in a few words, where this is no mail */
    static Mail parse(byte[] bytes) {
        var headers = new LinkedHashMap<String, String>();
        int body = headers(bytes, 0, bytes.length, headers);
        if (headers.isEmpty()) throw new IllegalArgumentException("no mail: it has no header");
        var text = new StringBuilder();
        body(headers, bytes, body, bytes.length, text, 0, new int[1]);
        return new Mail(headers, text.toString().strip());
    }

    /** Subject, an empty line, body. */
    String text() {
        var subject = headers.getOrDefault("subject", "");
        return subject.isEmpty() ? body : subject + "\n\n" + body;
    }

    Map<String, String> metadata() {
        var metadata = new TreeMap<String, String>();
        for (var name : new String[] {"from", "to", "date", "subject"})
            if (headers.containsKey(name)) metadata.put(name, headers.get(name));
        return metadata;
    }

    /** Reads headers up to the empty line and returns where the body begins. */
    private static int headers(byte[] bytes, int from, int to, Map<String, String> headers) {
        int at = from;
        String name = null;
        boolean again = false;
        while (at < to) {
            int end = at;
            while (end < to && bytes[end] != '\n') end++;
            int stop = end > at && bytes[end - 1] == '\r' ? end - 1 : end;
            var line = new String(bytes, at, stop - at, StandardCharsets.ISO_8859_1);
            at = Math.min(end + 1, to);
            if (line.isEmpty()) return at;
            if ((line.charAt(0) == ' ' || line.charAt(0) == '\t') && name != null) {
                if (!again) headers.merge(name, line.strip(), (a, b) -> a + " " + b);
                continue;
            }
            int colon = line.indexOf(':');
            if (colon <= 0) continue;
            name = line.substring(0, colon).strip().toLowerCase(Locale.ROOT);
            again = headers.putIfAbsent(name, line.substring(colon + 1).strip()) != null; // the first counts, with its own lines alone
        }
        return at;
    }

    private static void body(Map<String, String> headers, byte[] bytes, int from, int to, StringBuilder text, int depth, int[] parts) {
        if (depth > DEEPEST || ++parts[0] > MOST_PARTS) return;
        var type = headers.getOrDefault("content-type", "text/plain").toLowerCase(Locale.ROOT);
        headers.replaceAll((key, value) -> decodedWords(value));
        if (type.startsWith("multipart/")) {
            var boundary = parameter(headers.get("content-type"), "boundary");
            if (boundary == null || boundary.isEmpty()) return;
            multipart(bytes, from, to, ("--" + boundary).getBytes(StandardCharsets.ISO_8859_1), type.startsWith("multipart/alternative"),
                    text, depth, parts);
        } else if (type.startsWith("text/") && !headers.getOrDefault("content-disposition", "").startsWith("attachment")) {
            var raw = decoded(Arrays.copyOfRange(bytes, from, to), headers.getOrDefault("content-transfer-encoding", "7bit"));
            var part = new String(raw, charset(parameter(headers.get("content-type"), "charset"))).replace("\r\n", "\n");
            if (!text.isEmpty()) text.append('\n');
            text.append(type.startsWith("text/html") ? withoutTags(part) : part);
        }
    }

    private static void multipart(byte[] bytes, int from, int to, byte[] boundary, boolean alternative, StringBuilder text, int depth,
            int[] parts) {
        int start = -1;
        for (int at = from; at < to;) {
            int end = at;
            while (end < to && bytes[end] != '\n') end++;
            if (startsWith(bytes, at, end, boundary)) {
                if (start >= 0) {
                    var inner = new LinkedHashMap<String, String>();
                    int body = headers(bytes, start, at, inner), before = text.length();
                    body(inner, bytes, body, at, text, depth + 1, parts);
                    if (alternative && text.length() > before) return;
                }
                start = Math.min(end + 1, to);
                int after = at + boundary.length;
                if (after + 1 < end && bytes[after] == '-' && bytes[after + 1] == '-') return;
            }
            at = end + 1;
        }
    }

    private static boolean startsWith(byte[] bytes, int from, int to, byte[] what) {
        return to - from >= what.length && Arrays.equals(bytes, from, from + what.length, what, 0, what.length);
    }

    private static byte[] decoded(byte[] body, String encoding) {
        return switch (encoding.strip().toLowerCase(Locale.ROOT)) {
            case "base64" -> base64(body);
            case "quoted-printable" -> quotedPrintable(body, false);
            default -> body;
        };
    }

    /** As far as it is base64; a cut-off end is left out. */
    private static byte[] base64(byte[] body) {
        var kept = new byte[body.length];
        int n = 0;
        for (byte b : body) {
            if (b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z' || b >= '0' && b <= '9' || b == '+' || b == '/') kept[n++] = b;
            else if (b == '=') break;
        }
        if (n % 4 == 1) n--;
        return Base64.getDecoder().decode(Arrays.copyOf(kept, n));
    }

    private static byte[] quotedPrintable(byte[] body, boolean underscores) {
        var out = new byte[body.length];
        int n = 0;
        for (int i = 0; i < body.length; i++) {
            if (body[i] == '=' && i + 2 < body.length && hex(body[i + 1]) >= 0 && hex(body[i + 2]) >= 0) {
                out[n++] = (byte) (hex(body[i + 1]) << 4 | hex(body[i + 2]));
                i += 2;
            } else if (body[i] == '=' && i + 1 < body.length && body[i + 1] == '\n') i++;
            else if (body[i] == '=' && i + 2 < body.length && body[i + 1] == '\r' && body[i + 2] == '\n') i += 2;
            else out[n++] = underscores && body[i] == '_' ? (byte) ' ' : body[i];
        }
        return Arrays.copyOf(out, n);
    }

    private static int hex(byte b) { return b > 0 ? Character.digit(b, 16) : -1; }

    /** White space between encoded words is none of the text (RFC 2047, 6.2), and a character may begin in one and end in the next. */
    private static String decodedWords(String value) {
        var text = new StringBuilder();
        var raw = new ByteArrayOutputStream();
        Charset charset = StandardCharsets.ISO_8859_1;
        int end = 0;
        for (var words = ENCODED.matcher(value); words.find(); end = words.end()) {
            var between = value.substring(end, words.start());
            boolean adjacent = end > 0 && between.isBlank();
            var next = charset(words.group(1));
            if (!adjacent || !next.equals(charset)) {
                text.append(raw.toString(charset));
                raw.reset();
            }
            if (!adjacent) text.append(between);
            charset = next;
            var bytes = words.group(3).getBytes(StandardCharsets.ISO_8859_1);
            raw.writeBytes(words.group(2).equalsIgnoreCase("b") ? base64(bytes) : quotedPrintable(bytes, true));
        }
        return text.append(raw.toString(charset)).append(value, end, value.length()).toString();
    }

    private static Charset charset(String name) {
        try {
            return name == null ? StandardCharsets.ISO_8859_1 : Charset.forName(name);
        } catch (IllegalArgumentException e) {
            return StandardCharsets.ISO_8859_1;
        }
    }

    private static String parameter(String header, String name) {
        if (header == null) return null;
        for (var piece : header.split(";")) {
            int equals = piece.indexOf('=');
            if (equals > 0 && piece.substring(0, equals).strip().equalsIgnoreCase(name))
                return piece.substring(equals + 1).strip().replace("\"", "");
        }
        return null;
    }

    private static String withoutTags(String html) {
        var text = new StringBuilder();
        boolean inside = false;
        for (int i = 0; i < html.length(); i++) {
            char c = html.charAt(i);
            if (c == '<') inside = true;
            else if (c == '>' && inside) {
                inside = false;
                text.append(' ');
            } else if (!inside) text.append(c);
        }
        return text.toString().replace("&nbsp;", " ").replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;",
                "&");
    }
}
