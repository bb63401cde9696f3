package lyceum.llm.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lyceum.llm.chat.ChatMessage.Role;
import lyceum.llm.chat.jinja.JinjaTemplate;

/**
 * The formats that models are commonly trained on. Content is stripped of white space about it where the format's own template does so. A tool's call is written as JSON
 * in {@code <tool_call>} marks, what it gave, where the format has no turn for it, as a user's turn.
 *
 * <table border="1">
 * <caption>What a question looks like</caption>
 * <tr><td>{@link #CHATML}</td><td>{@code <|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n}</td></tr>
 * <tr><td>{@link #LLAMA2}</td><td>{@code <s>[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nHi [/INST]}</td></tr>
 * <tr><td>{@link #LLAMA3}</td><td>{@code <|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>..}</td></tr>
 * <tr><td>{@link #MISTRAL}</td><td>{@code <s>[INST] Hi [/INST]}</td></tr>
 * <tr><td>{@link #GEMMA}</td><td>{@code <bos><start_of_turn>user\nHi<end_of_turn>\n<start_of_turn>model\n}</td></tr>
 * <tr><td>{@link #ZEPHYR}</td><td>{@code <|user|>\nHi</s>\n<|assistant|>\n}</td></tr>
 * <tr><td>{@link #ALPACA}</td><td>{@code ### Instruction:\nHi\n\n### Response:}</td></tr>
 * </table>
 */
public enum ChatFormat implements ChatTemplate {
    /** OpenAI's; Qwen's. */
    CHATML("<|im_end|>"),
    /** Touvron et al. (2023): turns in pairs, the system's words within the first one. */
    LLAMA2("</s>"),
    /** Headers of their own; a tool speaks as {@code ipython}. */
    LLAMA3("<|eot_id|>"),
    /** As Llama 2's without its marks of a system, whose words stand before the first question. */
    MISTRAL("</s>"),
    /** The assistant is the {@code model}; the system's words stand before the first question. */
    GEMMA("<end_of_turn>"),
    /** Tunstall et al. (2023). The published tokenizer spells the headings as text, so that a message can forge them there; give it {@link #marks}. */
    ZEPHYR("</s>"),
    /** Taori et al. (2023): headings and no control tokens but the end; the system's words stand in place of the preamble. */
    ALPACA("</s>");

    /** What stands before an instruction where no system says something else. */
    private static final String ALPACA_PREAMBLE = "Below is an instruction that describes a task. "
            + "Write a response that appropriately completes the request.";

    private final String endOfTurn;

    ChatFormat(String endOfTurn) { this.endOfTurn = endOfTurn; }

    @Override public String endOfTurn() { return endOfTurn; }

    /** The control strings of the format, which a tokenizer for it has. */
    public List<String> marks() {
        return switch (this) {
            case CHATML -> List.of("<|im_start|>", "<|im_end|>");
            case LLAMA2, MISTRAL -> List.of("<s>", "</s>");
            case LLAMA3 -> List.of("<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>");
            case GEMMA -> List.of("<bos>", "<start_of_turn>", "<end_of_turn>");
            case ZEPHYR -> List.of("<|system|>", "<|user|>", "<|assistant|>", "</s>");
            case ALPACA -> List.of("</s>");
        };
    }

    @Override public Rendered render(List<ChatMessage> messages, boolean answer) {
        for (int i = 1; i < messages.size(); i++)
            if (messages.get(i).role() == Role.SYSTEM)
                throw new IllegalArgumentException("ChatFormat." + this + ": message " + i + " is a system's; only the first can be");
        var writer = new Writer();
        switch (this) {
            case CHATML -> headed(writer, messages, answer, "<|im_start|>", "\n", "<|im_end|>", "\n", false);
            case LLAMA3 -> {
                writer.mark("<|begin_of_text|>");
                headed(writer, messages, answer, "<|start_header_id|>", "<|end_header_id|>\n\n", "<|eot_id|>", "", true);
            }
            case GEMMA -> {
                writer.mark("<bos>");
                headed(writer, led(messages), answer, "<start_of_turn>", "\n", "<end_of_turn>", "\n", true);
            }
            case ZEPHYR -> headed(writer, messages, answer, "<|", "|>\n", "</s>", "\n", false);
            case LLAMA2, MISTRAL -> paired(writer, messages);
            case ALPACA -> alpaca(writer, messages, answer);
        }
        return writer.rendered();
    }

