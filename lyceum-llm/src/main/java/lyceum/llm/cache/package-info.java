/**
 * What a language model still knows of a text that is longer than its memory: budgets of tokens ({@link lyceum.llm.cache.ContextWindow}), streams without an end
 * ({@link lyceum.llm.cache.StreamingCache}) and caches that drop what was hardly looked at ({@link lyceum.llm.cache.KvCompression}).
 */
package lyceum.llm.cache;
