package lyceum.llm.chat;

import lyceum.llm.Continuation;

/**
 * An answer.
 *
 * @param message what the assistant says, its calls of tools taken out of the text
 * @param promptTokens ids of the conversation
 * @param continuation the ids that were drawn, with their probabilities and the reason of the end
 */
public record ChatReply(ChatMessage message, int promptTokens, Continuation continuation) {}
