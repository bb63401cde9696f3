package lyceum.data.curation;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import lyceum.data.curation.Conversation.Message;
import lyceum.data.curation.Conversation.Role;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The forms in which conversations are passed on, a JSON object a line. All carry {@code id} and {@code metadata} beside. */
public enum ConversationFormat {
    /**
     * {@code instruction}, {@code input}, {@code output}: one question, one answer, no system message. An input is read as a paragraph
     * after the instruction.
     */
    ALPACA,
    /** {@code conversations}, a list of {@code from} and {@code value} with {@code system}, {@code human} and {@code gpt}: no tools. */
    SHAREGPT,
    /** {@code messages}, a list of {@code role} and {@code content}. */
    MESSAGES;

    private static final int MOST_MESSAGES = 10_000;
    private static final ObjectMapper JSON = JsonMapper.builder(JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(16).maxStringLength(16 << 20).build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build()).build();

    /** Why this format has no words for a conversation; null where it has. */
    public String problem(Conversation conversation) {
        var messages = conversation.messages();
        if (this == MESSAGES) return null;
        for (var message : messages) if (message.role() == Role.TOOL) return name() + " has no tool messages";
        if (this == SHAREGPT) return null;
        if (messages.stream().anyMatch(message -> message.role() == Role.SYSTEM)) return "ALPACA has no field for a system message";
        if (messages.size() != 2 || messages.get(0).role() != Role.USER || messages.get(1).role() != Role.ASSISTANT)
            return "ALPACA holds one question and its answer, not " + messages.stream().map(message -> message.role().label()).toList();
        return null;
    }

    /** One line. @throws IllegalArgumentException with {@link #problem} where there is one */
    public String write(Conversation conversation) {
        var problem = problem(conversation);
        if (problem != null) throw new IllegalArgumentException(problem);
        var node = JSON.createObjectNode().put("id", conversation.id());
        var messages = conversation.messages();
        switch (this) {
            case ALPACA -> node.put("instruction", messages.get(0).content()).put("input", "").put("output", messages.get(1).content());
            case SHAREGPT -> {
                var list = node.putArray("conversations");
                for (var message : messages) list.addObject().put("from", from(message.role())).put("value", message.content());
            }
            case MESSAGES -> {
                var list = node.putArray("messages");
                for (var message : messages) list.addObject().put("role", message.role().label()).put("content", message.content());
            }
        }
        if (!conversation.metadata().isEmpty()) {
            var metadata = node.putObject("metadata");
            conversation.metadata().forEach(metadata::put);
        }
        return JSON.writeValueAsString(node);
    }

    private static String from(Role role) {
        return switch (role) {
            case USER -> "human";
            case ASSISTANT -> "gpt";
            case SYSTEM, TOOL -> role.label();
        };
    }

    /** @throws IllegalArgumentException in a few words, where the line is no conversation of this format */
    public Conversation read(String line, String idOtherwise) {
        JsonNode node;
        try {
            node = JSON.readTree(line);
        } catch (JacksonException e) {
            throw new IllegalArgumentException("not JSON: " + e.getOriginalMessage());
        }
        if (!(node instanceof ObjectNode)) throw new IllegalArgumentException("not a JSON object");
        var metadata = new TreeMap<String, String>();
        for (var entry : node.path("metadata").properties())
            metadata.put(entry.getKey(), entry.getValue().isContainer() ? entry.getValue().toString() : entry.getValue().asString());
        var id = node.path("id").isValueNode() && !node.path("id").isNull() ? node.path("id").asString() : idOtherwise;
        return new Conversation(id, switch (this) {
            case ALPACA -> alpaca(node);
            case SHAREGPT -> list(node, "conversations", "from", "value");
            case MESSAGES -> list(node, "messages", "role", "content");
        }, metadata);
    }

    private static List<Message> alpaca(JsonNode node) {
        var instruction = string(node, "instruction");
        var input = node.has("input") ? string(node, "input") : "";
        return List.of(Message.user(input.isEmpty() ? instruction : instruction + "\n\n" + input),
                Message.assistant(string(node, "output")));
    }

    private static List<Message> list(JsonNode node, String list, String role, String content) {
        var array = node.path(list);
        if (!array.isArray()) throw new IllegalArgumentException("no list \"" + list + "\"");
        if (array.size() > MOST_MESSAGES) throw new IllegalArgumentException(array.size() + " messages; at most " + MOST_MESSAGES);
        var messages = new ArrayList<Message>();
        for (var message : array) messages.add(new Message(role(string(message, role)), string(message, content)));
        return messages;
    }

    private static Role role(String label) {
        return switch (label) {
            case "system" -> Role.SYSTEM;
            case "user", "human" -> Role.USER;
            case "assistant", "gpt" -> Role.ASSISTANT;
            case "tool" -> Role.TOOL;
            default -> throw new IllegalArgumentException("role \"" + label + "\"; known are system, user, human, assistant, gpt and tool");
        };
    }

    private static String string(JsonNode node, String name) {
        var value = node.get(name);
        if (value == null || !value.isString()) throw new IllegalArgumentException("no string \"" + name + "\"");
        return value.asString();
    }
}
