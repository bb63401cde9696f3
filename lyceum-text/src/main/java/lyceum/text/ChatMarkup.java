package lyceum.text;

import java.util.List;

/**
 * How a conversation is written for a model: marks around each message. The marks are control tokens, what the messages say is text, whatever it looks like.
 *
 * @param begin control token before a message, such as {@code <|im_start|>}
 * @param afterRole text between role and content, such as a line's end
 * @param end control token behind a message
 * @param afterMessage text behind that
 */
public record ChatMarkup(String begin, String afterRole, String end, String afterMessage) {
    /** A message. */
    public record Message(String role, String content) {}

    /** OpenAI's ChatML. */
    public static final ChatMarkup CHATML = new ChatMarkup("<|im_start|>", "\n", "<|im_end|>", "\n");

    /** The conversation as text, ready for the answer of {@code assistant}; null: only the messages. */
    public String render(List<Message> messages, String assistant) {
        var text = new StringBuilder();
        for (var m : messages) text.append(begin).append(m.role).append(afterRole).append(m.content).append(end).append(afterMessage);
        if (assistant != null) text.append(begin).append(assistant).append(afterRole);
        return text.toString();
    }

    /** The conversation's ids: those of {@link #render}, but that control strings inside of messages stay text. */
    public int[] ids(Tokenizer tokenizer, List<Message> messages, String assistant) {
        int open = id(tokenizer, begin), close = id(tokenizer, end);
        var out = TokenBuffer.ofIds();
        for (var m : messages) {
            out.add(open);
            tokenizer.tokenize(m.role + afterRole + m.content, Controls.TEXT, out);
            out.add(close);
            tokenizer.tokenize(afterMessage, Controls.TEXT, out);
        }
        if (assistant != null) {
            out.add(open);
            tokenizer.tokenize(assistant + afterRole, Controls.TEXT, out);
        }
        return out.toIds();
    }

    private static int id(Tokenizer tokenizer, String control) {
        var token = tokenizer.specials().find(control);
        if (token == null) throw new IllegalArgumentException("ChatMarkup: the tokenizer has no control token " + control);
        return token.id();
    }
}
