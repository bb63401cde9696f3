package lyceum.serve.http;

import java.nio.charset.StandardCharsets;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;

/**
 * An event of which a stream sends many that differ in one text, and perhaps in a number before it: what they have in common is written as JSON once, so that a token costs no
 * tree of it.
 *
 * @param before what comes first
 * @param between number and text; null if there is no number
 * @param after the text, to the event's end
 */
record TextEvent(byte[] before, byte[] between, byte[] after) {
    /** An event with another number and text. */
    @FunctionalInterface
    interface Numbered {
        JsonNode of(int number, String text);
    }

    /** @param name of the event; null for none. @param event with a text: one place of its JSON depends on it, whatever else that holds */
    static TextEvent of(String name, Function<String, JsonNode> event) {
        String form = EventStream.text(name, event.apply("0"));
        int place = difference(form, EventStream.text(name, event.apply("1")));
        return new TextEvent(bytes(form, 0, place), null, bytes(form, place + 1, form.length()));
    }

    /** The same where a number that is not negative stands before the text. */
    static TextEvent of(String name, Numbered event) {
        String form = EventStream.text(name, event.of(0, "0"));
        int number = difference(form, EventStream.text(name, event.of(1, "0"))),
                place = difference(form, EventStream.text(name, event.of(0, "1")));
        return new TextEvent(bytes(form, 0, number), bytes(form, number + 1, place), bytes(form, place + 1, form.length()));
    }

    private static int difference(String form, String other) {
        int i = 0;
        while (form.charAt(i) == other.charAt(i)) i++;
        return i;
    }

    private static byte[] bytes(String form, int from, int to) { return form.substring(from, to).getBytes(StandardCharsets.UTF_8); }

    void write(String text, JsonBytes to) { to.put(before).put(text).put(after); }

    void write(int number, String text, JsonBytes to) { to.put(before).put(number).put(between).put(text).put(after); }
}
