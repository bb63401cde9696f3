/**
 * Text to ids and back. Start at {@code Tokenizer}: every kind of tokenizer is one. Counting words and comparing texts is {@code lyceum.text.count}, language
 * models are {@code lyceum.text.lm}, vectors of words and sentences {@code lyceum.text.vector}, indexes {@code lyceum.retrieval}.
 */
package lyceum.text;
