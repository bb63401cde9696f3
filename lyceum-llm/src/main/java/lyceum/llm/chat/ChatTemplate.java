package lyceum.llm.chat;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import lyceum.text.AddedToken;
import lyceum.text.Controls;
import lyceum.text.TokenBuffer;
import lyceum.text.Tokenizer;

/**
 * How a conversation is written for a model that was trained on such writing; another writing makes another model of it.
 *
 * {@snippet :
 * ChatTemplate template = ChatFormat.CHATML;                                // or a checkpoint's own: JinjaChatTemplate.of(source)
 * var messages = List.of(ChatMessage.system("Be brief."), ChatMessage.user("What is 2 + 2?"));
 * String text = template.render(messages, true).text();
 * }
 *
 * <p>{@link #encode} gives ids in which only the template's own marks are control tokens: a mark that somebody types in a message stays text. Immutable and safe to
 * share between threads.
 */
public interface ChatTemplate {
    /**
     * A conversation as text.
     *
     * @param turns where in it each message stands with its marks, in order; a format may put a system's words into the user's turn
     * @param said what an assistant says and the mark that ends it: what a model learns to write
     */
    record Rendered(String text, List<Turn> turns, List<Span> said) {
        public Rendered {
            turns = List.copyOf(turns);
            said = List.copyOf(said);
        }
    }

    /** Chars of a text. */
    record Span(int from, int to) {}

    /** The chars of a message's turn. */
    record Turn(ChatMessage.Role role, int from, int to) {}

    /**
     * A conversation as ids.
     *
     * @param roles whose turn each id is in; null between turns
     * @param said true for what a model learns to write: an assistant's tokens and the end mark behind them
     */
    record Encoded(int[] ids, ChatMessage.Role[] roles, boolean[] said) {
        /** Ids with -100 where nothing is to be learned: labels of a causal loss. */
        public int[] labels() {
            var labels = ids.clone();
            for (int i = 0; i < labels.length; i++) if (!said[i]) labels[i] = -100;
            return labels;
        }
    }

    /**
     * The conversation as text.
     *
     * @param answer whether the beginning of an assistant's turn follows, for a model to go on
     * @throws IllegalArgumentException if the format cannot say such a conversation
     */
    Rendered render(List<ChatMessage> messages, boolean answer);

    /** The control token that ends an assistant's turn, at which generation stops; null where the template does not tell. */
    default String endOfTurn() { return null; }

    /** The conversation as ids, control strings inside of messages being text. @throws IllegalArgumentException as {@link #render} does */
    default Encoded encode(Tokenizer tokenizer, List<ChatMessage> messages, boolean answer) {
        return encode(tokenizer, messages, answer, Set.of());
    }

    /** The same. @param meant control strings that are no text inside of messages: a placeholder for a picture, say */
    default Encoded encode(Tokenizer tokenizer, List<ChatMessage> messages, boolean answer, Set<String> meant) {
        var marks = tokenizer.specials().added().stream().filter(AddedToken::special).map(AddedToken::text).filter(t -> !t.isEmpty())
                .sorted((a, b) -> b.length() - a.length()).toList();
        var quoted = new QuotedMarks(messages, marks.stream().filter(m -> !meant.contains(m)).toList());
        var rendered = quoted.restored(render(quoted.messages(), answer));
        var text = rendered.text();
        var out = TokenBuffer.withSpans();
        var firsts = new ArrayList<Integer>(); // of each piece, its first token
        var starts = new ArrayList<Integer>(); // and its first char
        if (quoted.cuts().isEmpty()) { // the whole at once, as a tokenizer's own rules about beginnings and blanks want it
            firsts.add(0);
            starts.add(0);
            tokenizer.tokenize(text, Controls.ALL, out);
            return placed(rendered, out, firsts, starts);
        }
        for (int at = 0, next; at < text.length(); at = next) {
            var mark = mark(text, at, marks, quoted.cuts());
            next = mark == null ? next(text, at, marks, quoted.cuts()) : at + mark.length();
            firsts.add(out.size());
            starts.add(at);
            tokenizer.tokenize(text.substring(at, next), mark == null ? Controls.TEXT : Controls.ALL, out);
        }
        return placed(rendered, out, firsts, starts);
    }

    private static String mark(String text, int at, List<String> marks, BitSet cuts) {
        for (var mark : marks) {
            if (!text.startsWith(mark, at)) continue;
            int cut = cuts.nextSetBit(at + 1);
            if (cut < 0 || cut > at + mark.length()) return mark;
        }
        return null;
    }

    private static int next(String text, int at, List<String> marks, BitSet cuts) {
        for (int i = at + 1; i < text.length(); i++) if (mark(text, i, marks, cuts) != null) return i;
        return text.length();
    }

    private static Encoded placed(Rendered rendered, TokenBuffer out, List<Integer> firsts, List<Integer> starts) {
        var ids = out.toIds();
        var roles = new ChatMessage.Role[ids.length];
        var said = new boolean[ids.length];
        int[] bytes = bytesBefore(rendered.text);
        for (int p = 0; p < firsts.size(); p++) {
            int end = p + 1 < firsts.size() ? firsts.get(p + 1) : ids.length, origin = bytes[starts.get(p)];
            for (int i = firsts.get(p); i < end; i++) {
                int first = origin + out.start(i), last = origin + Math.max(out.start(i) + 1, out.end(i));
                for (var turn : rendered.turns) if (first >= bytes[turn.from] && first < bytes[turn.to]) roles[i] = turn.role;
                for (var span : rendered.said) if (last > bytes[span.from] && last <= bytes[span.to]) said[i] = true;
            }
        }
        return new Encoded(ids, roles, said);
    }

    /** UTF-8 bytes of the text before each char. */
    private static int[] bytesBefore(String text) {
        var bytes = new int[text.length() + 1];
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            bytes[i + 1] = bytes[i] + (c < 0x80 ? 1 : c < 0x800 || Character.isSurrogate(c) ? 2 : 3);
        }
        return bytes;
    }

    /** A conversation without its oldest turn, a question with what followed it; the system's words stay, and the last message. */
    static List<ChatMessage> withoutOldest(List<ChatMessage> messages) {
        var kept = new ArrayList<>(messages);
        int first = !kept.isEmpty() && kept.getFirst().role() == ChatMessage.Role.SYSTEM ? 1 : 0;
        if (kept.size() <= first + 1) return messages;
        do kept.remove(first); while (kept.size() > first + 1 && kept.get(first).role() != ChatMessage.Role.USER);
        return kept.get(first).role() == ChatMessage.Role.USER ? kept : messages; // a tool's answer is nothing without what called it
    }
}