    /** Each message under a heading of its own. */
    private void headed(Writer writer, List<ChatMessage> messages, boolean answer, String before, String after, String end, String behind,
            boolean stripped) {
        for (var message : messages) {
            writer.turn(message.role());
            writer.mark(before + label(message.role()) + after);
            writer.say(stripped ? JinjaTemplate.trimmed(text(message)) : text(message), end);
            writer.mark(behind);
        }
        if (!answer) return;
        writer.turn(Role.ASSISTANT);
        writer.mark(before + label(Role.ASSISTANT) + after);
    }

    private String label(Role role) {
        return switch (role) {
            case ASSISTANT -> this == GEMMA ? "model" : "assistant";
            case TOOL -> this == LLAMA3 ? "ipython" : this == CHATML ? "tool" : "user";
            case SYSTEM, USER -> role.label();
        };
    }

    /** The system's words before the first message behind it. */
    private static List<ChatMessage> led(List<ChatMessage> messages) {
        if (messages.isEmpty() || messages.getFirst().role() != Role.SYSTEM) return messages;
        if (messages.size() == 1) return List.of(ChatMessage.user(messages.getFirst().content()));
        var led = new ArrayList<>(messages.subList(1, messages.size()));
        led.set(0, led.getFirst().withContent(JinjaTemplate.trimmed(messages.getFirst().content()) + "\n\n" + led.getFirst().content()));
        return led;
    }

    /** {@code [INST] .. [/INST]} and an answer. */
    private void paired(Writer writer, List<ChatMessage> messages) {
        writer.mark(this == MISTRAL ? "<s>" : "");
        var all = messages;
        if (!all.isEmpty() && all.getFirst().role() == Role.SYSTEM && this == LLAMA2) {
            var system = "<<SYS>>\n" + all.getFirst().content() + "\n<</SYS>>\n\n";
            if (all.size() == 1) all = List.of(ChatMessage.user(system));
            else {
                var rest = new ArrayList<>(all.subList(1, all.size()));
                rest.set(0, rest.getFirst().withContent(system + rest.getFirst().content()));
                all = rest;
            }
        } else if (this == MISTRAL) {
            all = led(all);
        }
        for (var message : all) {
            writer.turn(message.role());
            if (message.role() == Role.ASSISTANT) {
                // the blank is the model's: its prompt ends at the bracket
                writer.say(" " + JinjaTemplate.trimmed(text(message)), this == LLAMA2 ? " </s>" : "</s>");
            } else {
                writer.mark((this == LLAMA2 ? "<s>" : "") + "[INST] ");
                writer.mark(JinjaTemplate.trimmed(text(message)));
                writer.mark(" [/INST]");
            }
        }
    }

    private static void alpaca(Writer writer, List<ChatMessage> messages, boolean answer) {
        boolean led = !messages.isEmpty() && messages.getFirst().role() == Role.SYSTEM;
        if (led) writer.turn(Role.SYSTEM);
        writer.mark((led ? JinjaTemplate.trimmed(messages.getFirst().content()) : ALPACA_PREAMBLE) + "\n\n");
        for (var message : led ? messages.subList(1, messages.size()) : messages) {
            writer.turn(message.role());
            writer.mark(message.role() == Role.ASSISTANT ? "### Response:" : "### Instruction:\n");
            writer.say(JinjaTemplate.trimmed(text(message)), message.role() == Role.ASSISTANT ? "</s>" : "");
            writer.mark("\n\n");
        }
        if (!answer) return;
        writer.turn(Role.ASSISTANT);
        writer.mark("### Response:");
    }

    /** Content and calls. */
    private static String text(ChatMessage message) {
        var text = new StringBuilder(message.content());
        for (var call : message.toolCalls()) {
            if (!text.isEmpty()) text.append('\n');
            text.append("<tool_call>\n").append(CALL.render(Map.of("call", Map.of("name", call.name()), "arguments", call.arguments())))
                    .append("\n</tool_call>");
        }
        return text.toString();
    }

    private static final JinjaTemplate CALL = JinjaTemplate.of("{{ {'name': call.name, 'arguments': arguments}|tojson }}");

    /** Puts a text together and remembers whose part is what. */
    private static final class Writer {
        private final StringBuilder text = new StringBuilder();
        private final List<Turn> turns = new ArrayList<>();
        private final List<Span> said = new ArrayList<>();
        private Role role;
        private int from;

        void turn(Role next) {
            close();
            role = next;
            from = text.length();
        }

        private void close() { if (role != null) turns.add(new Turn(role, from, text.length())); }

        void mark(String part) { text.append(part); }

        void say(String part, String end) {
            int begin = text.length();
            text.append(part).append(end);
            if (role == Role.ASSISTANT) said.add(new Span(begin, text.length()));
        }

        Rendered rendered() {
            close();
            return new Rendered(text.toString(), turns, said);
        }
    }
}
