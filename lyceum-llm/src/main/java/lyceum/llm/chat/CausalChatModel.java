package lyceum.llm.chat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import lyceum.llm.CausalLM;
import lyceum.llm.generate.CausalGenerator;
import lyceum.llm.generate.GenerationRequest;
import lyceum.llm.generate.RememberingLM;
import lyceum.llm.generate.StopCriteria;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.text.SpecialTokens;
import lyceum.text.Tokenizer;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * A {@link CausalLM} that was tuned on conversations, as a {@link ChatModel}: writes the conversation by its template, goes on from the beginning of an answer, and stops
 * at the end of the turn.
 *
 * {@snippet :
 * var assistant = new CausalChatModel(model, tokenizer, ChatFormat.CHATML);
 * var chat = assistant.open(List.of(ChatMessage.system("Be brief.")), ChatOptions.DEFAULT);
 * String first = chat.say("What is 2 + 2?"), second = chat.say("And 3 more?");        // the second reads the new turn only
 * }
 *
 * <p>Safe to share between threads if the model is; a {@link Chat} is for one.
 *
 * @param template how the model was taught to read a conversation
 * @param moreEnds ids that end an answer beside the template's mark, the tokenizer's and the model's
 */
public record CausalChatModel(CausalLM model, Tokenizer tokenizer, ChatTemplate template, Set<Integer> moreEnds) implements ChatModel {
    public CausalChatModel {
        moreEnds = Set.copyOf(moreEnds);
        Objects.requireNonNull(model, "model");
        Objects.requireNonNull(tokenizer, "tokenizer");
        Objects.requireNonNull(template, "template");
    }

    /** No more ends. */
    public CausalChatModel(CausalLM model, Tokenizer tokenizer, ChatTemplate template) { this(model, tokenizer, template, Set.of()); }

    @Override public ChatReply reply(List<ChatMessage> messages, ChatOptions options, Consumer<String> listener) {
        return reply(model, messages, options, listener);
    }

    private ChatReply reply(CausalLM reader, List<ChatMessage> messages, ChatOptions options, Consumer<String> listener) {
        if (messages.isEmpty() || messages.getLast().role() == ChatMessage.Role.ASSISTANT)
            throw new IllegalArgumentException("reply: the last message is a user's or a tool's; there are " + messages.size());
        int[] prompt = ids(messages);
        if (prompt.length + 1L > model.contextLength()) throw new IllegalArgumentException("reply: the conversation has " + prompt.length
                + " tokens, the context " + model.contextLength() + "; leave out its oldest turns, as a Chat does");
        var stop = new StopCriteria(options.most()).withEnds(ends()).withStrings(options.stops());
        var request = new GenerationRequest(prompt, options.sampling(), stop, Rng.of(options.seed())).withListener(piece -> {
            if (!piece.text().isEmpty()) listener.accept(piece.text());
        });
        var continuation = new CausalGenerator(reader, tokenizer).run(List.of(request), Progress.SILENT).getFirst();
        return new ChatReply(message(continuation.text()), prompt.length, continuation);
    }

    /** The ids that a model goes on from. */
    int[] ids(List<ChatMessage> messages) { return template.encode(tokenizer, messages, true).ids(); }

    /** The template's mark, and what ends a text. */
    private Set<Integer> ends() {
        var ends = new HashSet<>(moreEnds);
        var mark = template.endOfTurn() == null ? null : tokenizer.specials().find(template.endOfTurn());
        if (mark != null) ends.add(mark.id());
        tokenizer.specials().id(SpecialTokens.Role.EOS).ifPresent(ends::add);
        if (model.endMark() >= 0) ends.add(model.endMark());
        return ends;
    }

    /** Calls of tools, as {@link ChatFormat} writes them, are taken out of the text; what cannot be read stays in it. */
    public static ChatMessage message(String text) {
        var content = new StringBuilder();
        var calls = new ArrayList<ChatMessage.ToolCall>();
        int at = 0;
        for (int begin = text.indexOf(OPEN); begin >= 0; begin = text.indexOf(OPEN, at)) {
            int end = text.indexOf(CLOSE, begin);
            var call = end < 0 ? null : call(text.substring(begin + OPEN.length(), end));
            if (call == null) break;
            calls.add(call);
            content.append(text, at, begin);
            at = end + CLOSE.length();
        }
        content.append(text.substring(at));
        return new ChatMessage(ChatMessage.Role.ASSISTANT, calls.isEmpty() ? text : content.toString().strip(), calls, null);
    }

    private static final String OPEN = "<tool_call>", CLOSE = "</tool_call>";

    @SuppressWarnings("unchecked") private static ChatMessage.ToolCall call(String json) {
        try {
            var node = JsonMapper.shared().readTree(json);
            if (!node.path("name").isString() || !node.path("arguments").isObject()) return null;
            return new ChatMessage.ToolCall(null, node.get("name").asString(),
                    JsonMapper.shared().convertValue(node.get("arguments"), LinkedHashMap.class));
        } catch (JacksonException e) {
            return null;
        }
    }

    /** A conversation that goes on. @param messages that stand before the first question */
    public Chat open(List<ChatMessage> messages, ChatOptions options) { return new Chat(messages, options); }

    /** A conversation: remembers its messages, and what the model read of them. */
    public final class Chat {
        private final List<ChatMessage> messages;
        private final ChatOptions options;
        private final RememberingLM reader = new RememberingLM(model);

        private Chat(List<ChatMessage> messages, ChatOptions options) {
            this.messages = new ArrayList<>(messages);
            this.options = options;
        }

        /** All that was said. */
        public List<ChatMessage> messages() { return List.copyOf(messages); }

        /** Positions that the model has computed, over all turns. */
        public long positions() { return reader.positions(); }

        /** What the assistant answers to a user. */
        public String say(String text) { return say(ChatMessage.user(text), _ -> {}).message().content(); }

        /**
         * What the assistant answers to a message. Where the conversation and an answer do not fit the context, the oldest turns are left out of what the model reads; the
         * system's words stay.
         *
         * @throws IllegalArgumentException if the system's words and this message alone do not fit; the conversation is as before
         */
        public ChatReply say(ChatMessage message, Consumer<String> listener) {
            var all = new ArrayList<>(messages);
            all.add(message);
            var reply = reply(reader, fitting(all), options, listener);
            messages.add(message);
            messages.add(reply.message());
            return reply;
        }

        private List<ChatMessage> fitting(List<ChatMessage> all) {
            var kept = all;
            while (ids(kept).length + Math.min(options.most(), model.contextLength() / 4) > model.contextLength()) {
                var fewer = ChatTemplate.withoutOldest(kept);
                if (fewer.size() == kept.size()) break;
                kept = fewer;
            }
            return kept;
        }
    }
}
