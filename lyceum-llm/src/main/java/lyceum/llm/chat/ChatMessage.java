package lyceum.llm.chat;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * What one side of a conversation says.
 *
 * @param role who speaks
 * @param content the text; empty where there are only calls
 * @param toolCalls what an assistant asks to be called
 * @param toolCallId which call a tool's message answers; null if it is not said
 */
public record ChatMessage(Role role, String content, List<ToolCall> toolCalls, String toolCallId) {
    /** Who speaks. */
    public enum Role {
        SYSTEM, USER, ASSISTANT, TOOL;

        /** As templates and requests have it: {@code "user"}. */
        public String label() { return name().toLowerCase(Locale.ROOT); }

        /** By its label. */
        public static Role of(String label) {
            for (var role : values()) if (role.label().equals(label)) return role;
            throw new IllegalArgumentException("the role \"" + label + "\" is unknown; there are system, user, assistant and tool");
        }
    }

    /** @param id by which the answer names it; may be null @param arguments by name: texts, numbers, booleans, lists, maps and null */
    public record ToolCall(String id, String name, Map<String, Object> arguments) {
        public ToolCall {
            Objects.requireNonNull(name, "name");
            Objects.requireNonNull(arguments, "arguments");
        }
    }

    public ChatMessage {
        Objects.requireNonNull(role, "role");
        Objects.requireNonNull(content, "content");
        toolCalls = List.copyOf(toolCalls);
        if (!toolCalls.isEmpty() && role != Role.ASSISTANT)
            throw new IllegalArgumentException("ChatMessage: a " + role.label() + " calls no tools; only an assistant does");
    }

    public ChatMessage(Role role, String content) { this(role, content, List.of(), null); }

    public static ChatMessage system(String content) { return new ChatMessage(Role.SYSTEM, content); }

    public static ChatMessage user(String content) { return new ChatMessage(Role.USER, content); }

    public static ChatMessage assistant(String content) { return new ChatMessage(Role.ASSISTANT, content); }

    /** An assistant's message that calls tools. */
    public static ChatMessage calling(String content, ToolCall... calls) {
        return new ChatMessage(Role.ASSISTANT, content, List.of(calls), null);
    }

    /** What a tool gave. */
    public static ChatMessage tool(String callId, String content) { return new ChatMessage(Role.TOOL, content, List.of(), callId); }

    ChatMessage withContent(String other) { return new ChatMessage(role, other, toolCalls, toolCallId); }
}
