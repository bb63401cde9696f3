package lyceum.labs.catalogue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Records as text that is read in a few milliseconds by a JVM that has just started, where a JSON parser takes some hundred: a
 * record a line, a tab between its fields, a unit separator between the items of a list. Written by the build beside the
 * JSON and Markdown that people edit.
 */
final class Packed {

    private static final char FIELD = '\t';
    private static final char ITEM = '\u001f';

    private Packed() {}

    /** A line of fields. */
    static String line(String... fields) {
        var line = new StringBuilder();
        for (var field : fields) {
            line.append(line.isEmpty() ? "" : String.valueOf(FIELD)).append(field);
        }
        return line.append('\n').toString();
    }

    /** A text as a field. */
    static String text(String text) {
        return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r").replace("\u001f", "\\u");
    }

    /** A list as a field; each item ends with a separator, so that no item and one empty item differ. */
    static String list(List<String> items) {
        var list = new StringBuilder();
        items.forEach(item -> list.append(text(item)).append(ITEM));
        return list.toString();
    }

    /** A field as the text that it was made from. */
    static String unpacked(String field) {
        if (field.indexOf('\\') < 0) return field;
        var text = new StringBuilder(field.length());
        for (int i = 0; i < field.length(); i++) {
            char c = field.charAt(i);
            text.append(c != '\\' ? c : switch (field.charAt(++i)) {
                case 'n' -> '\n';
                case 't' -> '\t';
                case 'r' -> '\r';
                case 'u' -> ITEM;
                default -> '\\';
            });
        }
        return text.toString();
    }

    /** A field as the list that it was made from. */
    static List<String> items(String field) {
        if (field.isEmpty()) return List.of();
        return cut(field, ITEM, field.length() - 1);
    }

    /** The records of a file on the class path, if it was written. */
    static <T> Optional<List<T>> read(String resource, Function<List<String>, T> record) {
        try (var in = Packed.class.getResourceAsStream(resource)) {
            return in == null ? Optional.empty() : Optional.of(parse(in.readAllBytes(), record));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + resource, e);
        }
    }

    static <T> List<T> parse(byte[] bytes, Function<List<String>, T> record) {
        var records = new ArrayList<T>();
        for (int from = 0, to = 0; to < bytes.length; to++) {
            if (bytes[to] == '\n') {
                // Line by line: most lines are Latin and stay a byte a letter.
                var line = new String(bytes, from, to - from, StandardCharsets.UTF_8);
                records.add(record.apply(cut(line, FIELD, line.length())));
                from = to + 1;
            }
        }
        return records;
    }

    private static List<String> cut(String text, char separator, int end) {
        var parts = new ArrayList<String>();
        int from = 0;
        for (int at = text.indexOf(separator); at >= 0 && at < end; at = text.indexOf(separator, from)) {
            parts.add(separator == ITEM ? unpacked(text.substring(from, at)) : text.substring(from, at));
            from = at + 1;
        }
        parts.add(separator == ITEM ? unpacked(text.substring(from, end)) : text.substring(from, end));
        return parts;
    }
}
