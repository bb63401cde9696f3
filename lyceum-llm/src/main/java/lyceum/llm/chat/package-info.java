/**
 * Conversations with language models: start from {@link lyceum.llm.chat.ChatTemplate}, which writes messages as a model was trained to read them;
 * {@link lyceum.llm.chat.ChatFormat} has the common ones, {@link lyceum.llm.chat.JinjaChatTemplate} reads a checkpoint's own.
 */
package lyceum.llm.chat;
