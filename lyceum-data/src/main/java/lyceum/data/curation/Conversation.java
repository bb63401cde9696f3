package lyceum.data.curation;

import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Messages between a user and an assistant, to learn answers from.
 *
 * @param id       stays
 * @param messages in order
 * @param metadata whatever else, read in order of the keys
 */
public record Conversation(String id, List<Message> messages, Map<String, String> metadata) {

    /** Who speaks. */
    public enum Role {
        SYSTEM, USER, ASSISTANT, TOOL;

        /** As chat files have it: {@code "user"}. */
        public String label() { return name().toLowerCase(Locale.ROOT); }
    }

    /** What one of them says. */
    public record Message(Role role, String content) {
        public Message {
            Objects.requireNonNull(role, "role");
            Objects.requireNonNull(content, "content");
        }

        public static Message system(String content) { return new Message(Role.SYSTEM, content); }

        public static Message user(String content) { return new Message(Role.USER, content); }

        public static Message assistant(String content) { return new Message(Role.ASSISTANT, content); }
    }

    public Conversation {
        Objects.requireNonNull(id, "id");
        messages = List.copyOf(messages);
        metadata = Collections.unmodifiableMap(new TreeMap<>(metadata));
    }

    /** Without metadata. */
    public static Conversation of(String id, Message... messages) { return new Conversation(id, List.of(messages), Map.of()); }

    /** What the user says, all turns. */
    public String prompt() { return said(Role.USER); }

    /** What the assistant says, all turns. */
    public String answer() { return said(Role.ASSISTANT); }

    private String said(Role role) {
        return messages.stream().filter(message -> message.role == role).map(Message::content).collect(Collectors.joining("\n"));
    }
}
