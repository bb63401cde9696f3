package lyceum.llm.chat;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Keeps marks that stand in messages from being taken for the template's own: each is broken by a character that no message has before the template is applied,
 * however it cuts and moves the texts, and that character is taken out again.
 */
final class QuotedMarks {
    private final List<ChatMessage> messages;
    private final char cut;
    private final BitSet cuts = new BitSet();

    QuotedMarks(List<ChatMessage> messages, List<String> marks) {
        cut = unused(messages);
        this.messages = messages.stream().map(m -> broken(m, marks)).toList();
    }

    /** A private character that is in none of the texts. */
    private static char unused(List<ChatMessage> messages) {
        for (char c = '\uE000'; c < '\uF8FF'; c++) {
            char candidate = c;
            if (messages.stream().noneMatch(
                    m -> m.content().indexOf(candidate) >= 0 || (m.toolCalls() + "" + m.toolCallId()).indexOf(candidate) >= 0))
                return c;
        }
        throw new IllegalArgumentException("ChatTemplate: the messages use all private characters of Unicode");
    }

    private ChatMessage broken(ChatMessage message, List<String> marks) {
        var calls = message.toolCalls().stream()
                .map(c -> new ChatMessage.ToolCall(broken(c.id(), marks), broken(c.name(), marks), brokenMap(c.arguments(), marks)))
                .toList();
        return new ChatMessage(message.role(), broken(message.content(), marks), calls, broken(message.toolCallId(), marks));
    }

    private Map<String, Object> brokenMap(Map<?, ?> map, List<String> marks) {
        var copy = new LinkedHashMap<String, Object>();
        map.forEach((k, v) -> copy.put(broken(String.valueOf(k), marks), brokenValue(v, marks)));
        return copy;
    }

    private Object brokenValue(Object value, List<String> marks) {
        return switch (value) {
            case String s -> broken(s, marks);
            case List<?> list -> {
                var copy = new ArrayList<Object>();
                list.forEach(v -> copy.add(brokenValue(v, marks)));
                yield copy;
            }
            case Map<?, ?> map -> brokenMap(map, marks);
            case null, default -> value;
        };
    }

    private String broken(String text, List<String> marks) {
        if (text == null) return null;
        var places = new BitSet();
        for (var mark : marks) for (int i = text.indexOf(mark); i >= 0; i = text.indexOf(mark, i + 1)) places.set(i + 1);
        if (places.isEmpty()) return text;
        var out = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            if (places.get(i)) out.append(cut);
            out.append(text.charAt(i));
        }
        if (places.get(text.length())) out.append(cut);
        return out.toString();
    }

    /** The messages with their marks broken. */
    List<ChatMessage> messages() { return messages; }

    /** Before which chars of the {@link #restored} text a mark is broken: no control token stands across. */
    BitSet cuts() { return cuts; }

    ChatTemplate.Rendered restored(ChatTemplate.Rendered rendered) {
        var text = new StringBuilder();
        int[] places = new int[rendered.text().length() + 1];
        for (int i = 0; i < rendered.text().length(); i++) {
            places[i] = text.length();
            if (rendered.text().charAt(i) == cut) cuts.set(text.length());
            else text.append(rendered.text().charAt(i));
        }
        places[rendered.text().length()] = text.length();
        return new ChatTemplate.Rendered(text.toString(),
                rendered.turns().stream().map(t -> new ChatTemplate.Turn(t.role(), places[t.from()], places[t.to()])).toList(),
                rendered.said().stream().map(s -> new ChatTemplate.Span(places[s.from()], places[s.to()])).toList());
    }
}
