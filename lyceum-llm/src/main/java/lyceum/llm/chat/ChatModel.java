package lyceum.llm.chat;

import java.util.List;
import java.util.function.Consumer;

/**
 * Messages in, a message out. {@link CausalChatModel} answers by a model in this process; a serving engine or a remote model may stand in its place.
 *
 * {@snippet :
 * ChatReply reply = model.reply(List.of(ChatMessage.system("Be brief."), ChatMessage.user("What is 2 + 2?")), ChatOptions.DEFAULT, System.out::print);
 * }
 */
public interface ChatModel {
    /**
     * The assistant's next message.
     *
     * @param messages so far, the last not the assistant's
     * @param listener hears what the model writes in pieces, calls of tools among it
     * @throws IllegalArgumentException if the model's format cannot say the conversation, or it does not fit the context
     */
    ChatReply reply(List<ChatMessage> messages, ChatOptions options, Consumer<String> listener);

    /** As above, at once. */
    default ChatReply reply(List<ChatMessage> messages, ChatOptions options) { return reply(messages, options, _ -> {}); }

    /** As above, by default options. */
    default ChatMessage reply(List<ChatMessage> messages) { return reply(messages, ChatOptions.DEFAULT).message(); }
}
